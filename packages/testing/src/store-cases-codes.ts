import assert from 'node:assert/strict';
import { FREE, HOUR, LIMITS, MINUTE, parallel, redeem, SENDS, trues, type StoreStage, type StoreCases } from './store-stage.js';

const issuedOf = (results: readonly { readonly issued: boolean }[]): number => results.filter(({ issued }) => issued).length;

/** A subject with a live code `x`. */
async function withCode({ store, subject, code }: StoreStage): Promise<string> {
  const s = subject();
  assert.deepEqual(await store.issue(s, code('x'), SENDS), { issued: true });
  return s;
}

/** The verbs that a code goes through. */
export const CODE_CASES: StoreCases = {
  issue: {
    'makes the newest code the live one': async (stage) => {
      const { store, clock, code } = stage;
      const s = await withCode(stage);
      clock.advance(MINUTE);
      assert.deepEqual(await store.issue(s, code('second'), SENDS), { issued: true });
      assert.equal(await store.consume(s, 'x'), false);
      assert.equal(digestOf(await store.attempt(s, LIMITS)), 'second');
    },
    'refuses within the cooldown, to the millisecond, and keeps the live code': async (stage) => {
      const { store, clock, code } = stage;
      const s = await withCode(stage);
      const retryAt = clock() + MINUTE;
      clock.set(retryAt - 1);
      assert.deepEqual(await store.issue(s, code('second'), SENDS), { issued: false, reason: 'cooldown', retryAt });
      assert.equal(digestOf(await store.attempt(s, LIMITS)), 'x');
      clock.set(retryAt);
      assert.deepEqual(await store.issue(s, code('second'), SENDS), { issued: true });
    },
    'counts every quota, says when the last of them opens, and opens again': async ({ store, clock, subject, code }) => {
      const [s, start] = [subject(), clock()];
      const ask = (after: number): Promise<unknown> => {
        clock.set(start + after);
        return store.issue(s, code('x'), SENDS);
      };
      for (const minute of [0, 1, 2]) assert.deepEqual(await ask(minute * MINUTE), { issued: true });
      assert.deepEqual(await ask(3 * MINUTE), { issued: false, reason: 'cooldown', retryAt: start + 10 * MINUTE });
      for (const minute of [10, 11]) assert.deepEqual(await ask(minute * MINUTE), { issued: true });
      assert.deepEqual(await ask(12 * MINUTE), { issued: false, reason: 'cooldown', retryAt: start + 24 * HOUR });
      assert.deepEqual(await ask(24 * HOUR - 1), { issued: false, reason: 'cooldown', retryAt: start + 24 * HOUR });
      for (const minute of [0, 1, 2]) assert.deepEqual(await ask(24 * HOUR + minute * MINUTE), { issued: true });
      assert.deepEqual(await ask(24 * HOUR + 3 * MINUTE), {
        issued: false,
        reason: 'cooldown',
        retryAt: start + 24 * HOUR + 10 * MINUTE,
      });
    },
    'lets exactly one of 50 parallel callers through': async ({ store, subject, code }) => {
      const s = subject();
      assert.equal(issuedOf(await parallel(50, (index) => store.issue(s, code(`c${index}`), SENDS))), 1);
    },
    'lets exactly one of 50 through when all windows have lapsed': async ({ store, clock, subject, code }) => {
      const s = subject();
      for (let sent = 0; sent < 3; sent += 1, clock.advance(MINUTE)) await store.issue(s, code('x'), SENDS);
      clock.advance(25 * HOUR);
      assert.equal(issuedOf(await parallel(50, (index) => store.issue(s, code(`c${index}`), SENDS))), 1);
    },
    'lets no more than a quota of 50 parallel callers through, window after window': async ({ store, clock, subject, code }) => {
      const s = subject();
      const sends = { cooldownMs: 0, quotas: [{ limit: 7, windowMs: HOUR }] };
      for (let window = 0; window < 3; window += 1, clock.advance(HOUR)) {
        assert.equal(issuedOf(await parallel(50, (index) => store.issue(s, code(`c${index}`), sends))), 7);
      }
    },
    'counts two quotas where there is no cooldown, for 50 at once, window after window': async ({
      store,
      clock,
      subject,
      code,
    }) => {
      const s = subject();
      const sends = {
        cooldownMs: 0,
        quotas: [
          { limit: 7, windowMs: HOUR },
          { limit: 10, windowMs: 24 * HOUR },
        ],
      };
      for (const expected of [7, 3, 0]) {
        assert.equal(issuedOf(await parallel(50, (index) => store.issue(s, code(`c${index}`), sends))), expected);
        clock.advance(HOUR);
      }
      clock.advance(21 * HOUR);
      assert.equal(issuedOf(await parallel(50, (index) => store.issue(s, code(`c${index}`), sends))), 7);
    },
    'refuses while the subject is locked, to the millisecond': async ({ store, clock, subject, code }) => {
      const s = subject();
      await parallel(10, () => store.attempt(s, LIMITS));
      const retryAt = clock() + LIMITS.lockMs;
      clock.set(retryAt - 1);
      assert.deepEqual(await store.issue(s, code('x'), SENDS), { issued: false, reason: 'locked', retryAt });
      clock.set(retryAt);
      assert.deepEqual(await store.issue(s, code('x'), SENDS), { issued: true });
    },
    'resets no failures': async (stage) => {
      const { store, clock, subject, code } = stage;
      const s = subject();
      for (let sent = 0; sent < 2; sent += 1, clock.advance(MINUTE)) {
        assert.deepEqual(await store.issue(s, code(`c${sent}`), SENDS), { issued: true });
        await parallel(5, () => store.attempt(s, LIMITS));
      }
      assert.equal((await store.attempt(s, LIMITS)).locked, true);
    },
    'keeps a digest of 1024 characters': async ({ store, clock, subject }) => {
      const [s, digest] = [subject(), `1.key.${'Aa-_'.repeat(255)}`.padEnd(1024, '=')];
      await store.issue(s, { digest, expiresAt: clock() + 1 }, FREE);
      assert.equal(digestOf(await store.attempt(s, LIMITS)), digest);
      assert.equal(await store.consume(s, digest), true);
    },
  },

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

function digestOf(result: { readonly locked: boolean; readonly digest?: string | undefined }): string | undefined {
  return result.digest;
}
