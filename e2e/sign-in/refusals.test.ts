import { FieldsFactor } from '@parse-factors/fields';
import { afterAll, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import type { Person } from '@parse-factors/test-server/parse-server';
import type { Stage } from '../support/harness.js';
import { ORIGIN, PasskeyUser, startPasskeyStage } from '../support/passkey-stage.js';
import { SoftAuthenticator, type Forgery } from '../support/soft-authenticator.js';
import { MASTER } from '../support/requests.js';
import { DAY, MINUTE } from '../support/time.js';

const USED = 'code_rejected: This code has already been used. Wait for the next one in your app.';
const WRONG = 'code_rejected: The code is wrong.';

let stage: Stage;
let person: Person;
beforeAll(async () => {
  const member = new FieldsFactor({ find: 'memberNumber', match: ['postcode'] });
  stage = await startPasskeyStage({}, { more: { member }, compose: { maxAttemptsPerIp: 100_000 } });
});
afterAll(() => stage.stop());
beforeEach(async () => {
  stage.time.now += DAY;
  person = await stage.signUp();
  stage.events.length = 0;
});
const lastReason = (): string | undefined => stage.events.findLast(({ type }) => type === 'rejected')?.reason;

describe('a used step of an authenticator', () => {
  it('a used step of an authenticator is reported to a user who has given the password, and to the operator', async () => {
    const secret = await stage.enrolTotp(person);
    stage.time.now += 6 * MINUTE; // the session is fresh no more, and answers
    const code = stage.totp(secret);
    await stage.logIn(person, { totp: code });
    expect((await stage.logIn(person, { totp: code })).body).toEqual({ code: 210, error: USED });
    expect(lastReason()).toBe('step_used');
    expect((await stage.save(person, { totp: stage.totp(secret, -1) })).body['error']).toBe(USED);
    const answers = await Promise.all([1, 2, 3, 4].map(() => stage.logIn(person, { totp: stage.totp(secret, 1) })));
    const told = answers.map(({ body }) => String(body['error'] ?? 'in'));
    expect(told.toSorted((a, b) => a.localeCompare(b))).toEqual([USED, USED, USED, 'in']);
  });

  it('a used step of an authenticator gets the reply of every wrong code where fields say who signs in', async () => {
    const secret = await stage.enrolTotp(person);
    const fields = { memberNumber: person.username, postcode: 'SW1A' };
    await stage.call('PUT', `/users/${person.id}`, fields, MASTER);
    const code = stage.totp(secret);
    await stage.logIn(person, { totp: code });
    const signIn = async (postcode: string): Promise<unknown> =>
      (await stage.call('POST', '/users', { authData: { member: { ...fields, postcode }, totp: code } })).body;
    const right = await signIn('SW1A');
    expect(right).toEqual({ code: 210, error: WRONG });
    expect(await signIn('SW1B')).toEqual(right);
  });
});

describe('a passkey of another site', () => {
  const forgeries: readonly (readonly [reason: string, sentence: string, forgery: Forgery])[] = [
    ['passkey_origin', 'The passkey was used on a website or app that is not allowed here.', { origin: 'https://evil.example' }],
    ['passkey_rp_id', 'The passkey belongs to another domain.', { rpId: 'evil.example' }],
    ['passkey_type', 'The passkey answered another type of request.', { type: 'payment.get' }],
  ];

  it.each(forgeries)(
    'a passkey of another site is refused with %s, which is told after the password only',
    async (reason, sentence, forgery) => {
      const user = new PasskeyUser(stage, person);
      const registered = new SoftAuthenticator(ORIGIN).create(await user.begin({ purpose: 'enrolment' }), forgery);
      expect((await user.save({ credential: registered })).body).toEqual({ code: 210, error: `code_rejected: ${sentence}` });
      expect(lastReason()).toBe(reason);
      const authenticator = await user.add();
      expect((await user.logIn(authenticator, forgery)).body).toEqual({ code: 210, error: `code_rejected: ${sentence}` });
      expect(lastReason()).toBe(reason);
      stage.events.length = 0;
      expect((await user.logInAlone(authenticator, forgery)).body).toEqual({ code: 210, error: WRONG });
      expect(lastReason()).toBe(reason);
      expect((await user.logIn(authenticator)).status).toBe(200);
    },
  );

  it('a passkey of another site gets the reply of every wrong answer where more than that is wrong', async () => {
    const user = new PasskeyUser(stage, person);
    const authenticator = await user.add();
    expect((await user.logIn(authenticator, { userPresent: false })).body).toEqual({ code: 210, error: WRONG });
    expect(lastReason()).toBe('code_rejected');
  });
});
