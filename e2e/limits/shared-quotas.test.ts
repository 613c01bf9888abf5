import { afterEach, describe, expect, it } from 'vitest';
import type { Answer } from '@parse-factors/test-server/parse-server';
import { slug, startStage, type Stage } from '../support/harness.js';
import { MINUTE } from '../support/time.js';

let stage: Stage;
afterEach(() => stage.stop());

const ask = (email: string): Promise<Answer> => stage.challenge({ challengeData: { emailLogin: { email } } });
const sent = (answers: readonly Answer[]): number => answers.filter(({ status }) => status === 200).length;

describe('behind one IP address', () => {
  it('strangers behind an IP address have a limit of their own, and use up nothing of what signed-in users there may be sent', async () => {
    stage = await startStage();
    const people = [];
    for (let index = 0; index < 21; index += 1) {
      const person = await stage.signUp();
      stage.time.now += 10 * MINUTE;
      await stage.enrolPhone(person, `+1555111${String(1000 + index)}`);
      people.push(person);
    }
    stage.time.now += 10 * MINUTE;
    const strangers = [];
    for (let index = 0; index < 25; index += 1) strangers.push(await ask(`stranger${index}@example.com`));
    expect(sent(strangers)).toBe(20);
    const answers = [];
    for (const { username, password } of people)
      answers.push(await stage.challenge({ username, password, challengeData: { otp: true } }));
    expect(sent(answers)).toBe(20);
    expect(slug(answers.at(-1) ?? { status: 0, body: {} })).toBe('cooldown');
    // Nor the other way round: a window later, users first.
    stage.time.now += 10 * MINUTE;
    for (const { username, password } of people) await stage.challenge({ username, password, challengeData: { otp: true } });
    expect((await ask('another@example.com')).status).toBe(200);
  });
});

describe('the spellings of one mailbox', () => {
  const spellings = (count: number): string[] =>
    Array.from({ length: count }, (_, index) => [`victim+${index}@gmail.com`, `v.icti.m+${index}@googlemail.com`]).flat();

  it('the spellings of one mailbox share its limit, where a code alone signs in', async () => {
    stage = await startStage({ emailLogin: { maxSendsPerIp: 1000 } });
    const answers = [];
    for (const email of ['victim@gmail.com', ...spellings(20)]) answers.push(await ask(email));
    expect(sent(answers)).toBe(5);
    expect(answers.slice(5).every((answer) => slug(answer) === 'cooldown')).toBe(true);
    expect(stage.mail.messages).toHaveLength(5);
    expect((await ask('another@gmail.com')).status).toBe(200);
    // Ten in a day, in whatever spelling.
    for (let window = 0; window < 4; window += 1) {
      stage.time.now += 10 * MINUTE;
      for (const email of spellings(5)) await ask(email);
    }
    expect(stage.mail.messages).toHaveLength(11);
  });

  it('the spellings of one mailbox include sub-addresses at any domain', async () => {
    stage = await startStage({ emailLogin: { maxSendsPerIp: 1000 } });
    const answers = [];
    for (let index = 0; index < 20; index += 1) answers.push(await ask(`victim+${index}@acme.example`));
    expect(sent(answers)).toBe(5);
    expect((await ask('another@acme.example')).status).toBe(200);
  });

  it('20 users of one mailbox who ask at the same moment are sent five messages', async () => {
    stage = await startStage({ emailLogin: { maxSendsPerIp: 1000 } });
    expect(sent(await Promise.all(spellings(10).map(ask)))).toBe(5);
  });

  it('sessions that add spellings of one mailbox share its limit, and each spelling stays an address of its own', async () => {
    stage = await startStage({ mail: { maxSendsPerIp: 1000 } });
    const answers = [];
    for (const email of spellings(4)) {
      const { session } = await stage.signUp();
      answers.push(await stage.challenge({ challengeData: { email: { email } } }, session));
    }
    expect(sent(answers)).toBe(5);
    stage.time.now += 10 * MINUTE;
    const code = async (email: string): Promise<string> => {
      stage.time.now += MINUTE;
      expect((await ask(email)).status).toBe(200);
      return stage.lastCode(stage.mail);
    };
    const use = (id: string, answer: string): Promise<Answer> =>
      stage.call('POST', '/users', { authData: { emailLogin: { id, code: answer } } });
    const own = await use('victim@gmail.com', await code('victim@gmail.com'));
    const other = await use('victim+0@gmail.com', await code('victim+0@gmail.com'));
    expect([own.status, other.status]).toEqual([201, 201]);
    expect(own.body['objectId']).not.toBe(other.body['objectId']);
    expect((await use('victim@gmail.com', await code('victim+0@gmail.com'))).status).toBe(400);
  });

  it('the application can define the spellings of a mailbox by a rule, which must return a text', async () => {
    const mailboxOf = (address: string): string | undefined =>
      address.endsWith('@acme.example') ? 'postmaster@acme.example' : undefined;
    stage = await startStage({ emailLogin: { maxSendsPerIp: 1000, mailboxOf } });
    const answers = [];
    for (let index = 0; index < 8; index += 1) answers.push(await ask(`any${index}@acme.example`));
    expect(sent(answers)).toBe(5);
    for (let index = 0; index < 8; index += 1) expect((await ask(`victim+${index}@gmail.com`)).status).toBe(200);
    await stage.stop();
    stage = await startStage({ emailLogin: { mailboxOf: () => '' } });
    expect(slug(await ask('a@example.com'))).toBe('unavailable');
    expect(stage.mail.messages).toEqual([]);
  });
});
