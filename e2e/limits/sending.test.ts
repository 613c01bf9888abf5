import { afterAll, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import type { Answer, Person } from '@parse-factors/test-server/parse-server';
import { slug, startStage, type Stage } from '../support/harness.js';
import { DAY, MINUTE } from '../support/time.js';

let stage: Stage;
beforeAll(async () => {
  stage = await startStage();
});
afterAll(() => stage.stop());
beforeEach(() => {
  stage.time.now += 2 * DAY;
  stage.sms.messages.length = 0;
});

const at = (time: number): string => new Date(time).toISOString();
const ask = (person: Person, phone: string): Promise<Answer> =>
  stage.challenge({ challengeData: { otp: { phone } } }, person.session);
const askByPassword = ({ username, password }: Person): Promise<Answer> =>
  stage.challenge({ username, password, challengeData: { otp: true } });
const refusedUntil = (time: number): object => ({
  code: 155,
  error: `cooldown: Too many requests. Please retry after ${at(time)}`,
});

describe('sending', () => {
  it('20 parallel asks send one message, by password, by session, and in a batch', async () => {
    const person = await stage.signUp();
    await Promise.all(Array.from({ length: 20 }, () => ask(person, '+15551110001')));
    expect(stage.sms.messages).toHaveLength(1);
    await stage.save(person, { otp: { phone: '+15551110001', code: stage.lastCode(stage.sms) } });
    const answers = await Promise.all(Array.from({ length: 20 }, () => askByPassword(person)));
    expect(answers.filter(({ status }) => status === 200)).toHaveLength(1);
    expect(stage.sms.messages).toHaveLength(2);
    stage.time.now += MINUTE;
    const { username, password } = person;
    const request = { method: 'POST', path: '/parse/challenge', body: { username, password, challengeData: { otp: true } } };
    await stage.call('POST', '/batch', { requests: Array.from({ length: 10 }, () => request) });
    expect(stage.sms.messages).toHaveLength(3);
  });

  it('an ask within the cooldown learns when to ask again, and the code sent before still works', async () => {
    const person = await stage.signUp();
    await stage.enrolPhone(person, '+15551110002');
    const start = stage.time.now;
    expect((await askByPassword(person)).status).toBe(200);
    const code = stage.lastCode(stage.sms);
    stage.time.now = start + MINUTE - 1;
    expect((await askByPassword(person)).body).toEqual(refusedUntil(start + MINUTE));
    expect((await stage.logIn(person, { otp: code })).status).toBe(200);
    // A right code does not lift the cooldown.
    expect(slug(await askByPassword(person))).toBe('cooldown');
  });

  it('one user is sent at most five messages in ten minutes and ten in a day', async () => {
    const person = await stage.signUp();
    await stage.enrolPhone(person, '+15551110003');
    stage.time.now += 10 * MINUTE;
    const start = stage.time.now;
    for (let message = 0; message < 5; message += 1, stage.time.now += MINUTE)
      expect((await askByPassword(person)).status).toBe(200);
    expect((await askByPassword(person)).body).toEqual(refusedUntil(start + 10 * MINUTE));
    stage.time.now = start + 10 * MINUTE;
    for (let message = 0; message < 5; message += 1, stage.time.now += MINUTE)
      expect((await askByPassword(person)).status).toBe(200);
    stage.time.now = start + 30 * MINUTE;
    expect((await askByPassword(person)).body).toEqual(refusedUntil(start + DAY));
    stage.time.now = start + DAY;
    expect((await askByPassword(person)).status).toBe(200);
  });

  it("an address has one limit for all users who ask to add it, and its owner's sign-in messages are not touched", async () => {
    const owner = await stage.signUp();
    const phone = '+15551110004';
    await stage.enrolPhone(owner, phone);
    stage.time.now += 10 * MINUTE;
    stage.sms.messages.length = 0;
    const answers: Answer[] = [];
    for (let stranger = 0; stranger < 8; stranger += 1) answers.push(await ask(await stage.signUp(), phone));
    expect(answers.filter(({ status }) => status === 200)).toHaveLength(5);
    expect(slug(answers.at(-1) ?? { status: 0, body: {} })).toBe('cooldown');
    expect(stage.sms.messages).toHaveLength(5);
    expect((await askByPassword(owner)).status).toBe(200);
    expect((await stage.logIn(owner, { otp: stage.lastCode(stage.sms) })).status).toBe(200);
  });

  it('a limit that holds a message back leaves no live code', async () => {
    const phone = '+15551110005';
    const people = await Promise.all(Array.from({ length: 6 }, () => stage.signUp()));
    for (const person of people) await ask(person, phone);
    const last = people.at(-1);
    if (last === undefined) throw new Error('no user');
    const answer = await stage.save(last, { otp: { phone, code: stage.lastCode(stage.sms) } });
    expect(slug(answer)).toBe('code_expired');
  });

  it("a shared limit that holds a user's message back takes nothing from that user's own limit", async () => {
    const person = await stage.signUp();
    await stage.enrolPhone(person, '+15551110006');
    stage.time.now += MINUTE;
    expect((await askByPassword(person)).status).toBe(200);
    const code = stage.lastCode(stage.sms);
    for (let neighbour = 0; neighbour < 20; neighbour += 1)
      await ask(await stage.signUp(), `+1555333${String(1000 + neighbour)}`);
    stage.time.now += MINUTE;
    for (let again = 0; again < 12; again += 1) expect(slug(await askByPassword(person))).toBe('cooldown');
    expect((await stage.logIn(person, { otp: code })).status).toBe(200); // the code sent before lives
    stage.time.now += 10 * MINUTE;
    for (let message = 0; message < 5; message += 1, stage.time.now += MINUTE)
      expect((await askByPassword(person)).status).toBe(200);
  });

  it('one IP address causes at most 20 messages in ten minutes', async () => {
    const start = stage.time.now;
    const people = await Promise.all(Array.from({ length: 22 }, () => stage.signUp()));
    const answers: Answer[] = [];
    for (const [index, person] of people.entries()) answers.push(await ask(person, `+1555222${String(1000 + index)}`));
    expect(answers.filter(({ status }) => status === 200)).toHaveLength(20);
    expect(answers.at(-1)?.body).toEqual(refusedUntil(start + 10 * MINUTE));
    expect(stage.sms.messages).toHaveLength(20);
  });
});
