// @slow
import { afterAll, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import type { Answer, Person } from '@parse-factors/test-server/parse-server';
import { slug, startStage, type Stage } from '../support/harness.js';
import { DAY, MINUTE } from '../support/time.js';
import { storedFactors, storeFactors } from '../support/rows.js';

let stage: Stage;
beforeAll(async () => {
  stage = await startStage();
});
afterAll(() => stage.stop());
beforeEach(() => {
  stage.time.now += DAY; // every case with quotas of its own
});

const parallel = <Result>(times: number, work: (index: number) => Promise<Result>): Promise<Result[]> =>
  Promise.all(Array.from({ length: times }, (_, index) => work(index)));
const opened = (answers: readonly Answer[]): number => answers.filter(({ body }) => body['sessionToken'] !== undefined).length;
const wrongFor = (code: string): string => String((Number(code) + 1) % 1_000_000).padStart(6, '0');

async function challengeByPassword({ username, password }: Person, key: 'otp' | 'email' = 'otp'): Promise<string> {
  stage.time.now += MINUTE;
  const { status, body } = await stage.challenge({ username, password, challengeData: { [key]: true } });
  if (status !== 200) throw new Error(JSON.stringify(body));
  return stage.lastCode(key === 'otp' ? stage.sms : stage.mail);
}

async function withPhone(): Promise<Person> {
  const person = await stage.signUp();
  await stage.enrolPhone(person, `+1555${String(Math.floor(Math.random() * 1e7)).padStart(7, '0')}`);
  return person;
}

describe('single use', () => {
  it('20 parallel logins with one delivered code open one session', async () => {
    const person = await withPhone();
    const code = await challengeByPassword(person);
    const answers = await parallel(20, () => stage.logIn(person, { otp: code }));
    expect(opened(answers)).toBe(1);
    expect((await stage.logIn(person, { otp: code })).body['sessionToken']).toBeUndefined();
  });

  it('20 parallel logins with one TOTP step open one session, mixed spellings included', async () => {
    const person = await stage.signUp();
    const code = stage.totp(await stage.enrolTotp(person));
    const answers = await parallel(20, (index) => stage.logIn(person, { totp: index % 2 === 0 ? code : { code } }));
    expect(opened(answers)).toBe(1);
  });

  it('20 logins with one code in one batch open one session', async () => {
    const person = await withPhone();
    const code = await challengeByPassword(person);
    const { username, password } = person;
    const request = { method: 'POST', path: '/parse/login', body: { username, password, authData: { otp: code } } };
    const { body } = await stage.call('POST', '/batch', { requests: Array.from({ length: 20 }, () => request) });
    expect(
      (body as unknown as { success?: { sessionToken?: string } }[]).filter(({ success }) => success?.sessionToken),
    ).toHaveLength(1);
  });

  it('the code that confirmed an enrolment opens no session, in 20 parallel tries right after it', async () => {
    const person = await stage.signUp();
    const phone = '+15557770001';
    await stage.challenge({ challengeData: { otp: { phone } } }, person.session);
    const code = stage.lastCode(stage.sms);
    await stage.save(person, { otp: { phone, code } });
    expect(opened(await parallel(20, () => stage.logIn(person, { otp: code })))).toBe(0);
    const other = await stage.signUp();
    const asked = await stage.challenge({ challengeData: { totp: true } }, other.session);
    const totp = stage.totp(asked.body['challengeData'].totp.secret);
    await stage.save(other, { totp });
    expect(opened(await parallel(20, () => stage.logIn(other, { totp })))).toBe(0);
  });

  it('one of 20 parallel enrolments with one code is confirmed', async () => {
    const person = await stage.signUp();
    const phone = '+15557770002';
    await stage.challenge({ challengeData: { otp: { phone } } }, person.session);
    const code = stage.lastCode(stage.sms);
    const answers = await parallel(20, () => stage.save(person, { otp: { phone, code } }));
    expect(answers.filter(({ status }) => status === 200)).toHaveLength(1);
  });

  it('an older TOTP step is refused after a newer one, and any step after the clock stepped back', async () => {
    const person = await stage.signUp();
    const secret = await stage.enrolTotp(person);
    const older = stage.totp(secret, -1);
    expect((await stage.logIn(person, { totp: stage.totp(secret, 1) })).status).toBe(200);
    expect(slug(await stage.logIn(person, { totp: older }))).toBe('code_rejected');
    stage.time.now -= 10 * MINUTE;
    expect(slug(await stage.logIn(person, { totp: stage.totp(secret) }))).toBe('code_rejected');
    stage.time.now += 11 * MINUTE;
    expect((await stage.logIn(person, { totp: stage.totp(secret) })).status).toBe(200);
  });

  it('a code in a transaction, which could be taken back, is not compared', async () => {
    const person = await withPhone();
    const code = await challengeByPassword(person);
    const { username, password } = person;
    const logIn = (otp: string) => ({ method: 'POST', path: '/parse/login', body: { username, password, authData: { otp } } });
    stage.events.length = 0;
    for (const guess of [...Array.from({ length: 5 }, () => wrongFor(code)), code]) {
      const answer = await stage.call('POST', '/batch', { transaction: true, requests: [logIn(guess)] });
      expect(answer.status).toBe(500);
      expect(JSON.stringify(answer.body)).not.toContain('sessionToken');
    }
    expect(stage.events).toEqual([]);
    expect((await stage.logIn(person, { otp: code })).status).toBe(200);
  });
});

describe('bounded guessing', () => {
  it('five of 200 parallel guesses at a code are evaluated, and the right code is dead then', async () => {
    const person = await withPhone();
    const code = await challengeByPassword(person);
    const answers = await parallel(200, () => stage.logIn(person, { otp: wrongFor(code) }));
    expect(answers.filter((answer) => slug(answer) === 'code_rejected')).toHaveLength(5);
    expect(answers.filter((answer) => slug(answer) === 'code_expired')).toHaveLength(5);
    expect(answers.filter((answer) => slug(answer) === 'locked')).toHaveLength(190);
    expect(answers.every(({ status }) => status < 500)).toBe(true);
    expect(slug(await stage.logIn(person, { otp: code }))).toBe('locked');
  });

  it('ten of 100 parallel guesses at TOTP are evaluated, and the lock holds for the right code until the clock moves', async () => {
    const person = await stage.signUp();
    const secret = await stage.enrolTotp(person);
    const wrong = wrongFor(stage.totp(secret));
    stage.events.length = 0;
    const answers = await parallel(100, () => stage.logIn(person, { totp: wrong }));
    expect(answers.filter((answer) => slug(answer) === 'code_rejected')).toHaveLength(10);
    expect(stage.events.filter(({ type }) => type === 'locked')).toMatchObject([
      { factor: 'totp', userId: person.id, purpose: 'sign-in' },
    ]);
    const until = stage.time.now + 15 * MINUTE;
    const locked = await stage.logIn(person, { totp: stage.totp(secret) });
    expect(locked.body).toEqual({
      code: 155,
      error: `locked: Too many failed attempts. Please retry after ${new Date(until).toISOString()}`,
    });
    stage.time.now = until - 1;
    expect(slug(await stage.logIn(person, { totp: stage.totp(secret) }))).toBe('locked');
    stage.time.now = until;
    expect((await stage.logIn(person, { totp: stage.totp(secret) })).status).toBe(200);
  });

  it('the count of guesses is not reset by a resend, the right password, or another factor', async () => {
    const person = await withPhone();
    const secret = await stage.enrolTotp(person);
    const first = await challengeByPassword(person);
    for (let guess = 0; guess < 5; guess += 1) await stage.logIn(person, { otp: wrongFor(first) });
    expect((await stage.logIn(person, { totp: stage.totp(secret) })).status).toBe(200);
    const second = await challengeByPassword(person);
    for (let guess = 0; guess < 5; guess += 1) await stage.logIn(person, { otp: wrongFor(second) });
    expect(slug(await stage.logIn(person, { otp: second }))).toBe('locked');
    const { username, password } = person;
    stage.time.now += MINUTE;
    expect(slug(await stage.challenge({ username, password, challengeData: { otp: true } }))).toBe('locked');
    expect((await stage.logIn(person, { totp: stage.totp(secret, 1) })).status).toBe(200); // the other factor still works
  });

  it('neither a stranger without the password nor a stolen session can lock a login', async () => {
    const person = await stage.signUp();
    const secret = await stage.enrolTotp(person);
    await parallel(30, () => stage.logIn({ ...person, password: 'wrong' }, { totp: '000000' }));
    const wrong = wrongFor(stage.totp(secret));
    const answers = await parallel(30, () => stage.save(person, { totp: wrong }));
    expect(answers.filter((answer) => slug(answer) === 'locked')).toHaveLength(20);
    expect((await stage.logIn(person, { totp: stage.totp(secret) })).status).toBe(200);
  });

  it('a pending enrolment has the same limits, and guesses there lock no login', async () => {
    const person = await stage.signUp();
    const phone = '+15557770003';
    await stage.challenge({ challengeData: { otp: { phone } } }, person.session);
    const code = stage.lastCode(stage.sms);
    const answers = await parallel(30, () => stage.save(person, { otp: { phone, code: wrongFor(code) } }));
    expect(answers.filter((answer) => slug(answer) === 'code_rejected')).toHaveLength(5);
    expect(slug(await stage.save(person, { otp: { phone, code } }))).toBe('locked');
    expect((await stage.logIn(person)).status).toBe(200);
  });
});

describe('binding', () => {
  it('a code is refused for another purpose, user, factor or address', async () => {
    const person = await withPhone();
    const signIn = await challengeByPassword(person);
    expect(slug(await stage.save(person, { otp: signIn }))).toBe('code_expired'); // as a fresh proof
    await stage.challenge({ challengeData: { otp: true } }, person.session);
    const fresh = stage.lastCode(stage.sms);
    if (fresh !== signIn) expect(slug(await stage.logIn(person, { otp: fresh }))).toBe('code_rejected'); // as a login
    const other = await withPhone();
    await challengeByPassword(other);
    const third = await challengeByPassword(person);
    if (third !== stage.sms.messages.at(-2)?.text.slice(0, 6))
      expect(slug(await stage.logIn(other, { otp: third }))).toBe('code_rejected');

    const fourth = await stage.signUp();
    await stage.challenge({ challengeData: { otp: { phone: '+15557770004' } } }, fourth.session);
    const code = stage.lastCode(stage.sms);
    expect(slug(await stage.save(fourth, { otp: { phone: '+15557770005', code } }))).toBe('code_rejected');
    expect((await stage.save(fourth, { otp: { phone: '+1 555 777 0004', code } })).status).toBe(200); // the same number
  });

  it('a record that was copied to another user or factor, cut or forged is refused', async () => {
    const [owner, thief] = [await stage.signUp(), await stage.signUp()];
    const secret = await stage.enrolTotp(owner);
    await stage.enrolTotp(thief);
    await storeFactors(stage, thief, await storedFactors(stage, owner));
    expect((await stage.logIn(thief, { totp: stage.totp(secret) })).body).toMatchObject({
      code: 1,
      error: expect.stringMatching(/^unavailable: /),
    });
    expect((await stage.logIn(thief)).body['error']).toContain('Missing additional authData totp');
    const set = async (record: unknown): Promise<void> => {
      await storeFactors(stage, thief, { totp: record });
    };
    for (const record of [
      { sealed: '1.test.AAAA' },
      { sealed: 'x' },
      { sealed: 5 },
      {},
      'text',
      [],
      { secret: 'JBSWY3DPEHPK3PXP' },
    ]) {
      await set(record);
      const answer = await stage.logIn(thief, { totp: stage.totp(secret) });
      expect([record, answer.body['code'], answer.body['sessionToken']]).toEqual([record, 1, undefined]);
    }
  });
});
