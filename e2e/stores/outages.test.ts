import pg from 'pg';
import { afterAll, beforeAll, beforeEach, describe, expect, inject, it, vi } from 'vitest';
import { createDatabase, onPostgres } from '@parse-factors/test-server/database/test-database';
import type { Answer, Person } from '@parse-factors/test-server/parse-server';
import { TestPostgres } from '@parse-factors/test-server/postgres';
import { hasRedis } from '@parse-factors/test-server/redis';
import { slug, startStage, type Stage } from '../support/harness.js';
import { startRedisStage, type RedisStage } from '../support/redis-stage.js';
import { startStageOn } from '../support/stage.js';
import { DAY, MINUTE } from '../support/time.js';

let phones = 0;

/** A user whose phone has just received a login code. */
async function challenged(stage: Stage): Promise<{ person: Person; otp: string }> {
  const person = await stage.signUp();
  await stage.enrolPhone(person, `+1555666${String((phones += 1)).padStart(4, '0')}`);
  stage.time.now += MINUTE;
  return { person, otp: await askAgain(stage, person) };
}

async function askAgain(stage: Stage, { username, password }: Person): Promise<string> {
  const { status, body } = await stage.challenge({ username, password, challengeData: { otp: true } });
  if (status !== 200) throw new Error(JSON.stringify(body));
  return stage.lastCode(stage.sms);
}

/** Resolves once so many statements wait for a lock. In a transaction Postgres would show the same activity again and again. */
async function areWaiting(databaseUri: string, statements: number): Promise<void> {
  const sql = new pg.Client({ connectionString: databaseUri });
  await sql.connect();
  const waiting = `select 1 from pg_stat_activity where wait_event_type = 'Lock' and datname = current_database()`;
  await vi.waitFor(async () => expect((await sql.query(waiting)).rowCount).toBe(statements), { timeout: 10_000 });
  await sql.end();
}

const isRefused = ({ status, body }: Answer): boolean => status >= 400 && body['sessionToken'] === undefined;

describe.runIf(onPostgres)('a database that is stopped', () => {
  const postgres = new TestPostgres();
  let stage: Stage;
  let uri: string;
  beforeAll(async () => {
    await postgres.start();
    uri = await createDatabase(postgres.uri);
    stage = await startStageOn('', { databaseUri: uri });
  });
  afterAll(async () => {
    await stage.stop();
    await postgres.remove();
  });
  beforeEach(() => {
    stage.time.now += DAY;
  });

  /** A connection of its own, as an outage ends those there were. */
  const withSql = async <Result>(work: (sql: pg.Client) => Promise<Result>): Promise<Result> => {
    const sql = new pg.Client({ connectionString: uri });
    sql.on('error', () => undefined);
    await sql.connect();
    return work(sql).finally(() => sql.end().catch(() => undefined));
  };
  const openSessions = ({ id }: Person): Promise<number> =>
    withSql(async (sql) => (await sql.query(`select 1 from "_Session" where "user" = $1`, [id])).rowCount ?? 0);

  /** Logs in while the statement that this locks out waits, and stops the database then. */
  const logInWhileWaiting = (person: Person, otp: string, lock: string): Promise<Answer> =>
    withSql(async (sql) => {
      await sql.query('begin');
      await sql.query(lock);
      const login = stage.logIn(person, { otp });
      await areWaiting(uri, 1);
      await postgres.crash();
      const answer = await login;
      await postgres.start();
      return answer;
    });

  it('a database that stops between challenge and login lets no user in, and the same code works afterwards', async () => {
    const { person, otp } = await challenged(stage);
    const before = await openSessions(person);
    await postgres.crash();
    for (let attempt = 0; attempt < 12; attempt += 1) expect(isRefused(await stage.logIn(person, { otp }))).toBe(true);
    await postgres.start();
    expect((await stage.logIn(person, { otp })).status).toBe(200);
    expect(await openSessions(person)).toBe(before + 1);
  });

  it('a database that stops while an attempt is counted lets no user in, and the same code works afterwards', async () => {
    const { person, otp } = await challenged(stage);
    const before = await openSessions(person);
    const answer = await logInWhileWaiting(person, otp, `lock table "FactorState" in share mode`);
    expect([isRefused(answer), slug(answer)]).toEqual([true, 'unavailable']);
    expect((await stage.logIn(person, { otp })).status).toBe(200);
    expect(await openSessions(person)).toBe(before + 1);
  });

  it('a database that stops after a code was spent opens no session, and the next code works', async () => {
    const { person, otp } = await challenged(stage);
    const before = await openSessions(person);
    expect(isRefused(await logInWhileWaiting(person, otp, `lock table "_Session" in share mode`))).toBe(true);
    expect(slug(await stage.logIn(person, { otp }))).toBe('code_expired');
    stage.time.now += MINUTE;
    expect((await stage.logIn(person, { otp: await askAgain(stage, person) })).status).toBe(200);
    expect(await openSessions(person)).toBe(before + 1);
  });

  it('a slow database makes a login wait, and counts it once', async () => {
    const { person, otp } = await challenged(stage);
    const answer = await withSql(async (sql) => {
      await sql.query('begin');
      await sql.query(`lock table "FactorState" in share mode`);
      const logins = [stage.logIn(person, { otp }), stage.logIn(person, { otp })];
      await areWaiting(uri, 2);
      await sql.query('rollback');
      return Promise.all(logins);
    });
    expect(answer.filter(({ status }) => status === 200)).toHaveLength(1);
  });
});

describe.skipIf(!hasRedis())('a Redis that keeps the codes', () => {
  let kept: RedisStage;
  let stage: Stage;
  beforeAll(async () => {
    kept = await startRedisStage(300);
    ({ stage } = kept);
  });
  afterAll(() => kept.stop());
  const isBack = (): Promise<unknown> => vi.waitFor(() => kept.client.ping(), { timeout: 10_000 });

  it('a Redis that hangs lets no user in and answers in time, and the next code works once it goes on', async () => {
    const { person, otp } = await challenged(stage);
    kept.redis.hang(true);
    const answers = await Promise.all(Array.from({ length: 5 }, () => stage.logIn(person, { otp })));
    expect(answers.map(slug)).toEqual(Array(5).fill('unavailable'));
    kept.redis.hang(false);
    await isBack();
    // The store has since run the commands it received, so a user who got no answer has used up the code.
    expect(isRefused(await stage.logIn(person, { otp }))).toBe(true);
    stage.time.now += MINUTE;
    expect((await stage.logIn(person, { otp: await askAgain(stage, person) })).status).toBe(200);
  });

  it('a Redis that restarts forgets codes, and locks no user out', async () => {
    const { person, otp } = await challenged(stage);
    await kept.redis.crash();
    expect(slug(await stage.logIn(person, { otp }))).toBe('unavailable');
    await kept.redis.start();
    await isBack();
    expect(slug(await stage.logIn(person, { otp }))).toBe('code_expired');
    expect((await stage.logIn(person, { otp: await askAgain(stage, person) })).status).toBe(200);
  });

  it.runIf(onPostgres)('a Redis that stops after a code was spent opens the session, and the code stays spent', async () => {
    const { person, otp } = await challenged(stage);
    const sql = new pg.Client({ connectionString: stage.databaseUri });
    await sql.connect();
    await sql.query('begin');
    await sql.query(`lock table "_Session" in share mode`);
    const login = stage.logIn(person, { otp });
    await areWaiting(stage.databaseUri, 1);
    await kept.redis.crash();
    await sql.query('rollback');
    await sql.end();
    expect((await login).status).toBe(200);
    await kept.redis.start();
    await isBack();
    expect(slug(await stage.logIn(person, { otp }))).toBe('code_expired');
  });
});

describe('clocks that differ', () => {
  let stage: Stage;
  beforeAll(async () => {
    stage = await startStage();
  });
  afterAll(() => stage.stop());
  beforeEach(() => {
    stage.time.now += DAY;
  });
  /** Does something on a server whose clock is so far ahead. */
  const ahead = async <Result>(milliseconds: number, work: () => Promise<Result>): Promise<Result> => {
    stage.time.now += milliseconds;
    return work().finally(() => {
      stage.time.now -= milliseconds;
    });
  };

  it('clocks that differ by 30 seconds between two servers change only how long a code lives', async () => {
    const { person, otp } = await challenged(stage);
    expect((await ahead(30_000, () => stage.logIn(person, { otp }))).status).toBe(200);
    expect(slug(await stage.logIn(person, { otp }))).toBe('code_expired');
    stage.time.now += 2 * MINUTE;
    const later = await ahead(30_000, () => askAgain(stage, person));
    expect((await stage.logIn(person, { otp: later })).status).toBe(200);
    expect(slug(await ahead(30_000, () => stage.logIn(person, { otp: later })))).toBe('code_expired');
    stage.time.now += 2 * MINUTE;
    const old = await askAgain(stage, person);
    stage.time.now += 4 * MINUTE + 30_000;
    expect(slug(await ahead(30_000, () => stage.logIn(person, { otp: old })))).toBe('code_expired');
  });

  it('clocks that differ by 30 seconds let each step of an authenticator in once, whichever server is asked', async () => {
    const person = await stage.signUp();
    const secret = await stage.enrolTotp(person);
    const code = stage.totp(secret);
    expect((await ahead(30_000, () => stage.logIn(person, { totp: code }))).status).toBe(200);
    expect(slug(await stage.logIn(person, { totp: code }))).toBe('code_rejected');
    stage.time.now += 30_000;
    expect((await stage.logIn(person, { totp: stage.totp(secret) })).status).toBe(200);
  });

  it('a clock that steps back ten minutes brings no code back, opens no lock, and locks no user out for longer', async () => {
    const { person, otp } = await challenged(stage);
    expect((await stage.logIn(person, { otp })).status).toBe(200);
    const locked = await stage.signUp();
    const secret = await stage.enrolTotp(locked);
    for (let guess = 0; guess < 11; guess += 1) await stage.logIn(locked, { totp: '000000' });
    const used = await stage.signUp();
    const usedSecret = await stage.enrolTotp(used);
    const step = stage.totp(usedSecret);
    expect((await stage.logIn(used, { totp: step })).status).toBe(200);
    stage.time.now -= 10 * MINUTE;
    expect(slug(await stage.logIn(person, { otp }))).toBe('code_expired');
    expect(slug(await stage.logIn(locked, { totp: stage.totp(secret) }))).toBe('locked');
    expect(slug(await stage.logIn(used, { totp: step }))).toBe('code_rejected');
    stage.time.now += 11 * MINUTE;
    expect((await stage.logIn(person, { otp: await askAgain(stage, person) })).status).toBe(200);
    expect((await stage.logIn(used, { totp: stage.totp(usedSecret) })).status).toBe(200);
    stage.time.now += 14 * MINUTE; // a quarter of an hour after it was locked, by the wrong clock too
    expect((await stage.logIn(locked, { totp: stage.totp(secret) })).status).toBe(200);
  });
});

describe('a channel or a listener that rejects late', () => {
  it('a channel or a listener that rejects late does no harm to what comes after it', async () => {
    const late: (() => void)[] = [];
    const rejectLate = (): Promise<void> =>
      new Promise((_resolve, reject) => {
        late.push(() => reject(new Error('much too late')));
      });
    let isBroken = false;
    const codes: string[] = [];
    const stage = await startStageOn(inject('database'), {
      sms: {
        channel: async ({ code }) => {
          codes.push(code);
          if (isBroken) await rejectLate();
        },
        deliveryTimeoutMs: 1000,
      },
      compose: { onEvent: () => rejectLate() },
    });
    const person = await stage.signUp();
    const { username, password } = person;
    await stage.challenge({ challengeData: { otp: { phone: '+15556669999' } } }, person.session);
    await stage.save(person, { otp: { phone: '+15556669999', code: codes.at(-1) } });
    stage.time.now += MINUTE;
    isBroken = true;
    expect(slug(await stage.challenge({ username, password, challengeData: { otp: true } }))).toBe('delivery_failed');
    isBroken = false;
    stage.time.now += MINUTE;
    await stage.challenge({ username, password, challengeData: { otp: true } });
    for (const reject of late) reject();
    await new Promise((resolve) => setImmediate(resolve));
    expect((await stage.logIn(person, { otp: codes.at(-1) })).status).toBe(200);
    await stage.stop();
  });
});
