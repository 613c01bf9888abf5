// @slow
import { generateKey } from '@parse-factors/core';
import { afterAll, beforeAll, describe, expect, inject, it } from 'vitest';
import { authenticatorCode } from '../support/authenticator-code.js';
import { createDatabase, openRows } from '@parse-factors/test-server/database/test-database';
import type { Answer, Body } from '@parse-factors/test-server/parse-server';
import { freePort } from '@parse-factors/test-server/postgres';
import { hasRedis, RedisServer } from '@parse-factors/test-server/redis';
import { ExampleProcesses, type ExampleRun } from '@parse-factors/test-server/example-process';
import { slug } from '../support/harness.js';
import { allStoredFactors, countSessions } from '../support/rows.js';

/** The example as a process of its own, spoken to over HTTP. */
class Example {
  readonly #examples: ExampleProcesses;
  readonly #env: Record<string, string>;
  #port = 0;
  #run: ExampleRun | undefined;

  constructor(examples: ExampleProcesses, env: Record<string, string>) {
    this.#examples = examples;
    this.#env = env;
  }

  async start(): Promise<void> {
    if (this.#port === 0) this.#port = await freePort();
    this.#run = this.#examples.start(this.#port, this.#env);
    await this.#run.until('Ctrl-C stops it.');
  }

  async kill(): Promise<void> {
    this.#run?.child.kill('SIGKILL');
    await this.#run?.ended;
  }

  get isAlive(): boolean {
    return this.#run?.child.exitCode === null && this.#run.child.signalCode === null;
  }

  async call(method: string, path: string, body?: object, session?: string): Promise<Answer> {
    const headers = { 'X-Parse-Application-Id': 'example', 'Content-Type': 'application/json' };
    const response = await fetch(`http://127.0.0.1:${this.#port}/parse${path}`, {
      method,
      headers: session === undefined ? headers : { ...headers, 'X-Parse-Session-Token': session },
      ...(body !== undefined && { body: JSON.stringify(body) }),
    });
    return { status: response.status, body: (await response.json()) as Body };
  }

  /** Issues a help code as an administrator. */
  async helpCode(userId: string): Promise<string> {
    const headers = { 'X-Parse-Application-Id': 'example', 'X-Parse-Master-Key': 'master', 'Content-Type': 'application/json' };
    const body = JSON.stringify({ userId });
    const response = await fetch(`http://127.0.0.1:${this.#port}/parse/functions/factorsHelpCode`, {
      method: 'POST',
      headers,
      body,
    });
    const { result } = (await response.json()) as { readonly result: { readonly code: string } };
    return result.code;
  }

  /** Asks for a code by mail, and reads it where the message would have gone. */
  async codeFor(email: string): Promise<string> {
    const asked = await this.call('POST', '/challenge', { challengeData: { emailLogin: { email } } });
    if (asked.status !== 200) throw new Error(JSON.stringify(asked.body));
    const response = await fetch(`http://127.0.0.1:${this.#port}/outbox.json`);
    const messages = (await response.json()) as { to: string; text: string }[];
    return /\d{6}/.exec(messages.findLast(({ to }) => to === email)?.text ?? '')?.[0] ?? '';
  }

  signIn(id: string, code: string): Promise<Answer> {
    return this.call('POST', '/users', { authData: { emailLogin: { id, code } } });
  }

  logIn(username: string, authData?: object): Promise<Answer> {
    return this.call('POST', '/login', { username, password: 'correct horse', ...(authData && { authData }) });
  }
}

const examples = new ExampleProcesses();
const redis = new RedisServer();
afterAll(async () => {
  examples.remove();
  await redis.remove();
});

const sessions = (answers: readonly Answer[]): number => answers.filter(({ status }) => status < 300).length;

describe.each(['the database', 'Redis'])('two servers that share the database, and keep their codes in %s', (kept) => {
  describe.skipIf(kept === 'Redis' && !hasRedis())('', () => {
    let database: string;
    let [one, other]: readonly [Example, Example] = [] as unknown as [Example, Example];
    beforeAll(async () => {
      if (kept === 'Redis') await redis.start();
      database = await createDatabase(inject('database'));
      const env = {
        DATABASE_URI: database,
        FACTOR_KEYS: generateKey('test'),
        MASTER_KEY: 'master',
        ...(kept === 'Redis' && { REDIS_URL: redis.url }),
      };
      [one, other] = [new Example(examples, env), new Example(examples, env)];
      await one.start();
      await other.start();
    }, 120_000);
    afterAll(async () => {
      for (const example of [one, other]) await example.kill();
    });

    it('two servers finish on one what was asked for on the other', async () => {
      const code = await one.codeFor('ann@example.com');
      expect((await other.signIn('ann@example.com', code)).status).toBe(201);
      expect(slug(await one.signIn('ann@example.com', code))).toBe('code_rejected');
      const again = await other.call('POST', '/challenge', { challengeData: { emailLogin: { email: 'ann@example.com' } } });
      expect(slug(again)).toBe('cooldown');
    });

    it('20 uses of one code on two servers open one session', async () => {
      const code = await one.codeFor('bob@example.com');
      const uses = Array.from({ length: 20 }, (_, use) => (use % 2 === 0 ? one : other).signIn('bob@example.com', code));
      expect(sessions(await Promise.all(uses))).toBe(1);
    });

    it('two servers look at no more guesses than one would', async () => {
      const code = await one.codeFor('eve@example.com');
      const wrong = String((Number(code) + 1) % 1_000_000).padStart(6, '0');
      await Promise.all(
        Array.from({ length: 10 }, (_, guess) => (guess % 2 === 0 ? one : other).signIn('eve@example.com', wrong)),
      );
      for (const example of [one, other]) expect(slug(await example.signIn('eve@example.com', code))).toBe('code_rejected');
    });

    it('two servers demand at once what was set up on the other, and accept each step once', async () => {
      const signUp = await one.call('POST', '/users', { username: 'dora', password: 'correct horse' });
      const session = String(signUp.body['sessionToken']);
      expect((await other.logIn('dora')).status).toBe(200); // both know her now
      const begun = await one.call('POST', '/challenge', { challengeData: { totp: true } }, session);
      const { secret } = begun.body['challengeData'].totp as { secret: string };
      const now = Date.now();
      const path = `/users/${String(signUp.body['objectId'])}`;
      expect((await other.call('PUT', path, { authData: { totp: authenticatorCode(secret, now) } }, session)).status).toBe(200);
      for (const example of [one, other]) expect((await example.logIn('dora')).body['error']).toContain('authData totp');
      const totp = authenticatorCode(secret, now + 30_000); // the step after the one that set it up
      const uses = Array.from({ length: 20 }, (_, use) => (use % 2 === 0 ? one : other).logIn('dora', { totp }));
      expect(sessions(await Promise.all(uses))).toBe(1);
    });

    it('20 uses of one help code on two servers open one session', async () => {
      const { body } = await one.call('POST', '/users', { username: 'hal', password: 'correct horse' });
      const [id, session] = [String(body['objectId']), String(body['sessionToken'])];
      const begun = await one.call('POST', '/challenge', { challengeData: { totp: true } }, session);
      const totp = authenticatorCode(String(begun.body['challengeData'].totp.secret), Date.now());
      expect((await other.call('PUT', `/users/${id}`, { authData: { totp } }, session)).status).toBe(200);
      const help = await one.helpCode(id);
      const uses = Array.from({ length: 20 }, (_, use) => (use % 2 === 0 ? one : other).logIn('hal', { help }));
      expect(sessions(await Promise.all(uses))).toBe(1);
    });

    it('two servers lose nothing when one is killed between the steps, and it serves again when it is back', async () => {
      const code = await one.codeFor('zoe@example.com');
      await one.kill();
      expect((await other.signIn('zoe@example.com', code)).status).toBe(201);
      const next = await other.codeFor('max@example.com');
      await one.start();
      expect((await one.signIn('max@example.com', next)).status).toBe(201);
      const signUp = await one.call('POST', '/users', { username: 'max', password: 'correct horse' });
      expect([signUp.status, (await one.logIn('dora')).status]).toEqual([201, 400]);
    }, 60_000);

    it('two servers open no session, and lock no user out, when one is killed in the middle of 30 logins', async () => {
      const code = await other.codeFor('kim@example.com');
      const uses = Array.from({ length: 30 }, () => one.signIn('kim@example.com', code).catch(() => undefined));
      await Promise.race(uses);
      await one.kill();
      await Promise.all(uses);
      await other.signIn('kim@example.com', code);
      const rows = await openRows(database);
      const users = Object.entries(await allStoredFactors({ rows }));
      const [kim = ''] = users.find(([, { emailLogin }]) => emailLogin?.['id'] === 'kim@example.com') ?? [];
      expect(await countSessions({ rows }, { id: kim })).toBeLessThanOrEqual(1);
      await rows.close();
      await one.start();
      const next = await one.codeFor('kit@example.com');
      expect((await other.signIn('kit@example.com', next)).status).toBe(201);
      expect([one.isAlive, other.isAlive]).toEqual([true, true]);
    }, 60_000);
  });
});
