import { MemoryOtpStore } from '@parse-factors/core';
import type { OtpStore } from '@parse-factors/core/store';
import { FieldsFactor } from '@parse-factors/fields';
import { afterAll, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import type { Answer, Person } from '@parse-factors/test-server/parse-server';
import { startStage, type Stage } from '../support/harness.js';
import { MASTER } from '../support/requests.js';
import { DAY, MINUTE } from '../support/time.js';

const REPLACED = { code: 210, error: 'code_rejected: A newer code was sent. Use that one.' };
const WRONG = { code: 210, error: 'code_rejected: The code is wrong.' };

let stage: Stage;
let person: Person;
beforeEach(async () => {
  stage.time.now += DAY;
  person = await stage.signUp();
});
const lastReason = (): string | undefined => stage.events.findLast(({ type }) => type === 'rejected')?.reason;

/** A code to log in with that was just sent. */
async function ask(): Promise<string> {
  stage.time.now += MINUTE;
  const { username, password } = person;
  await stage.challenge({ username, password, challengeData: { otp: true } });
  return stage.lastCode(stage.sms);
}
const logIn = (otp: string): Promise<Answer> => stage.logIn(person, { otp });

describe.each([true, false])('a code that a newer one has replaced, in a store that redeems: %s', (redeems) => {
  beforeAll(async () => {
    const memory = new MemoryOtpStore({ clock: () => stage.time.now });
    const store: OtpStore = new Proxy(memory, {
      get: (_, verb: keyof MemoryOtpStore) => {
        if (verb === 'redeem' && !redeems) return undefined;
        return (...given: never[]) => (memory[verb] as (...args: never[]) => unknown).apply(memory, given);
      },
    });
    const member = new FieldsFactor({ find: 'memberNumber', match: ['postcode'] });
    stage = await startStage({ install: true, compose: { store, maxAttemptsPerIp: 100_000 }, more: { member } });
  });
  afterAll(() => stage.stop());

  it('a replaced code is told apart from a wrong one, counts as one, and the newer code works', async () => {
    await stage.enrolPhone(person);
    const [first, second, third] = [await ask(), await ask(), await ask()];
    for (const code of [first, second, first]) {
      expect((await logIn(code)).body).toEqual(REPLACED);
      expect(lastReason()).toBe('code_replaced');
    }
    expect((await logIn(third === '000000' ? '000001' : '000000')).body).toEqual(WRONG);
    expect((await logIn(third)).status).toBe(200);
  });

  it('a replaced code uses up the attempts at the newer one, as a wrong code does', async () => {
    await stage.enrolPhone(person);
    const [first, second] = [await ask(), await ask()];
    for (let attempt = 0; attempt < 5; attempt += 1) expect((await logIn(first)).body).toEqual(REPLACED);
    expect((await logIn(second)).body['error']).toContain('code_expired');
  });

  it('a replaced code lets no user in, however many requests send it at once', async () => {
    await stage.enrolPhone(person);
    const [first, second] = [await ask(), await ask()];
    const answers = await Promise.all([1, 2, 3, 4].map(() => logIn(first)));
    expect(answers.map(({ status }) => status)).toEqual([400, 400, 400, 400]);
    expect((await logIn(second)).status).toBe(200);
  });

  it('a replaced code is reported while a number is added', async () => {
    const phone = '+15551234567';
    const begin = async (): Promise<string> => {
      stage.time.now += MINUTE;
      await stage.challenge({ challengeData: { otp: { phone } } }, person.session);
      return stage.lastCode(stage.sms);
    };
    const [first, second] = [await begin(), await begin()];
    expect((await stage.save(person, { otp: { phone, code: first } })).body).toEqual(REPLACED);
    expect((await stage.save(person, { otp: { phone, code: second } })).status).toBe(200);
  });

  it('a replaced code counts as wrong once it would have expired', async () => {
    await stage.enrolPhone(person);
    const first = await ask();
    stage.time.now += 10 * MINUTE;
    const second = await ask();
    expect((await logIn(first)).body).toEqual(WRONG);
    expect((await logIn(second)).status).toBe(200);
  });

  it('a replaced code counts as wrong for another user with the same number', async () => {
    await stage.enrolPhone(person);
    const [first] = [await ask(), await ask()];
    person = await stage.signUp();
    await stage.enrolPhone(person);
    await ask();
    expect((await logIn(first)).body).toEqual(WRONG);
  });

  it('a replaced code counts as wrong where no password was given', async () => {
    const email = `${person.username}@example.com`;
    const begin = async (): Promise<string> => {
      stage.time.now += MINUTE;
      await stage.challenge({ challengeData: { emailLogin: { email } } });
      return stage.lastCode(stage.mail);
    };
    const signIn = (code: string): Promise<Answer> =>
      stage.call('POST', '/users', { authData: { emailLogin: { id: email, code } } });
    const [first, second] = [await begin(), await begin()];
    expect((await signIn(first)).body).toEqual(WRONG);
    expect(lastReason()).toBe('code_rejected');
    expect((await signIn(second)).status).toBe(201);
  });

  it('a replaced code counts as wrong where fields say who signs in', async () => {
    await stage.enrolPhone(person);
    const fields = { memberNumber: person.username, postcode: 'SW1A' };
    await stage.call('PUT', `/users/${person.id}`, fields, MASTER);
    const [first] = [await ask(), await ask()];
    const { body } = await stage.call('POST', '/users', { authData: { member: fields, otp: first } });
    expect(body).toEqual(WRONG);
  });
});
