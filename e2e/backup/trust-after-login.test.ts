import { FieldsFactor } from '@parse-factors/fields';
import { TrustedDeviceFactor } from '@parse-factors/trusted-device';
import { afterEach, expect, it } from 'vitest';
import type { Answer, Person } from '@parse-factors/test-server/parse-server';
import { slug, type Stage } from '../support/harness.js';
import { ORIGIN, PasskeyUser, startPasskeyStage } from '../support/passkey-stage.js';
import { SoftAuthenticator } from '../support/soft-authenticator.js';
import { sessionHeaders } from '../support/requests.js';
import { MINUTE } from '../support/time.js';
import { OPEN_PROVIDER } from '../support/providers.js';

/** Trust in a device, right after a login without a password. */

const EMAIL = 'ann@example.com';
let stage: Stage;
afterEach(() => stage.stop());

async function start(): Promise<void> {
  const social = OPEN_PROVIDER;
  const more = { device: new TrustedDeviceFactor(), member: new FieldsFactor({ find: 'memberNumber', match: ['postcode'] }) };
  stage = await startPasskeyStage({}, { more, server: { auth: { social } } });
}

const sessionOf = ({ status, body }: Answer): Person => {
  expect([status === 200 || status === 201, body['error']]).toEqual([true, undefined]);
  const session = sessionHeaders({ body });
  return { id: String(body['objectId']), username: '', password: '', session };
};
const signIn = (authData: object): Promise<Answer> => stage.call('POST', '/users', { authData });
const remember = (person: Person): Promise<Answer> => stage.save(person, { device: { remember: 'true', name: 'Laptop' } });

async function emailCode(): Promise<object> {
  stage.time.now += MINUTE;
  await stage.challenge({ challengeData: { emailLogin: { email: EMAIL } } });
  return { emailLogin: { id: EMAIL, code: stage.lastCode(stage.mail) } };
}

const WAYS: readonly (readonly [name: string, begin: () => Promise<Person>, answer: () => Promise<object>])[] = [
  ['a code by email', async () => sessionOf(await signIn(await emailCode())), emailCode],
  ['a social provider', async () => sessionOf(await signIn({ social: { id: '1' } })), async () => ({ social: { id: '1' } })],
  [
    'fields',
    () => stage.signUp({ memberNumber: 'a-1', postcode: 'SW1A 1AA' }),
    async () => ({ member: { memberNumber: 'a-1', postcode: 'SW1A 1AA' } }),
  ],
];

it.each(WAYS)('a device is trusted at once after a login by %s and a second factor', async (_name, begin, answer) => {
  await start();
  const person = await begin();
  const secret = await stage.enrolTotp(person);
  stage.time.now += 5 * MINUTE;
  expect(slug(await remember(person))).toBe('fresh_proof_required');
  const first = await answer();
  const loggedIn = sessionOf(await signIn({ ...first, totp: stage.totp(secret) }));
  const { token } = (await remember(loggedIn)).body['authDataResponse'].device as { token: string };

  stage.time.now += 5 * MINUTE;
  const byToken = sessionOf(await signIn({ ...(await answer()), device: { token } }));
  expect(slug(await remember(byToken))).toBe('fresh_proof_required');
});

it('a device is trusted at once after a login by a passkey alone', async () => {
  await start();
  const user = new PasskeyUser(stage, await stage.signUp());
  const passkey = await user.add(new SoftAuthenticator(ORIGIN));
  stage.time.now += 5 * MINUTE;
  expect(slug(await remember(user.person))).toBe('fresh_proof_required');
  const loggedIn = sessionOf(await user.logInAlone(passkey));
  expect((await remember(loggedIn)).body['authDataResponse'].device).toEqual({ token: expect.any(String) });
});
