import { randomUUID } from 'node:crypto';
import { afterAll, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import { databaseUri, startMongo, type TestMongo } from '@parse-factors/test-server/mongo';
import { openDatabase } from '@parse-factors/test-server/parse-database';
import type { TestServer } from '@parse-factors/test-server/parse-server';
import type { ParseDatabase } from '../src/doors/store.js';
import { ParseOtpStore } from '../src/index.js';
import { LIMITS, SENDS } from './store-limits.js';
import { fakeClock, storeSuite } from '../../testing/src/index.js';

describe('ParseOtpStore on MongoDB', () => {
  const clock = fakeClock();
  let mongo: TestMongo;
  let server: TestServer;
  let database: ParseDatabase;
  let store: ParseOtpStore;
  beforeAll(async () => {
    mongo = await startMongo();
    const uri = databaseUri(mongo.uri, `test_${randomUUID().replaceAll('-', '')}`);
    ({ server, database } = await openDatabase<ParseDatabase>(
      '',
      {},
      `${uri}${uri.includes('?') ? '&' : '?'}readPreference=secondaryPreferred`,
    ));
    store = new ParseOtpStore(database, { clock });
    await store.claim('first use', clock() + 1);
  });
  afterAll(async () => {
    await server.stop();
    await mongo.stop();
  });

  it('closes its class to everybody', async () => {
    const read = await server.call('GET', '/classes/FactorState');
    expect(read.body['error']).toMatch(/permission denied/i);
  });

  // The real server is not this test's to stop.
  const isStandIn = (process.env['MONGODB_URI'] ?? '') === '';
  const outage = async (): Promise<() => Promise<void>> => {
    await mongo.standIn?.stop();
    return async () => {
      await mongo.standIn?.start();
    };
  };
  storeSuite({ describe, it }, { open: (now) => new ParseOtpStore(database, { clock: now, timeoutMs: 30_000 }) });
  // Its cases wait until each verb gives up, so they have a short timeout, which hundreds of parallel callers would not.
  if (isStandIn) {
    const onlyOutages = (group: string, cases: () => void): void => void (group === 'an outage' && describe(group, cases));
    const open = (now: () => number): ParseOtpStore => new ParseOtpStore(database, { clock: now, timeoutMs: 300 });
    storeSuite({ describe: onlyOutages, it }, { open, outage });
  }

  it('keeps texts as they are, whatever operators they look like', async () => {
    const [name, digest] = ['$where', '$digest'];
    await store.issue(name, { digest, expiresAt: clock() + 60_000 }, { cooldownMs: 0, quotas: [] });
    expect(await store.guess(name, 5)).toBe(digest);
    expect(await store.consume(name, '$digest')).toBe(true);
  });

  it.each<readonly [string, unknown]>([
    ['mark', [1]],
    ['mark', 'many'],
    ['deadAt', null],
    ['lockedUntil', {}],
  ])('accepts nothing where a row has a %s that no verb writes: %j', async (column, value) => {
    const name = randomUUID();
    await store.advance(name, 1);
    await server.rows.update('FactorState', { objectId: name }, { [column]: value });
    // A column that is empty counts as in an empty row.
    const isEmpty = value === null;
    const advance = store.advance(name, 1);
    await (isEmpty ? expect(advance).resolves.toBe(false) : expect(advance).rejects.toMatchObject({ code: 'unavailable' }));
  });

  describe.runIf(isStandIn)('what is sent', () => {
    beforeEach(() => mongo.standIn?.forgetCommands());
    const sent = (): readonly Readonly<Record<string, unknown>>[] =>
      (mongo.standIn?.commands() ?? []).filter((command) => Object.values(command).includes('FactorState'));

    /** Without a read preference, a command goes to the primary. */
    const modeOf = (command: Readonly<Record<string, unknown>> | undefined): unknown =>
      ((command?.['$readPreference'] ?? {}) as { readonly mode?: unknown }).mode ?? 'primary';
    const subject = randomUUID();
    const code = { digest: 'x', expiresAt: clock() + 60_000 };
    it.each<readonly [string, (all: ParseOtpStore) => Promise<unknown>]>([
      ['issue, first', (all) => all.issue(subject, code, SENDS)],
      ['issue, refused', (all) => all.issue(subject, code, SENDS)],
      ['issue', (all) => all.issue(subject, code, { ...SENDS, cooldownMs: 0 })],
      ['attempt', (all) => all.attempt(subject, LIMITS)],
      ['guess', (all) => all.guess(subject, 5)],
      ['redeem', (all) => all.redeem(subject, ['y'], LIMITS)],
      ['consume', (all) => all.consume(subject, 'x')],
      ['advance', (all) => all.advance(subject, 1)],
      ['claim, first', (all) => all.claim('claimed', clock() + 1)],
      ['claim, refused', (all) => all.claim('claimed', clock() + 1)],
      ['count, first', (all) => all.count('bucket', { limit: 1, windowMs: 1000 })],
      ['count, refused', (all) => all.count('bucket', { limit: 1, windowMs: 1000 })],
      ['uncount', (all) => all.uncount('bucket')],
      ['pardon', (all) => all.pardon(subject)],
      ['forget', (all) => all.forget(subject)],
    ])('is one command, to the primary and a majority, with a time limit: %s', async (_verb, run) => {
      await run(store);
      const [command, ...more] = sent();
      expect(more).toEqual([]);
      expect(command).toMatchObject({ writeConcern: { w: 'majority' } });
      expect(command?.['maxTimeMS']).toSatisfy((limit) => limit > 0 && limit <= 5000);
      expect(modeOf(command)).toBe('primary');
    });

    it('asks the primary for dead rows, though the app reads from secondaries', async () => {
      await store.prune(clock(), 10);
      expect(modeOf(sent()[0])).toBe('primary');
    });
  });

  it.runIf(isStandIn)('counts attempts whose answers are lost, so that they are no free guesses', async () => {
    const name = randomUUID();
    const limits = { ...LIMITS, maxFailures: 3 };
    const found = mongo.standIn?.loseAnswers((command) => command['findAndModify'] === 'FactorState');
    for (let attempt = 0; attempt < 3; attempt += 1)
      await expect(store.attempt(name, limits)).rejects.toMatchObject({ code: 'unavailable' });
    found?.();
    expect(await store.attempt(name, limits)).toMatchObject({ locked: true });
  });

  it.runIf(isStandIn)(
    'tries again when another caller has made the row at the same moment, and gives up in the end',
    async () => {
      const taken = { code: 11_000, codeName: 'DuplicateKey', message: 'E11000 duplicate key error' };
      let refused = 0;
      const back = mongo.standIn?.refuse((command) => command['findAndModify'] === 'FactorState' && (refused += 1) <= 2, taken);
      expect(await store.claim(randomUUID(), clock() + 1000)).toBe(true);
      refused = -10;
      await expect(store.claim(randomUUID(), clock() + 1000)).rejects.toMatchObject({ code: 'unavailable' });
      back?.();
    },
  );

  it.runIf(isStandIn)('rejects in time when the database hangs', async () => {
    const hasty = new ParseOtpStore(database, { clock, timeoutMs: 100 });
    mongo.standIn?.pause();
    await expect(hasty.attempt('s', LIMITS)).rejects.toMatchObject({ code: 'unavailable' });
    mongo.standIn?.resume();
    expect(await store.attempt('s', LIMITS)).toMatchObject({ locked: false });
  });
});
