import assert from 'node:assert/strict';
import { LIMITS, MINUTE, parallel, SENDS, type StoreCases } from './store-stage.js';

const BACK = -10 * MINUTE;

/** A machine whose clock is put right. */
export const FAULT_CASES: StoreCases = {
  'a clock that steps back ten minutes': {
    'brings no spent code back, and no used up one': async ({ store, clock, subject, code }) => {
      const [spent, used] = [subject(), subject()];
      for (const s of [spent, used]) await store.issue(s, code('x'), SENDS);
      assert.equal(await store.consume(spent, 'x'), true);
      await parallel(5, () => store.attempt(used, LIMITS));
      clock.advance(BACK);
      assert.equal(await store.consume(spent, 'x'), false);
      const attempt = await store.attempt(used, LIMITS);
      assert.equal(attempt.locked ? 'locked' : attempt.digest, undefined);
    },
    'opens no lock, and makes none longer': async ({ store, clock, subject }) => {
      const s = subject();
      await parallel(10, () => store.attempt(s, LIMITS));
      const retryAt = clock() + LIMITS.lockMs;
      clock.advance(BACK);
      assert.deepEqual(await store.attempt(s, LIMITS), { locked: true, retryAt });
      clock.set(retryAt);
      assert.equal((await store.attempt(s, LIMITS)).locked, false);
    },
    'takes no step, claim or event twice': async ({ store, clock, subject }) => {
      const [s, key, bucket] = [subject(), subject(), subject()];
      const quota = { limit: 2, windowMs: MINUTE };
      await store.advance(s, 5);
      await store.claim(key, clock() + MINUTE);
      await parallel(2, () => store.count(bucket, quota));
      clock.advance(BACK);
      assert.equal(await store.advance(s, 5), false);
      assert.equal(await store.claim(key, clock() + MINUTE), false);
      assert.equal((await store.count(bucket, quota)).allowed, false);
    },
    'lets nobody wait longer than the step and the cooldown': async ({ store, clock, subject, code }) => {
      const s = subject();
      await store.issue(s, code('x'), SENDS);
      const retryAt = clock() + SENDS.cooldownMs;
      clock.advance(BACK);
      assert.deepEqual(await store.issue(s, code('y'), SENDS), { issued: false, reason: 'cooldown', retryAt });
      clock.set(retryAt);
      assert.deepEqual(await store.issue(s, code('y'), SENDS), { issued: true });
      assert.equal(await store.consume(s, 'y'), true);
    },
  },
};
