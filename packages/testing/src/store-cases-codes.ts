import assert from 'node:assert/strict';
import {
  digestOf,
  FREE,
  HOUR,
  LIMITS,
  MINUTE,
  parallel,
  redeem,
  SENDS,
  trues,
  withCode,
  type StoreCases,
} from './store-stage.js';

/** Attempts at a live code, and its use. */
export const CODE_CASES: StoreCases = {
  attempt: {
    'gives no digest when nothing was issued, and counts all the same': async ({ store, subject }) => {
      const s = subject();
      assert.deepEqual(await store.attempt(s, LIMITS), { locked: false, digest: undefined, mark: -1, locksUntil: undefined });
      await parallel(9, () => store.attempt(s, LIMITS));
      assert.equal((await store.attempt(s, LIMITS)).locked, true);
    },
    'gives the digest until the moment the code expires': async (stage) => {
      const { store, clock } = stage;
      const s = await withCode(stage);
      clock.advance(5 * MINUTE - 1);
      assert.equal(digestOf(await store.attempt(s, LIMITS)), 'x');
      clock.advance(1);
      assert.equal(digestOf(await store.attempt(s, LIMITS)), undefined);
    },
    'gives the digest five times per code, of 50 parallel callers too': async (stage) => {
      const s = await withCode(stage);
      const results = await parallel(50, () => stage.store.attempt(s, { ...LIMITS, maxFailures: 100 }));
      assert.equal(results.filter((result) => digestOf(result) === 'x').length, 5);
    },
    'lets ten of 200 parallel guesses be evaluated, then locks': async ({ store, clock, subject }) => {
      const s = subject();
      const results = await parallel(200, () => store.attempt(s, LIMITS));
      const open = results.filter((result) => !result.locked);
      const retryAt = clock() + LIMITS.lockMs;
      assert.equal(open.length, 10);
      assert.equal(open.filter(({ locksUntil }) => locksUntil === retryAt).length, 1);
      assert.deepEqual(await store.attempt(s, LIMITS), { locked: true, retryAt });
    },
    'locks twice as long each time, up to the longest': async ({ store, clock, subject }) => {
      const s = subject();
      const locks: number[] = [];
      for (let round = 0; round < 9; round += 1) {
        await parallel(10, () => store.attempt(s, LIMITS));
        const result = await store.attempt(s, LIMITS);
        assert.ok(result.locked);
        locks.push((result.retryAt - clock()) / MINUTE);
        clock.set(result.retryAt - 1);
        assert.equal((await store.attempt(s, LIMITS)).locked, true);
        clock.set(result.retryAt);
      }
      assert.deepEqual(locks, [15, 30, 60, 120, 240, 480, 960, 1440, 1440]);
    },
    'remembers failures, and how often it has locked, for a day': async ({ store, clock, subject }) => {
      const s = subject();
      await parallel(9, () => store.attempt(s, LIMITS));
      clock.advance(23 * HOUR);
      const tenth = await store.attempt(s, LIMITS);
      assert.equal(tenth.locked || tenth.locksUntil, clock() + LIMITS.lockMs);
      clock.advance(LIMITS.lockMs + 20 * HOUR);
      await parallel(10, () => store.attempt(s, LIMITS));
      assert.deepEqual(await store.attempt(s, LIMITS), { locked: true, retryAt: clock() + 2 * LIMITS.lockMs });
    },
    'forgives failures after a success': async (stage) => {
      const { store } = stage;
      const s = await withCode(stage);
      await parallel(9, () => store.attempt(s, LIMITS));
      assert.equal(await store.consume(s, 'x'), true);
      assert.ok((await parallel(10, () => store.attempt(s, LIMITS))).every(({ locked }) => !locked));
    },
    'forgives the tenth attempt too when it was the right one': async (stage) => {
      const { store } = stage;
      const s = await withCode(stage);
      await parallel(10, () => store.attempt(s, LIMITS));
      assert.equal(await store.consume(s, 'x'), true);
      assert.equal((await store.attempt(s, LIMITS)).locked, false);
    },
  },

  consume: {
    'is true for exactly one of 50 parallel callers': async (stage) => {
      const { store } = stage;
      const s = await withCode(stage);
      assert.equal(trues(await parallel(50, () => store.consume(s, 'x'))), 1);
      assert.equal(await store.consume(s, 'x'), false);
      assert.equal(digestOf(await store.attempt(s, LIMITS)), undefined);
    },
    'is false from the moment the code expires, though an attempt was in time': async (stage) => {
      const { store, clock } = stage;
      const s = await withCode(stage);
      clock.advance(5 * MINUTE - 1);
      assert.equal(digestOf(await store.attempt(s, LIMITS)), 'x');
      clock.advance(1);
      assert.equal(await store.consume(s, 'x'), false);
    },
    'spends nothing for a digest that is not the live one': async (stage) => {
      const { store, subject } = stage;
      const s = await withCode(stage);
      assert.equal(await store.consume(s, 'y'), false);
      assert.equal(await store.consume(s, ''), false);
      assert.equal(await store.consume(s, 'X'), false);
      assert.equal(await store.consume(subject(), 'x'), false);
      assert.equal(await store.consume(s, 'x'), true);
      assert.equal(await store.consume(s, ''), false);
    },
    'leaves the cooldown standing': async (stage) => {
      const { store, code } = stage;
      const s = await withCode(stage);
      await store.consume(s, 'x');
      assert.equal((await store.issue(s, code('y'), SENDS)).issued, false);
    },
  },

  redeem: {
    'spends the live code for exactly one of 50 parallel callers': async (stage) => {
      const s = await withCode(stage);
      const limits = { ...LIMITS, maxAttempts: 100, maxFailures: 100 };
      const results = await parallel(50, () => redeem(stage.store, s, ['old', 'x'], limits));
      assert.equal(results.filter((result) => !result.locked && result.outcome === 'spent').length, 1);
      assert.deepEqual(await redeem(stage.store, s, ['x'], limits), { locked: false, outcome: 'absent', locksUntil: undefined });
    },
    'counts what is wrong, and refuses the right one when attempts are used up': async (stage) => {
      const { store } = stage;
      const s = await withCode(stage);
      for (let guess = 0; guess < 5; guess += 1) {
        assert.deepEqual(await redeem(store, s, ['y', 'z'], LIMITS), { locked: false, outcome: 'wrong', locksUntil: undefined });
      }
      assert.deepEqual(await redeem(store, s, ['x'], LIMITS), { locked: false, outcome: 'absent', locksUntil: undefined });
    },
    'lets five of 50 at once be compared per code, and ten of 200 before it locks': async (stage) => {
      const { store, subject, code } = stage;
      const s = await withCode(stage);
      const codes = await parallel(50, () => redeem(store, s, ['y'], { ...LIMITS, maxFailures: 100 }));
      assert.equal(codes.filter((result) => !result.locked && result.outcome === 'wrong').length, 5);
      const other = subject();
      await store.issue(other, code('x'), FREE);
      const guesses = await parallel(200, () => redeem(store, other, ['y'], LIMITS));
      assert.equal(guesses.filter(({ locked }) => !locked).length, 10);
    },
    'takes the live digest wherever it stands among the others': async ({ store, subject, code }) => {
      for (const digests of [
        ['x', 'b', 'c', 'd', 'e'],
        ['a', 'b', 'x', 'd', 'e'],
        ['a', 'b', 'c', 'd', 'x'],
        ['a b', 'X', ''],
      ]) {
        const s = subject();
        await store.issue(s, code('x'), FREE);
        const result = await redeem(store, s, digests, LIMITS);
        assert.equal(result.locked || result.outcome, digests.includes('x') ? 'spent' : 'wrong');
      }
    },
    'locks with the failure that reaches the limit, and forgives them all after a right one': async (stage) => {
      const { store, clock, subject, code } = stage;
      const s = await withCode(stage);
      await parallel(4, () => redeem(store, s, ['y'], LIMITS));
      assert.deepEqual(await redeem(store, s, ['x'], LIMITS), { locked: false, outcome: 'spent', locksUntil: undefined });
      const other = subject();
      await store.issue(other, code('x'), FREE);
      const wrong = await parallel(10, () => redeem(store, other, ['y'], LIMITS));
      const retryAt = clock() + LIMITS.lockMs;
      assert.equal(wrong.filter((result) => !result.locked && result.locksUntil === retryAt).length, 1);
      assert.deepEqual(await redeem(store, other, ['x'], LIMITS), { locked: true, retryAt });
      assert.ok((await parallel(9, () => store.attempt(s, LIMITS))).every(({ locked }) => !locked));
    },
    'takes no code from the moment it expires': async (stage) => {
      const s = await withCode(stage);
      stage.clock.advance(5 * MINUTE);
      assert.deepEqual(await redeem(stage.store, s, ['x'], LIMITS), { locked: false, outcome: 'absent', locksUntil: undefined });
    },
  },

  revoke: {
    'kills that code and no other, and leaves what was counted': async (stage) => {
      const { store, subject, code } = stage;
      const s = await withCode(stage);
      await parallel(9, () => store.attempt(s, LIMITS));
      await store.revoke(s, 'y');
      await store.revoke(subject(), 'x');
      assert.equal(await store.consume(s, 'y'), false);
      await store.revoke(s, 'x');
      assert.equal(await store.consume(s, 'x'), false);
      assert.equal((await store.issue(s, code('z'), SENDS)).issued, false);
      const tenth = await store.attempt(s, LIMITS);
      assert.deepEqual([tenth.locked, digestOf(tenth)], [false, undefined]);
      assert.equal((await store.attempt(s, LIMITS)).locked, true);
    },
  },
};
