// @compat-full
import { randomUUID } from 'node:crypto';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { countStatements } from '@parse-factors/test-server/count-statements';
import { sqlOf } from '@parse-factors/test-server/database/postgres-rows';
import { openDatabase } from '@parse-factors/test-server/parse-database';
import type { TestServer } from '@parse-factors/test-server/parse-server';
import { TestPostgres } from '@parse-factors/test-server/postgres';
import { NEVER, UNLIMITED, type ParseDatabase } from '../src/doors/store.js';
import { FACTOR_STATE_CLASS, ParseOtpStore } from '../src/index.js';
import { LIMITS, SENDS } from './store-limits.js';
import { fakeClock, storeSuite } from '../../testing/src/index.js';

describe('ParseOtpStore on Postgres', () => {
  const clock = fakeClock();
  const postgres = new TestPostgres();
  let server: TestServer;
  let database: ParseDatabase;
  let store: ParseOtpStore;
  beforeAll(async () => {
    await postgres.start();
    ({ server, database } = await openDatabase<ParseDatabase>(postgres.uri));
    store = new ParseOtpStore(database, { clock });
  });
  afterAll(async () => {
    await server.stop();
    await postgres.remove();
  });
  const sql = (): ReturnType<typeof sqlOf> => sqlOf(server);
  const outage = async (): Promise<() => Promise<void>> => {
    await postgres.crash();
    return () => postgres.start();
  };

  it('makes its class on first use, when twenty ask at once, and closes it to everybody', async () => {
    const results = await Promise.all(Array.from({ length: 20 }, () => store.claim('first use', clock() + 1)));
    expect(results.filter(Boolean)).toHaveLength(1);
    const read = await server.call('GET', `/classes/${FACTOR_STATE_CLASS}`);
    expect(read.body['error']).toMatch(/permission denied/i);
    const write = await server.call('POST', `/classes/${FACTOR_STATE_CLASS}`, { digest: 'x' });
    expect(write.body['error']).toMatch(/permission denied/i);
    const person = await server.signUp();
    expect((await server.call('GET', `/classes/${FACTOR_STATE_CLASS}`, undefined, person.session)).body['error']).toMatch(
      /permission denied/i,
    );
  });

  it('takes the statements of the documented table', async () => {
    const [a, b, c, d] = [randomUUID(), randomUUID(), randomUUID(), randomUUID()];
    const code = { digest: 'x', expiresAt: clock() + 60_000 };
    const counted = {
      'issue, first': await countStatements(() => store.issue(a, code, SENDS)),
      issue: await countStatements(() => store.issue(a, code, { ...SENDS, cooldownMs: 0 })),
      attempt: await countStatements(() => store.attempt(a, LIMITS)),
      guess: await countStatements(async () => store.guess(a, 5)),
      consume: await countStatements(() => store.consume(a, 'x')),
      advance: await countStatements(() => store.advance(a, 1)),
      'attempt, first': await countStatements(() => store.attempt(b, LIMITS)),
      redeem: await countStatements(() => store.redeem(b, ['y'], LIMITS)),
      claim: await countStatements(() => store.claim(c, clock() + 1)),
      'claim, refused': await countStatements(() => store.claim(c, clock() + 1)),
      'count, first': await countStatements(() => store.count(d, { limit: 5, windowMs: 1000 })),
      count: await countStatements(() => store.count(d, { limit: 5, windowMs: 1000 })),
      forget: await countStatements(() => store.forget(a)),
    };
    expect(counted).toEqual({
      'issue, first': 1,
      issue: 1,
      attempt: 1,
      guess: 1,
      consume: 1,
      advance: 1,
      'attempt, first': 1,
      redeem: 1,
      claim: 1,
      'claim, refused': 1,
      'count, first': 1,
      count: 1,
      forget: 1,
    });
  });

  it('keeps texts as they are, whatever SQL they look like', async () => {
    const [name, digest] = ['\'; drop table "FactorState"; --', "$1 ' \\ {1} é"];
    await store.issue(name, { digest, expiresAt: clock() + 60_000 }, { cooldownMs: 0, quotas: [] });
    expect(await store.guess(name, 5)).toBe(digest);
    expect(await store.consume(name, digest)).toBe(true);
  });

  it('goes on where a pooler gives each statement another connection, which knows no prepared one', async () => {
    const { $pool: pool } = Reflect.get(database.adapter, '_client') as { $pool: { query(sql: string): Promise<unknown> } };
    const name = randomUUID();
    await store.attempt(name, LIMITS);
    await pool.query('deallocate all');
    expect(await countStatements(() => store.attempt(name, LIMITS))).toBe(2); // the prepared one has failed
    expect(await countStatements(() => store.attempt(name, LIMITS))).toBe(1);
    expect((await sql().query(`select "attempts" from "FactorState" where "objectId" = $1`, [name])).rows).toEqual([
      { attempts: 3 },
    ]);
  });

  it('fills a column that was deleted meanwhile, so that failures are counted', async () => {
    const name = randomUUID();
    const limits = { ...LIMITS, maxAttempts: 50, maxFailures: 3 };
    await store.attempt(name, limits);
    await sql().query(`alter table "FactorState" drop column "failures"`);
    const schema = `update "_SCHEMA" set "schema" = "schema"::jsonb #- '{fields,failures}' where "className" = 'FactorState'`;
    await sql().query(schema);
    for (let attempt = 0; attempt < 3; attempt += 1) await store.attempt(name, limits);
    expect(await store.attempt(name, limits)).toMatchObject({ locked: true });
  });

  it('rejects in time when the database hangs', async () => {
    const name = randomUUID();
    const hasty = new ParseOtpStore(database, { clock, timeoutMs: 100 });
    await hasty.attempt(name, LIMITS);
    await sql().query('begin');
    await sql().query(`select 1 from "FactorState" where "objectId" = $1 for update`, [name]);
    await expect(hasty.attempt(name, LIMITS)).rejects.toMatchObject({ code: 'unavailable', cause: { name: 'CommandTimeout' } });
    await sql().query('rollback');
    expect(await hasty.attempt(name, LIMITS)).toMatchObject({ locked: false });
  });

  it('keeps what never dies, whatever is pruned and however wrong the clock was', async () => {
    const [name, year] = [randomUUID(), 365 * 24 * 3_600_000];
    const limits = { cooldownMs: 0, quotas: [] };
    await store.issue(name, { digest: 'x', expiresAt: NEVER }, limits);
    const read = async (): Promise<string | undefined> => {
      const attempt = await store.attempt(name, UNLIMITED);
      return attempt.locked ? undefined : attempt.digest;
    };
    expect(await read()).toBe('x');
    clock.advance(year);
    while ((await store.prune(clock(), 100)) > 0);
    expect(await read()).toBe('x');
    clock.advance(-2 * year);
    expect(await read()).toBe('x');
    clock.advance(year);
  });

  storeSuite({ describe, it }, { open: (now) => new ParseOtpStore(database, { clock: now }), outage });

  it.each([0, 9, 30_001, Number.NaN, Number.POSITIVE_INFINITY, '5000'])('refuses a timeout of %s', (timeoutMs) => {
    expect(() => new ParseOtpStore(database, { timeoutMs: timeoutMs as number })).toThrow(/timeoutMs/);
  });

  it('rejects as unavailable, never as absent, when the database does not answer', async () => {
    const broken = new (class {
      readonly adapter = {};
      async loadSchema(): Promise<never> {
        throw new Error('connection to 10.0.0.7 refused');
      }
    })() as unknown as ParseDatabase;
    const closed = new ParseOtpStore(broken);
    await expect(closed.consume('s', 'd')).rejects.toMatchObject({ code: 'unavailable' });
    await expect(closed.attempt('s', { maxAttempts: 1, maxFailures: 1, lockMs: 1, maxLockMs: 1 })).rejects.toMatchObject({
      code: 'unavailable',
    });
    await expect(closed.claim('s', 1)).rejects.not.toThrow(/10\.0\.0\.7/);
  });
});
