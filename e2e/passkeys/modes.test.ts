import { RecoveryCodesFactor } from '@parse-factors/recovery-codes';
import { afterEach, describe, expect, it } from 'vitest';
import { slug, type Stage } from '../support/harness.js';
import { ORIGIN, PasskeyUser, startPasskeyStage } from '../support/passkey-stage.js';
import { SoftAuthenticator } from '../support/soft-authenticator.js';
import { MASTER } from '../support/requests.js';
import { MINUTE } from '../support/time.js';

const RELATED = 'https://acme-shop.example';
const ANDROID = `android:apk-key-hash:${'A'.repeat(43)}`;
let stage: Stage;
afterEach(() => stage.stop());

const newUser = (): Promise<PasskeyUser> => PasskeyUser.signUp(stage);

describe('passkeys that come second only', () => {
  it('a passkey that is only a second factor does not identify a user, whatever the answer, and locks no user out so', async () => {
    stage = await startPasskeyStage({ policy: 'additional' });
    const user = await newUser();
    const passkey = await user.add();
    await expect(user.beginAlone()).rejects.toThrow('session_required');
    for (let guess = 0; guess < 12; guess += 1) {
      const authData = { passkey: { id: passkey.handle, credential: passkey.get(await user.beginLogin()) }, totp: '000000' };
      expect(slug(await stage.call('POST', '/users', { authData }))).toBe('invalid_input');
      const challenge = { authData: { passkey: authData.passkey }, challengeData: { passkey: true } };
      expect((await stage.challenge(challenge)).status).toBe(404);
    }
    expect((await user.logIn(passkey)).status).toBe(200);
  });

  it('a passkey that is only a second factor verifies its user where required, and is made without a user handle otherwise', async () => {
    stage = await startPasskeyStage({ policy: 'additional', userVerification: 'required' });
    const user = await newUser();
    const weak = new SoftAuthenticator(ORIGIN).create(await user.begin(), { userVerified: false });
    expect(slug(await user.save({ credential: weak }))).toBe('code_rejected');
    const passkey = await user.add();
    expect(slug(await user.logIn(passkey, { userVerified: false }))).toBe('code_rejected');
    expect((await user.logIn(passkey)).status).toBe(200);
  });
});

describe('passkeys', () => {
  it('a passkey is accepted from related origins and named apps, and from nowhere else', async () => {
    stage = await startPasskeyStage({ origins: [ORIGIN, ANDROID, 'https://m.acme.example:8443'], relatedOrigins: [RELATED] });
    const user = await newUser();
    const passkey = await user.add();
    for (const origin of [RELATED, ANDROID, 'https://m.acme.example:8443']) {
      expect((await user.logInAlone(passkey, { origin })).status).toBe(200);
    }
    for (const origin of [
      'https://m.acme.example',
      'https://acme-shop.example.evil.example',
      `android:apk-key-hash:${'B'.repeat(43)}`,
    ]) {
      expect(slug(await user.logInAlone(passkey, { origin }))).toBe('code_rejected');
    }
  });

  it('a passkey alone is one factor for a policy that demands all', async () => {
    stage = await startPasskeyStage({}, { compose: { policy: 'all' } });
    const user = await newUser();
    const secret = await stage.enrolTotp(user.person);
    stage.time.now += MINUTE;
    const passkey = await user.add();
    const lacking = await user.logInAlone(passkey);
    expect(lacking.body['error']).toBe('factor_required: Also required: totp.');
    stage.time.now += MINUTE;
    const credential = passkey.get(await user.beginAlone());
    const log = (totp: string) =>
      stage.call('POST', '/users', { authData: { passkey: { id: passkey.handle, credential }, totp } });
    expect(slug(await log('000000'))).toBe('code_rejected');
    expect((await log(stage.totp(secret))).status).toBe(200); // the wrong code has not spent the answer
  });

  it('a user who must have a factor sets up a passkey in the login', async () => {
    stage = await startPasskeyStage({}, { compose: { enrolment: { requiredFor: 'everybody' } } });
    const user = await newUser();
    expect(slug(await stage.logIn(user.person))).toBe('enrolment_required');
    const authenticator = new SoftAuthenticator(ORIGIN);
    const credential = authenticator.create(await user.beginLogin());
    expect((await stage.logIn(user.person, { passkey: { credential } })).status).toBe(200);
    expect((await user.logIn(authenticator)).status).toBe(200);
    expect((await user.logInAlone(authenticator)).status).toBe(200);
  });

  it('passkeys survive a rotation of keys, and administrators see nothing that is sealed', async () => {
    stage = await startPasskeyStage({}, { install: { adminFunctions: true }, more: { recovery: new RecoveryCodesFactor() } });
    const user = await newUser();
    const passkey = await user.add();
    const listed = await stage.call('POST', '/functions/factorsList', { userId: user.person.id }, MASTER);
    expect(JSON.stringify(listed.body)).toContain('passkey');
    expect((await user.save(undefined)).status).toBe(200);
    const codes = await stage.save(user.person, { recovery: { generate: 'true' } });
    expect(codes.status).toBe(200); // setting a passkey up is a fresh proof
    const reset = await stage.call('POST', '/functions/factorsReset', { userId: user.person.id, factor: 'passkey' }, MASTER);
    expect(reset.status).toBe(200);
    expect(slug(await user.logInAlone(passkey))).toBe('code_rejected');
  });
});
