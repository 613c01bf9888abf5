import { randomUUID } from 'node:crypto';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { countStatements } from '@parse-factors/test-server/count-statements';
import { openDatabase } from '@parse-factors/test-server/parse-database';
import type { TestServer } from '@parse-factors/test-server/parse-server';
import { TestPostgres } from '@parse-factors/test-server/postgres';
import type { ParseDatabase, ParseStorage } from '../src/doors/store.js';
import { ParseOtpStore } from '../src/index.js';
import { fakeClock, storeSuite } from '../../testing/src/index.js';

/** A storage adapter of the app's own around Parse Server's: it does not show the driver. */
const wrapped = (adapter: ParseStorage): ParseStorage =>
  new Proxy(adapter, {
    get: (target, name) => {
      if (name === '_client') return undefined;
      const value: unknown = Reflect.get(target, name);
      return typeof value === 'function' ? value.bind(target) : value;
    },
  });

describe('ParseOtpStore on another storage adapter', () => {
  const postgres = new TestPostgres();
  let server: TestServer;
  let database: ParseDatabase;
  beforeAll(async () => {
    await postgres.start();
    const opened = await openDatabase<ParseDatabase>(postgres.uri);
    ({ server } = opened);
    const adapter = wrapped(opened.database.adapter);
    database = new Proxy(opened.database, {
      get: (target, name) => (name === 'adapter' ? adapter : (Reflect.get(target, name) as unknown)),
    });
  });
  afterAll(async () => {
    await server.stop();
    await postgres.remove();
  });

  storeSuite({ describe, it }, { open: (clock) => new ParseOtpStore(database, { clock, timeoutMs: 30_000 }) });

  it('reads the row and writes it if it is unchanged: two statements a verb', async () => {
    const store = new ParseOtpStore(database, { clock: fakeClock() });
    expect(store.isNative).toBe(false);
    const name = randomUUID();
    expect(await countStatements(() => store.advance(name, 1))).toBe(2);
    expect(await countStatements(() => store.advance(name, 2))).toBe(2);
    expect(await countStatements(() => store.advance(name, 2))).toBe(1);
  });
});
