import assert from 'node:assert/strict';
import { RETENTION_MS } from '@parse-factors/core/store';
import { GUESS_ROW_CASE } from './store-cases-guesses.js';
import { FREE, HOUR, LIMITS, MINUTE, parallel, type StoreStage, type StoreCases } from './store-stage.js';

const YEAR = 365 * 24 * HOUR;

/** Removes the rows of earlier cases, by moving the clock ten years ahead. */
async function clean({ store, clock }: StoreStage): Promise<void> {
  clock.advance(10 * YEAR);
  await pruneAll(store, clock());
}

async function pruneAll(store: StoreStage['store'], now: number): Promise<void> {
  while ((await store.prune(now, 100)) > 0);
}

/** Clean-up, for stores that need `prune`. */
export const PRUNE_CASES: StoreCases = {
  prune: {
    'deletes what is dead, to the millisecond, and in batches': async (stage) => {
      const { store, clock, subject } = stage;
      await clean(stage);
      for (let claim = 0; claim < 3; claim += 1) await store.claim(subject(), clock() + 1);
      assert.equal(await store.prune(clock(), 2), 0);
      clock.advance(1);
      assert.equal(await store.prune(clock(), 2), 2);
      assert.equal(await store.prune(clock(), 2), 1);
      assert.equal(await store.prune(clock(), 2), 0);
    },
    'finds nothing of guesses at what has no live code': async (stage) => {
      await clean(stage);
      await GUESS_ROW_CASE(stage);
    },
    'leaves what still refuses or allows something': async (stage) => {
      const { store, clock, subject } = stage;
      await clean(stage);
      const [locked, lasting, claimed, counted, stepped] = [subject(), subject(), subject(), subject(), subject()];
      await store.issue(lasting, { digest: 'x', expiresAt: clock() + 24 * HOUR }, FREE);
      await store.attempt(lasting, LIMITS);
      await store.advance(lasting, 1);
      const quota = { limit: 1, windowMs: HOUR };
      await parallel(10, () => store.attempt(locked, LIMITS));
      await store.claim(claimed, clock() + HOUR);
      await store.count(counted, quota);
      await store.advance(stepped, 9);
      clock.advance(10 * MINUTE);
      await pruneAll(store, clock());
      assert.equal((await store.attempt(locked, LIMITS)).locked, true);
      assert.equal(await store.claim(claimed, clock() + 1), false);
      assert.equal((await store.count(counted, quota)).allowed, false);
      assert.equal(await store.advance(stepped, 9), false);
      clock.advance(23 * HOUR);
      await pruneAll(store, clock());
      assert.equal(await store.consume(lasting, 'x'), true);
      clock.advance(RETENTION_MS + 24 * HOUR);
      assert.equal(await store.prune(clock(), 100), 3);
    },
  },
};
