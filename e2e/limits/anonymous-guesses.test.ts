import { randomUUID } from 'node:crypto';
import { MemoryOtpStore } from '@parse-factors/core';
import type { OtpStore } from '@parse-factors/core/store';
import { initializeOtpAdapter } from '@parse-factors/email-otp';
import { FieldsFactor } from '@parse-factors/fields';
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, inject, it } from 'vitest';
import { hasRedis } from '@parse-factors/test-server/redis';
import { startParseServer, type Answer } from '@parse-factors/test-server/parse-server';
import { slug, startStage, type Stage } from '../support/harness.js';
import { ORIGIN, PasskeyUser, startPasskeyStage } from '../support/passkey-stage.js';
import { startRedisStage } from '../support/redis-stage.js';
import { SoftAuthenticator } from '../support/soft-authenticator.js';
import { HOUR, MINUTE } from '../support/time.js';
import { countRows } from '../support/rows.js';

const newAddress = (): string => `${randomUUID()}@example.com`;
const wrongFor = (code: string): string => (code === '000000' ? '000001' : '000000');
const from = (ip: string): Record<string, string> => ({ 'X-Forwarded-For': ip });
const all = <Result>(times: number, work: (index: number) => Promise<Result>): Promise<Result[]> =>
  Promise.all(Array.from({ length: times }, (_, index) => work(index)));

let stage: Stage;
const ask = (email: string, headers?: Record<string, string>): Promise<Answer> =>
  stage.challenge({ challengeData: { emailLogin: { email } } }, headers);
const signIn = (id: string, code: string, headers?: Record<string, string>): Promise<Answer> =>
  stage.call('POST', '/users', { authData: { emailLogin: { id, code } } }, headers);
async function codeFor(email: string, headers?: Record<string, string>): Promise<string> {
  stage.time.now += MINUTE;
  expect((await ask(email, headers)).status).toBe(200);
  expect(stage.mail.messages.at(-1)?.to).toBe(email);
  return stage.lastCode(stage.mail);
}
const rows = (): Promise<number> => countRows(stage, 'FactorState');

const refusals = (): Promise<number> => countRows(stage, 'FactorEvent', { type: 'rejected' });

describe('guesses of strangers at addresses', () => {
  beforeAll(async () => {
    stage = await startStage({
      server: { trustProxy: true },
      compose: { maxAttemptsPerIp: 100_000, eventLog: true },
      emailLogin: { maxSendsPerIp: 100_000 },
      phoneLogin: { maxSendsPerIp: 100_000 },
    });
    await codeFor(newAddress()); // makes the classes
    await signIn(newAddress(), '123456');
  });
  afterAll(() => stage.stop());
  beforeEach(() => {
    stage.time.now += 25 * HOUR;
    stage.events.length = 0;
  });

  it('guesses at addresses and numbers leave no row, one by one or in a batch', async () => {
    await signIn(newAddress(), '123456'); // the one row of the network
    const before = [await rows(), await refusals()];
    const answers = await all(200, (index) => signIn(newAddress(), String(100_000 + index)));
    expect(new Set(answers.map((answer) => JSON.stringify(answer))).size).toBe(1);
    expect(slug(answers[0] ?? { status: 0, body: {} })).toBe('code_rejected');
    const requests = Array.from({ length: 500 }, () => ({
      method: 'POST',
      path: '/parse/users',
      body: { authData: { emailLogin: { id: newAddress(), code: '123456' } } },
    }));
    const batch = (await stage.call('POST', '/batch', { requests })).body as unknown as unknown[];
    expect(new Set(batch.map((one) => JSON.stringify(one))).size).toBe(1);
    for (let index = 0; index < 30; index += 1) {
      const id = `+1555${String(2_000_000 + index)}`;
      const answer = await stage.call('POST', '/users', { authData: { phoneLogin: { id, code: '123456' } } });
      expect(slug(answer)).toBe('code_rejected');
    }
    expect([await rows(), await refusals()]).toEqual(before);
    // The application's listener hears of them all the same.
    expect(stage.events.filter(({ type }) => type === 'rejected').length).toBeGreaterThanOrEqual(280);
  });

  it('80 guesses keep no owner out, before a code is asked for or while one is live', async () => {
    const email = newAddress();
    for (let guess = 0; guess < 80; guess += 1) expect(slug(await signIn(email, '123456'))).toBe('code_rejected');
    expect((await signIn(email, await codeFor(email))).status).toBe(201);
    const code = await codeFor(email);
    for (let guess = 0; guess < 80; guess += 1) expect(slug(await signIn(email, wrongFor(code)))).toBe('code_rejected');
    expect((await signIn(email, await codeFor(email))).status).toBe(200);
  });

  it('guesses count towards the live code alone, even 200 at once', async () => {
    for (const known of [true, false]) {
      const email = newAddress();
      if (known) expect((await signIn(email, await codeFor(email))).status).toBe(201);
      const code = await codeFor(email);
      stage.events.length = 0;
      const logged = await refusals();
      const answers = await all(200, () => signIn(email, wrongFor(code)));
      expect(new Set(answers.map((answer) => JSON.stringify(answer))).size).toBe(1);
      expect(stage.events.filter(({ type }) => type === 'rejected')).toHaveLength(200);
      expect(stage.events.filter(({ type }) => type === 'locked')).toEqual([]);
      await expect.poll(refusals).toBe(logged + 5);
      expect(slug(await signIn(email, code))).toBe('code_rejected');
      expect((await signIn(email, await codeFor(email))).status).toBe(known ? 200 : 201);
    }
  });

  it('a code keeps four of five attempts after one wrong answer, and none after five', async () => {
    const email = newAddress();
    const code = await codeFor(email);
    for (let guess = 0; guess < 4; guess += 1) await signIn(email, wrongFor(code));
    expect((await signIn(email, code)).status).toBe(201);
    expect(slug(await signIn(email, code))).toBe('code_rejected');
  });

  it('a guessed-at address cannot be told from another: both say cooldown within the minute, and are sent a code after it', async () => {
    const [guessedAt, other] = [newAddress(), newAddress()];
    for (const email of [guessedAt, other]) expect((await ask(email)).status).toBe(200);
    for (let guess = 0; guess < 12; guess += 1) await signIn(guessedAt, '123456');
    const bodies = async (): Promise<string[]> =>
      [await ask(guessedAt), await ask(other)].map(({ status, body }) =>
        JSON.stringify([status, body])
          .replaceAll(guessedAt, 'x')
          .replaceAll(other, 'x')
          .replaceAll(/"destination":".•••/g, ''),
      );
    for (const [wait, slugOfBoth] of [
      [0, 'cooldown'],
      [MINUTE, 'sent'],
      [0, 'cooldown'],
    ] as const) {
      stage.time.now += wait;
      const [one, two] = await bodies();
      expect(one).toContain(slugOfBoth);
      expect(one).toBe(two);
    }
  });

  it('a lock that an earlier version has set is gone: the owner asks, is sent a code, and signs in', async () => {
    const email = newAddress();
    await codeFor(email);
    const lock = { lockedUntil: stage.time.now + 20 * HOUR, locks: 7 };
    const withCode = (await stage.rows.find('FactorState')).filter(({ digest }) => Boolean(digest));
    for (const { objectId } of withCode) await stage.rows.update('FactorState', { objectId: String(objectId) }, lock);
    expect((await signIn(email, await codeFor(email))).status).toBe(201);
  });

  it('a guess costs as many statements as a guess at a live code', async () => {
    const { countStatements } = await import('@parse-factors/test-server/count-statements');
    const [email, unknown] = [newAddress(), newAddress()];
    const code = await codeFor(email);
    const dead = await countStatements(() => signIn(unknown, wrongFor(code)));
    expect(await countStatements(() => signIn(email, wrongFor(code)))).toBe(dead);
  });
});

describe('a network with too many wrong answers', () => {
  afterEach(() => stage.stop());

  it('a network with too many wrong answers is refused every sign-in without a proven user, and no other network is', async () => {
    const member = new FieldsFactor({ find: 'memberNumber', match: ['pin'] });
    stage = await startPasskeyStage(
      {},
      { server: { trustProxy: true }, compose: { eventLog: true }, emailLogin: { maxSendsPerIp: 1000 }, more: { member } },
    );
    const owner = await stage.signUp({ memberNumber: 'm-1', pin: '1234' });
    const secret = await stage.enrolTotp(owner);
    const user = new PasskeyUser(stage, await stage.signUp());
    const authenticator = await user.add();
    const here = from('203.0.113.7');
    const email = newAddress();
    const code = await codeFor(email);
    const passkey = async (own: SoftAuthenticator, id = own.handle): Promise<Answer> => {
      const credential = own.get(await user.beginAlone());
      return stage.call('POST', '/users', { authData: { passkey: { id, credential } } }, here);
    };
    const fields = (pin: string, headers = here, totp = stage.totp(secret)): Promise<Answer> =>
      stage.call('POST', '/users', { authData: { member: { memberNumber: 'm-1', pin }, totp } }, headers);
    const stranger = new SoftAuthenticator(ORIGIN);
    stranger.create(await user.begin({ purpose: 'enrolment' }));

    const logged = await refusals();
    const parallel = await all(150, (index) => signIn(newAddress(), String(100_000 + index), here));
    expect(parallel.filter((answer) => slug(answer) === 'code_rejected')).toHaveLength(100);
    const refused = {
      code: 155,
      error: `cooldown: Too many attempts from this network. Please retry after ${new Date(stage.time.now + 10 * MINUTE).toISOString()}`,
    };
    const answers = [
      parallel.find((answer) => slug(answer) === 'cooldown'),
      await signIn(email, code, here),
      await signIn(newAddress(), code, here),
      await passkey(authenticator),
      await passkey(stranger),
      await passkey(stranger, authenticator.handle),
      await fields('1234'),
      await fields('9999'),
    ];
    for (const answer of answers) expect(answer?.body).toEqual(refused);
    expect(await refusals()).toBe(logged);

    // Elsewhere, and here with a password, nothing has happened.
    expect((await signIn(email, code, from('203.0.113.8'))).status).toBe(201);
    const { username, password } = owner;
    const byPassword = { username, password, authData: { totp: stage.totp(secret) } };
    expect((await stage.call('POST', '/login', byPassword, here)).status).toBe(200);
    stage.time.now += 10 * MINUTE;
    expect((await passkey(authenticator)).body).toMatchObject({ objectId: user.person.id });
    expect((await fields('1234')).status).toBe(200);
  });

  it('a limited network is one /64 in IPv6, and only wrong answers count towards it', async () => {
    stage = await startStage({
      server: { trustProxy: true },
      compose: { maxAttemptsPerIp: 5 },
      emailLogin: { maxSendsPerIp: 1000 },
    });
    const email = newAddress();
    for (let round = 0; round < 8; round += 1) {
      stage.time.now += 10 * MINUTE;
      expect((await signIn(email, await codeFor(email), from('2001:db8::1'))).status).toBeLessThan(300);
      for (const bad of ['1', 'abcdef', '1234567'])
        expect(slug(await signIn(email, bad, from('2001:db8::1')))).toBe('invalid_input');
    }
    const code = await codeFor(email);
    for (let guess = 0; guess < 5; guess += 1)
      expect(slug(await signIn(newAddress(), '123456', from(`2001:db8::${guess + 2}`)))).toBe('code_rejected');
    expect(slug(await signIn(email, code, from('2001:db8::ffff')))).toBe('cooldown');
    expect((await signIn(email, code, from('2001:db8:0:1::1'))).status).toBe(200);
  });

  it('the count of a network does not tell that fields were right before the whole login was', async () => {
    const member = new FieldsFactor({ find: 'memberNumber', match: ['pin'] });
    stage = await startStage({ compose: { maxAttemptsPerIp: 4 }, more: { member } });
    const owner = await stage.signUp({ memberNumber: 'm-1', pin: '1234' });
    const secret = await stage.enrolTotp(owner);
    const log = (pin: string, totp: string): Promise<Answer> =>
      stage.call('POST', '/users', { authData: { member: { memberNumber: 'm-1', pin }, totp } });
    for (const pin of ['1234', '9999']) {
      stage.time.now += 11 * MINUTE;
      const totp = stage.totp(secret) === '000000' ? '000001' : '000000';
      const slugs = [];
      for (let guess = 0; guess < 6; guess += 1) slugs.push(slug(await log(pin, totp)));
      expect(slugs).toEqual([...Array(4).fill('code_rejected'), 'cooldown', 'cooldown']);
    }
    for (let logins = 0; logins < 6; logins += 1) {
      stage.time.now += 2 * MINUTE;
      if (logins === 0) stage.time.now += 15 * MINUTE;
      expect((await log('1234', stage.totp(secret))).status).toBe(200);
    }
  });

  it('the drop-in is limited by network too, and guesses at addresses leave no row in it', async () => {
    const sent: string[] = [];
    const sendEmail = async (_email: string, otp: string): Promise<void> => void sent.push(otp);
    const otp = initializeOtpAdapter({ otpValidityInMs: 300_000, maxAttempts: 3, sendEmail });
    const server = await startParseServer(inject('database'), { auth: { otp } });
    stage = server as Stage;
    const use = (id: string, code: string): Promise<Answer> =>
      server.call('POST', '/users', { authData: { otp: { id, otp: code } } });
    const email = newAddress();
    await server.call('POST', '/challenge', { challengeData: { otp: { email } } });
    await use(newAddress(), '123456');
    const before = await rows();
    const answers = await all(120, () => use(newAddress(), '123456'));
    expect(answers.filter((answer) => slug(answer) === 'code_rejected')).toHaveLength(99);
    expect(slug(await use(email, sent.at(-1) ?? ''))).toBe('cooldown');
    expect(await rows()).toBe(before);
  });
});

describe.skipIf(!hasRedis())('guesses of strangers where codes are kept in Redis', () => {
  it('guesses leave no key in Redis, keep no owner out, and make a live code void after its attempts', async () => {
    const kept = await startRedisStage(2000);
    ({ stage } = kept);
    try {
      const email = newAddress();
      await signIn(newAddress(), '123456');
      const before = await kept.client.dbSize();
      await all(90, () => signIn(newAddress(), '123456'));
      expect(await kept.client.dbSize()).toBe(before);
      stage.time.now += 11 * MINUTE;
      for (let guess = 0; guess < 80; guess += 1) await signIn(email, '123456');
      expect((await signIn(email, await codeFor(email))).status).toBe(201);
      stage.time.now += 11 * MINUTE;
      const code = await codeFor(email);
      await all(50, () => signIn(email, wrongFor(code)));
      expect(slug(await signIn(email, code))).toBe('code_rejected');
      expect((await signIn(email, await codeFor(email))).status).toBe(200);
    } finally {
      await kept.stop();
    }
  });
});

describe('a store of the application that does not know the verb for such guesses', () => {
  afterEach(() => stage.stop());

  it('a store without the verb for anonymous guesses limits the attempts as well, and locks no account', async () => {
    const memory = new MemoryOtpStore({ clock: () => stage.time.now });
    const store = new Proxy<OtpStore>(memory, {
      get(_target, verb: keyof MemoryOtpStore) {
        const own: unknown = memory[verb];
        return verb === 'guess' || typeof own !== 'function' ? undefined : own.bind(memory);
      },
    });
    stage = await startStage({ compose: { store, maxAttemptsPerIp: 1000 } });
    const email = newAddress();
    for (let guess = 0; guess < 80; guess += 1) await signIn(email, '123456');
    expect((await signIn(email, await codeFor(email))).status).toBe(201);
    const code = await codeFor(email);
    await all(50, () => signIn(email, wrongFor(code)));
    expect(slug(await signIn(email, code))).toBe('code_rejected');
    expect((await signIn(email, await codeFor(email))).status).toBe(200);
  });
});
