import { MemoryOtpStore } from '@parse-factors/core';
import type { OtpStore } from '@parse-factors/core/store';
import { RecoveryCodesFactor } from '@parse-factors/recovery-codes';
import { countStatements } from '@parse-factors/test-server/count-statements';
import type { Answer } from '@parse-factors/test-server/parse-server';
import { afterEach, beforeEach, expect, it } from 'vitest';
import { slug, type Stage } from '../support/harness.js';
import { ORIGIN, PasskeyUser, startPasskeyStage } from '../support/passkey-stage.js';
import { MASTER, personOf } from '../support/requests.js';
import { SoftAuthenticator } from '../support/soft-authenticator.js';
import { DAY, HOUR } from '../support/time.js';

/** Attempts to take over, or to find, an account that was opened with a passkey alone, by its recovery without a session. */

let stage: Stage;
/** Called before a challenge of a passkey is used up. */
let beforeUse: () => Promise<void>;
beforeEach(async () => {
  beforeUse = async () => undefined;
  const memory = new MemoryOtpStore({ clock: () => stage.time.now });
  const store: OtpStore = new Proxy(memory, {
    get:
      (_, verb: keyof MemoryOtpStore) =>
      async (...given: never[]) => {
        if (verb === 'advance') await beforeUse();
        return (memory[verb] as (...args: never[]) => unknown).apply(memory, given);
      },
  });
  const recovery = new RecoveryCodesFactor({ changesFactors: { afterMs: DAY } });
  stage = await startPasskeyStage({ signUp: true }, { more: { recovery }, compose: { store } });
});
afterEach(() => stage.stop());

async function answerBy(passkey: SoftAuthenticator): Promise<object> {
  const { body } = await stage.challenge({ challengeData: { passkey: { purpose: 'sign-up' } } });
  const credential = passkey.create(String(body['challengeData'].passkey.options));
  return { id: passkey.handle, credential };
}

async function newcomer(username: string) {
  const passkey = new SoftAuthenticator(ORIGIN);
  const authData = { passkey: await answerBy(passkey), recovery: { generate: 'true' } };
  const answer = await stage.call('POST', '/users', { username, authData });
  expect(answer.status).toBe(201);
  const codes = String(answer.body['authDataResponse'].recovery.codes).split(', ');
  const person = personOf(answer);
  return { username, passkey, person, user: new PasskeyUser(stage, person), codes };
}

const recover = (params: object): Promise<Answer> => stage.call('POST', '/functions/factorsRecover', params);

it('a recovery that is under way does not win over a sign-in of the owner', async () => {
  const { username, passkey, user, codes } = await newcomer('ann');
  await recover({ username, authData: { recovery: codes[0] } });
  stage.time.now += DAY;
  const found = new SoftAuthenticator(ORIGIN);
  const authData = { recovery: codes[1], passkey: await answerBy(found) };
  let signedIn: Answer | undefined;
  beforeUse = async () => {
    beforeUse = async () => undefined;
    signedIn = await user.logInAlone(passkey);
  };
  const answer = await recover({ username, authData });
  expect(signedIn?.status).toBe(200);
  expect(slug(answer)).toBe('code_rejected');
  expect(stage.events.some(({ type }) => type === 'replaced')).toBe(false);
  expect((await user.logInAlone(passkey)).status).toBe(200);
  expect(slug(await user.logInAlone(found))).toBe('code_rejected');
  // The code is still unused, and a new wait begins.
  expect((await recover({ username, authData: { recovery: codes[1] } })).body['result'].status).toBe('pending');
});

it('a stolen session cannot rename the account, which its owner recovers by the name', async () => {
  const { username, passkey, person, user, codes } = await newcomer('ann');
  stage.time.now += HOUR;
  const renamed = { username: 'another-name' };
  const requests = [{ method: 'PUT', path: `/parse/users/${person.id}`, body: renamed }];
  const rename = (): Promise<Answer> => stage.call('PUT', `/users/${person.id}`, renamed, person.session);
  expect(slug(await rename())).toBe('fresh_proof_required');
  expect(slug(await stage.call('PUT', `/classes/_User/${person.id}`, renamed, person.session))).toBe('fresh_proof_required');
  const batch = await stage.call('POST', '/batch', { requests }, person.session);
  expect(JSON.stringify(batch.body)).toContain('fresh_proof_required');
  expect((await recover({ username, authData: { recovery: codes[0] } })).body['result'].status).toBe('pending');
  expect(slug(await rename())).toBe('fresh_proof_required');
  stage.time.now += DAY;
  const found = new SoftAuthenticator(ORIGIN);
  const done = await recover({ username, authData: { recovery: codes[1], passkey: await answerBy(found) } });
  expect(done.body['result'].status).toBe('recovered');
  expect(slug(await user.logInAlone(passkey))).toBe('code_rejected');
});

it('the owner renames the account after a proof by the passkey, and saves their own name at any time', async () => {
  const { passkey, person, user } = await newcomer('ann');
  stage.time.now += HOUR;
  const save = (fields: object): Promise<Answer> => stage.call('PUT', `/users/${person.id}`, fields, person.session);
  expect((await save({ username: 'ann', nickname: 'A' })).status).toBe(200);
  expect((await user.prove(passkey)).status).toBe(200);
  expect((await save({ username: 'anna' })).status).toBe(200);
  const other = await stage.signUp();
  expect((await stage.call('PUT', `/users/${other.id}`, { username: 'by-password' }, other.session)).status).toBe(200);
  expect((await stage.call('PUT', `/users/${person.id}`, { username: 'by-administrator' }, MASTER)).status).toBe(200);
});

it('a wrong code takes the same statements for every user name', async () => {
  await newcomer('alone');
  const { person } = await newcomer('with-password');
  await stage.call('PUT', `/users/${person.id}`, { password: 'secret' }, MASTER);
  await stage.signUp({ username: 'by-password' });
  const guess = (username: string): Promise<Answer> => recover({ username, authData: { recovery: 'AAAA-AAAA-AAAA-AAAA' } });
  await guess('warm');
  const seen: number[] = [];
  for (const name of ['alone', 'with-password', 'by-password', 'unknown']) {
    seen.push(await countStatements(async () => expect(slug(await guess(name))).toBe('code_rejected')));
  }
  expect(new Set(seen).size, seen.join()).toBe(1);
});
