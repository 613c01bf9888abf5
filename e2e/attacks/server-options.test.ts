// @slow
import { RecoveryCodesFactor } from '@parse-factors/recovery-codes';
import { TrustedDeviceFactor } from '@parse-factors/trusted-device';
import { afterEach, describe, expect, it } from 'vitest';
import type { Answer, Person } from '@parse-factors/test-server/parse-server';
import { slug, startStage, type Stage } from '../support/harness.js';
import { MASTER, sessionHeaders } from '../support/requests.js';
import { MINUTE } from '../support/time.js';
import { storedKeys } from '../support/rows.js';

/** The same protection under whatever options a server runs with. */

let stage: Stage;
afterEach(() => stage.stop());

const expectOk = (answer: Answer): Answer => {
  expect([answer.status, answer.body['error']]).toEqual([200, undefined]);
  return answer;
};
const factorsOf = (person: Person): Promise<string[]> => storedKeys(stage, person);

/** Everything that protects an account, once; `person` has a session and no factor. */
async function journey(person: Person): Promise<void> {
  const secret = await stage.enrolTotp(person);
  stage.time.now += 5 * MINUTE;
  expect((await stage.logIn(person)).body['error']).toContain('Missing additional authData totp');

  // A session that is not fresh changes nothing, on any path.
  const body = { authData: { totp: null } };
  for (const path of [`/users/${person.id}`, `/classes/_User/${person.id}`])
    expect(slug(await stage.call('PUT', path, body, person.session))).toBe('fresh_proof_required');
  const begun = await stage.challenge({ challengeData: { otp: { phone: '+15551119999' } } }, person.session);
  expect(slug(begun)).toBe('fresh_proof_required');
  expect(await factorsOf(person)).toEqual(['totp']);

  // A fresh proof, recovery codes, and a trusted device.
  expectOk(await stage.save(person, { totp: stage.totp(secret) }));
  const made = expectOk(await stage.save(person, { recovery: { generate: 'true' } }));
  const [code] = String(made.body['authDataResponse'].recovery.codes).split(', ');
  const trusted = expectOk(await stage.save(person, { device: { remember: 'true', name: 'Laptop' } }));
  const { token } = trusted.body['authDataResponse'].device as { token: string };
  expectOk(await stage.logIn(person, { recovery: code }));
  expect((await stage.logIn(person, { recovery: code })).status).toBe(400);
  const renewed = expectOk(await stage.logIn(person, { device: { token } })).body['authDataResponse'].device.token as string;

  // Saving something else, or what was shown, changes nothing.
  const me = await stage.call('GET', '/users/me', undefined, person.session);
  const shown = (me.body['authData'] ?? {}) as Record<string, unknown>;
  expect(JSON.stringify(shown)).not.toContain('sealed');
  expectOk(await stage.call('PUT', `/users/${person.id}`, { nickname: 'Ann', authData: shown }, person.session));

  // A new password ends trust and proofs.
  const renamed = expectOk(await stage.call('PUT', `/users/${person.id}`, { password: 'a new password' }, person.session));
  const session = sessionHeaders(renamed);
  const after = { ...person, password: 'a new password', session };
  expect(slug(await stage.logIn(after, { device: { token: renewed } }))).toBe('code_rejected');
  expect(slug(await stage.save(after, { totp: null }))).toBe('fresh_proof_required');

  // With a proof it goes, and what hung on it too.
  stage.time.now += MINUTE;
  expectOk(await stage.save(after, { totp: stage.totp(secret) }));
  expectOk(await stage.save(after, { totp: null }));
  expect(await factorsOf(person)).toEqual([]);
  expectOk(await stage.logIn(after));
}

const emailAdapter = { sendMail: async () => undefined, sendVerificationEmail: async () => undefined };

const MATRIX: readonly [string, object][] = [
  ['the defaults', {}],
  ['enforcePrivateUsers: false', { enforcePrivateUsers: false }],
  ['no protectedFields', { protectedFields: {} }],
  [
    'authData protected, the owner exempt',
    { protectedFields: { _User: { '*': ['authData'] } }, protectedFieldsOwnerExempt: true },
  ],
  [
    'authData protected, the owner not exempt',
    { protectedFields: { _User: { '*': ['authData'] } }, protectedFieldsOwnerExempt: false },
  ],
  [
    'authData protected from triggers as well',
    { protectedFields: { _User: { '*': ['authData'] } }, protectedFieldsOwnerExempt: false, protectedFieldsTriggerExempt: false },
  ],
  [
    'authData protected, triggers exempt',
    { protectedFields: { _User: { '*': ['authData'] } }, protectedFieldsOwnerExempt: false, protectedFieldsTriggerExempt: true },
  ],
  ['enableAnonymousUsers: false', { enableAnonymousUsers: false }],
  ['passwordPolicy.maxPasswordHistory', { passwordPolicy: { maxPasswordHistory: 5 } }],
  ['revokeSessionOnPasswordReset: false', { revokeSessionOnPasswordReset: false }],
];

describe('an account is protected', () => {
  it.each(MATRIX)('an account is protected with %s', async (_name, options) => {
    const { revokeSessionOnPasswordReset = true } = options as { revokeSessionOnPasswordReset?: boolean };
    stage = await startStage({
      install: true,
      more: { recovery: new RecoveryCodesFactor(), device: new TrustedDeviceFactor() },
      server: { ...options, revokeSessionOnPasswordReset },
    });
    await journey(await stage.signUp());
  });

  it('an account is protected after an anonymous user becomes a real one', async () => {
    stage = await startStage({
      install: true,
      more: { recovery: new RecoveryCodesFactor(), device: new TrustedDeviceFactor() },
    });
    const anonymous = { authData: { anonymous: { id: 'someone' } } };
    const signUp = await stage.call('POST', '/users', anonymous);
    const session = sessionHeaders(signUp);
    const person = { id: String(signUp.body['objectId']), username: 'real', password: 'real password', session };
    const { username, password } = person;
    const fields = { username, password, authData: { anonymous: null } };
    const converted = await stage.call('PUT', `/users/${person.id}`, fields, session);
    const own = { ...person, session: sessionHeaders(converted) };
    await journey(own);
  });

  it('an account is protected where addresses must be verified before a login', async () => {
    stage = await startStage({
      install: true,
      more: { recovery: new RecoveryCodesFactor(), device: new TrustedDeviceFactor() },
      server: {
        appName: 'Acme',
        publicServerURL: 'http://127.0.0.1/parse',
        emailAdapter,
        verifyUserEmails: true,
        preventLoginWithUnverifiedEmail: true,
      },
    });
    const { body } = await stage.call('POST', '/users', { username: 'v', password: 'v password', email: 'v@example.com' });
    const person = { id: String(body['objectId']), username: 'v', password: 'v password', session: {} };
    expect(body['sessionToken']).toBe(undefined);
    const challenge = (): Promise<Answer> => {
      const { username, password } = person;
      return stage.challenge({ username, password, challengeData: { otp: { phone: '+15551118888' } } });
    };
    expect((await challenge()).body['error']).toBe('User email is not verified.');
    expect(stage.sms.messages).toEqual([]);
    await stage.call('PUT', `/users/${person.id}`, { emailVerified: true }, MASTER);
    await journey(await stage.another(person));
  });
});
