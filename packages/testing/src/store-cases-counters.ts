import assert from 'node:assert/strict';
import { HOUR, LIMITS, MINUTE, parallel, SENDS, trues, type StoreCases } from './store-stage.js';

/** Marks, claims, counts, and verbs for whole subjects. */
export const COUNTER_CASES: StoreCases = {
  advance: {
    'is true for exactly one of 50 parallel callers per mark, new subject or not': async ({ store, subject }) => {
      const s = subject();
      assert.equal(trues(await parallel(50, () => store.advance(s, 7))), 1);
      assert.equal(trues(await parallel(50, () => store.advance(s, 8))), 1);
      const attempt = await store.attempt(s, LIMITS);
      assert.equal(attempt.locked || attempt.mark, 8);
    },
    'refuses an older mark and the same again, takes 0 as the first, and 4294967295': async ({ store, subject }) => {
      const s = subject();
      const marks: [number, boolean][] = [
        [0, true],
        [0, false],
        [5, true],
        [4, false],
        [4_294_967_295, true],
        [4_294_967_294, false],
      ];
      for (const [mark, isNewer] of marks) assert.equal(await store.advance(s, mark), isNewer, String(mark));
    },
    'is remembered for a day, and told exactly': async ({ store, clock, subject }) => {
      const [s, mark] = [subject(), Number.MAX_SAFE_INTEGER];
      assert.equal(await store.advance(s, mark), true);
      clock.advance(23 * HOUR);
      assert.equal(await store.advance(s, mark), false);
      const attempt = await store.attempt(s, LIMITS);
      assert.equal(attempt.locked || attempt.mark, mark);
    },
    'clears failures and the lock, but only when it advances': async ({ store, subject }) => {
      const s = subject();
      await store.advance(s, 5);
      await parallel(10, () => store.attempt(s, LIMITS));
      assert.equal(await store.advance(s, 5), false);
      assert.equal((await store.attempt(s, LIMITS)).locked, true);
      assert.equal(await store.advance(s, 6), true);
      assert.equal((await store.attempt(s, LIMITS)).locked, false);
    },
  },

  claim: {
    'is true for exactly one of 50 parallel callers, until it expires': async ({ store, clock, subject }) => {
      const [key, expiresAt] = [subject(), clock() + MINUTE];
      assert.equal(trues(await parallel(50, () => store.claim(key, expiresAt))), 1);
      clock.set(expiresAt - 1);
      assert.equal(await store.claim(key, expiresAt), false);
      clock.set(expiresAt);
      assert.equal(trues(await parallel(50, () => store.claim(key, expiresAt + MINUTE))), 1);
    },
  },

  'claim and count': {
    'are remembered for a day, even without a call in between': async ({ store, clock, subject }) => {
      const [key, bucket] = [subject(), subject()];
      const quota = { limit: 2, windowMs: 24 * HOUR };
      await store.claim(key, clock() + 24 * HOUR);
      await parallel(2, () => store.count(bucket, quota));
      clock.advance(24 * HOUR - 1);
      assert.equal(await store.claim(key, clock() + HOUR), false);
      assert.equal((await store.count(bucket, quota)).allowed, false);
    },
  },

  count: {
    'allows the limit of 50 parallel callers in a window, then says when': async ({ store, clock, subject }) => {
      const bucket = subject();
      const quota = { limit: 20, windowMs: 10 * MINUTE };
      const retryAt = clock() + quota.windowMs;
      const allowed = async (): Promise<number> =>
        (await parallel(50, () => store.count(bucket, quota))).filter((result) => result.allowed).length;
      assert.equal(await allowed(), 20);
      assert.deepEqual(await store.count(bucket, quota), { allowed: false, retryAt });
      clock.set(retryAt - 1);
      assert.deepEqual(await store.count(bucket, quota), { allowed: false, retryAt });
      clock.set(retryAt);
      assert.equal(await allowed(), 20);
    },
    'opens a new window when one that was not full has lapsed': async ({ store, clock, subject }) => {
      const bucket = subject();
      const quota = { limit: 2, windowMs: MINUTE };
      await store.count(bucket, quota);
      clock.advance(MINUTE);
      assert.equal((await parallel(10, () => store.count(bucket, quota))).filter(({ allowed }) => allowed).length, 2);
    },
    'takes events of an open window back, and never more than there were': async ({ store, clock, subject }) => {
      const bucket = subject();
      const quota = { limit: 3, windowMs: MINUTE };
      const allowed = async (): Promise<number> =>
        (await parallel(10, () => store.count(bucket, quota))).filter((result) => result.allowed).length;
      await store.uncount(bucket);
      assert.equal(await allowed(), 3);
      await parallel(5, () => store.uncount(bucket));
      assert.equal(await allowed(), 3);
      clock.advance(MINUTE);
      await store.uncount(bucket);
      assert.equal(await allowed(), 3);
    },
  },

  subjects: {
    'are kept apart, however alike their names': async ({ store, subject, code }) => {
      const name = subject();
      await store.issue(name, code('x'), SENDS);
      await store.advance(name, 3);
      await parallel(10, () => store.attempt(name, LIMITS));
      for (const other of [`${name}2`, name.slice(0, -1), name.toUpperCase(), `${name} `, subject()]) {
        assert.deepEqual(
          await store.attempt(other, LIMITS),
          { locked: false, digest: undefined, mark: -1, locksUntil: undefined },
          other,
        );
        assert.equal(await store.consume(other, 'x'), false, other);
        assert.deepEqual(await store.issue(other, code('y'), SENDS), { issued: true }, other);
        assert.equal(await store.advance(other, 0), true, other);
        await store.forget(other);
      }
      assert.equal((await store.attempt(name, LIMITS)).locked, true);
    },
    'are pardoned failures and locks, and keep the code, its attempts and the mark': async ({ store, subject, code }) => {
      const [s, other] = [subject(), subject()];
      const limits = { ...LIMITS, maxAttempts: 11 };
      await store.advance(s, 7);
      await store.issue(s, code('x'), SENDS);
      for (const name of [s, other]) await parallel(10, () => store.attempt(name, limits));
      assert.equal((await store.attempt(s, limits)).locked, true);
      await store.pardon(s);
      await store.pardon(subject()); // unknown to the store: nothing happens
      assert.deepEqual(await store.attempt(s, limits), { locked: false, digest: 'x', mark: 7, locksUntil: undefined });
      assert.deepEqual(await store.attempt(s, limits), { locked: false, digest: undefined, mark: 7, locksUntil: undefined });
      assert.equal(await store.advance(s, 7), false);
      assert.equal((await store.attempt(other, limits)).locked, true);
    },
    'are deleted completely, and other subjects stay': async ({ store, subject, code }) => {
      const [a, b] = [subject(), subject()];
      await store.advance(a, 7);
      await store.issue(a, code('x'), SENDS);
      await store.issue(b, code('y'), SENDS);
      await parallel(10, () => store.attempt(a, LIMITS));
      await store.forget(a);
      await store.forget(a);
      assert.equal(await store.consume(a, 'x'), false);
      assert.deepEqual(await store.attempt(a, LIMITS), { locked: false, digest: undefined, mark: -1, locksUntil: undefined });
      assert.deepEqual(await store.issue(a, code('z'), SENDS), { issued: true });
      assert.equal(await store.consume(b, 'y'), true);
    },
  },
};
