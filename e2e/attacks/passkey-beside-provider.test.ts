import { RecoveryCodesFactor } from '@parse-factors/recovery-codes';
import type { Answer, Person } from '@parse-factors/test-server/parse-server';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { slug, type Stage } from '../support/harness.js';
import { ORIGIN, PasskeyUser, startPasskeyStage } from '../support/passkey-stage.js';
import { BADGE } from '../support/providers.js';
import { personOf } from '../support/requests.js';
import { SoftAuthenticator } from '../support/soft-authenticator.js';
import { DAY, MINUTE } from '../support/time.js';

/** Accounts with a passkey that signs in alone, beside another provider. */

let stage: Stage;
beforeAll(async () => {
  const recovery = new RecoveryCodesFactor({ changesFactors: { afterMs: DAY } });
  stage = await startPasskeyStage(
    { signUp: true, rpName: 'Acme' },
    { install: { adminFunctions: true }, more: { recovery }, server: { auth: { badge: BADGE } } },
  );
});
afterAll(() => stage.stop());

async function owner(
  provider: 'badge' | 'anonymous',
): Promise<{ person: Person; secret: string; passkey: SoftAuthenticator; user: PasskeyUser }> {
  stage.time.now += DAY;
  const passkey = new SoftAuthenticator(ORIGIN);
  let person: Person;
  if (provider === 'anonymous') {
    person = personOf(await stage.call('POST', '/users', { authData: { anonymous: { id: `a${stage.time.now}` } } }));
    await new PasskeyUser(stage, person).add(passkey);
  } else {
    const { body } = await stage.challenge({ challengeData: { passkey: { purpose: 'sign-up' } } });
    const credential = passkey.create(String(body['challengeData'].passkey.options));
    person = personOf(
      await stage.call('POST', '/users', {
        authData: { passkey: { id: passkey.handle, credential }, recovery: { generate: 'true' } },
      }),
    );
  }
  const user = new PasskeyUser(stage, person);
  expect((await user.prove(passkey)).status).toBe(200);
  if (provider === 'badge')
    expect((await stage.save(person, { badge: { id: `b${stage.time.now}`, secret: 'right' } })).status).toBe(200);
  const secret = await stage.enrolTotp(person);
  stage.time.now += 20 * MINUTE;
  return { person, secret, passkey, user };
}
const put = (person: Person, body: object): Promise<Answer> => stage.call('PUT', `/users/${person.id}`, body, person.session);

describe('a session with a code of the app only', () => {
  it('sets no first password on an account with a passkey that began as an anonymous one', async () => {
    const { person, secret } = await owner('anonymous');
    expect((await stage.save(person, { totp: stage.totp(secret) })).status).toBe(200);
    expect(slug(await put(person, { password: 'thief' }))).toBe('fresh_proof_required');
    expect(slug(await stage.save(person, { passkey: null }))).toBe('invalid_input'); // the only way in
    expect(slug(await stage.save(person, { recovery: { generate: 'true' } }))).toBe('fresh_proof_required');
  });

  it('leaves a way in when it unlinks the other provider and the passkey at once', async () => {
    const { person, secret, user, passkey } = await owner('badge');
    expect((await stage.save(person, { totp: stage.totp(secret) })).status).toBe(200);
    const both = { badge: null, passkey: null };
    expect((await stage.save(person, both)).status).not.toBe(200);
    expect((await user.prove(passkey)).status).toBe(200);
    expect((await stage.save(person, both)).body['error']).toContain('This is the only way to sign in to the account.');
    expect((await user.logInAlone(passkey)).status).toBe(200);
  });
});
