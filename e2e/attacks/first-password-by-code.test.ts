import { RecoveryCodesFactor } from '@parse-factors/recovery-codes';
import type { Answer } from '@parse-factors/test-server/parse-server';
import { afterEach, describe, expect, it } from 'vitest';
import { slug, startStage, type Stage, type StageOptions } from '../support/harness.js';
import { startPasskeyStage, PasskeyUser, ORIGIN } from '../support/passkey-stage.js';
import { personOf } from '../support/requests.js';
import { SoftAuthenticator } from '../support/soft-authenticator.js';
import { DAY, MINUTE } from '../support/time.js';

/** Attempts to set a first password on an account without one by a code to an address of the thief. */

let stage: Stage;
afterEach(() => stage?.stop());

const background: Promise<unknown>[] = [];
const settled = async (): Promise<void> => {
  while (background.length > 0) await background.shift();
};
const compose: StageOptions['compose'] = {
  passwordReset: ['email'],
  addressVerification: { email: 'email' },
  waitUntil: (work) => void background.push(work),
};
const fn = (name: string, params: object, headers?: Record<string, string>): Promise<Answer> =>
  stage.call('POST', `/functions/${name}`, params, headers);

/** What a thief of a session does, with no mail adapter. */
async function takeOver(id: string, session: Record<string, string>, authData: object = {}, factor = 'email') {
  const email = 'thief@example.com';
  const refusal = await stage.call('PUT', `/users/${id}`, { email }, session);
  await fn('factorsRequestVerification', { field: 'email' }, session);
  await settled();
  await fn('factorsVerifyAddress', { field: 'email', code: stage.lastCode(stage.mail) }, session);
  stage.time.now += 11 * MINUTE;
  stage.mail.messages.length = 0;
  await fn('factorsRequestPasswordReset', { factor, email });
  await settled();
  const code = stage.lastCode(stage.mail);
  const reset = await fn('factorsResetPassword', { factor, email, code, password: 'thief password', authData });
  return { refusal, reset };
}

describe('a stolen session, where Parse Server sends no mail and codes reset passwords', () => {
  it.each([
    ['with an additional email factor', {}],
    [
      'with the options of the example',
      {
        passwordReset: ['emailLogin', 'phoneLogin'],
        addressVerification: { email: 'emailLogin' },
        freshProofFor: ['password', 'email'],
      },
    ],
  ] as const)('sets no first password on an account that signs in by a phone: %s', async (_how, more) => {
    stage = await startStage({ install: true, compose: { ...compose, ...more } });
    await stage.challenge({ challengeData: { phoneLogin: { phone: '+15557770001' } } });
    await settled();
    const answer = await stage.call('POST', '/users', {
      authData: { phoneLogin: { id: '+15557770001', code: stage.lastCode(stage.sms) } },
    });
    expect(answer.status).toBe(201);
    const owner = personOf(answer);
    const first = await stage.call('PUT', `/users/${owner.id}`, { password: 'direct' }, owner.session);
    expect(slug(first)).toBe('fresh_proof_required');
    const { refusal, reset } = await takeOver(
      owner.id,
      owner.session,
      {},
      'addressVerification' in more ? 'emailLogin' : 'email',
    );
    expect(slug(refusal)).toBe('fresh_proof_required');
    expect(reset.status).not.toBe(200);
  });

  it('sets no first password on an account with passkeys alone by a code of its app', async () => {
    const recovery = new RecoveryCodesFactor({ changesFactors: { afterMs: DAY } });
    stage = await startPasskeyStage(
      { signUp: true, rpName: 'Acme' },
      { compose, install: { adminFunctions: true }, more: { recovery } },
    );
    const passkey = new SoftAuthenticator(ORIGIN);
    const { body } = await stage.challenge({ challengeData: { passkey: { purpose: 'sign-up' } } });
    const credential = passkey.create(String(body['challengeData'].passkey.options));
    const answer = await stage.call('POST', '/users', {
      username: 'ann',
      authData: { passkey: { id: passkey.handle, credential }, recovery: { generate: 'true' } },
    });
    const owner = personOf(answer);
    const user = new PasskeyUser(stage, owner);
    await user.prove(passkey);
    const secret = await stage.enrolTotp(owner);
    stage.time.now += 20 * MINUTE;
    // The thief has the session and one code of the app.
    await stage.save(owner, { totp: stage.totp(secret) });
    expect(slug(await stage.call('PUT', `/users/${owner.id}`, { password: 'direct' }, owner.session))).toBe(
      'fresh_proof_required',
    );
    stage.time.now += 7 * MINUTE;
    const at = stage.time.now + 11 * MINUTE;
    const ahead = Math.round((at - stage.time.now) / 30_000);
    const { refusal, reset } = await takeOver(owner.id, owner.session, { totp: stage.totp(secret, ahead) });
    expect(slug(refusal)).toBe('fresh_proof_required');
    expect(reset.status).not.toBe(200);
  });
});
