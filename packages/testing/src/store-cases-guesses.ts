import assert from 'node:assert/strict';
import type { OtpStore } from '@parse-factors/core/store';
import { FREE, HOUR, LIMITS, MINUTE, parallel, withCode, type StoreCases, type StoreStage } from './store-stage.js';

type Guess = NonNullable<OtpStore['guess']>;

/** A case for stores with the optional verb `guess`. Other stores use `attempt` instead. */
const withGuess =
  (run: (stage: StoreStage, guess: Guess) => Promise<void>) =>
  async (stage: StoreStage): Promise<void> => {
    const { store } = stage;
    if (store.guess !== undefined) await run(stage, (subject, maxAttempts) => store.guess?.(subject, maxAttempts) ?? fail());
  };
const fail = (): never => assert.fail('the store has lost the verb');

/** Guesses at the code of a passwordless sign-in. */
export const GUESS_CASES: StoreCases = {
  guess: {
    'gives the digest five times per code, of 50 parallel callers too, and again for the next code': withGuess(
      async (stage, guess) => {
        const s = await withCode(stage);
        const results = await parallel(50, () => guess(s, 5));
        assert.equal(results.filter((digest) => digest === 'x').length, 5);
        assert.equal(results.filter((digest) => digest === undefined).length, 45);
        await stage.store.issue(s, stage.code('y'), FREE);
        assert.equal(await guess(s, 5), 'y');
        assert.equal(await stage.store.consume(s, 'y'), true);
      },
    ),
    'gives nothing where no code was issued, or it has expired, or was spent or revoked': withGuess(async (stage, guess) => {
      const { store, clock, subject, code } = stage;
      assert.equal(await guess(subject(), 5), undefined);
      const [expired, spent, revoked] = [await withCode(stage), subject(), subject()];
      clock.advance(5 * MINUTE - 1);
      assert.equal(await guess(expired, 5), 'x');
      clock.advance(1);
      assert.equal(await guess(expired, 5), undefined);
      for (const s of [spent, revoked]) await store.issue(s, code('x'), FREE);
      await store.consume(spent, 'x');
      await store.revoke(revoked, 'x');
      for (const s of [spent, revoked]) assert.equal(await guess(s, 5), undefined);
    }),
    'counts together with attempts, and neither adds failures nor heeds a lock': withGuess(async (stage, guess) => {
      const { store, clock, subject, code } = stage;
      const s = await withCode(stage);
      await parallel(3, () => store.attempt(s, LIMITS));
      assert.deepEqual([await guess(s, 5), await guess(s, 5), await guess(s, 5)], ['x', 'x', undefined]);
      await parallel(50, () => guess(s, 5));
      // The attempts above are four failures. Counted guesses would make them 56 and lock.
      assert.equal((await store.attempt(s, LIMITS)).locked, false);
      const locked = subject();
      await store.issue(locked, code('x'), FREE);
      await parallel(10, () => store.attempt(locked, LIMITS));
      assert.equal(await guess(locked, 20), 'x');
      assert.deepEqual(await store.attempt(locked, LIMITS), { locked: true, retryAt: clock() + LIMITS.lockMs });
    }),
    'leaves the cooldown, and takes nothing from a code that is issued later': withGuess(async (stage, guess) => {
      const { store, subject, code } = stage;
      const s = subject();
      await parallel(20, () => guess(s, 5));
      assert.deepEqual(await store.issue(s, code('x'), { cooldownMs: HOUR, quotas: [] }), { issued: true });
      assert.deepEqual([await guess(s, 1), await guess(s, 1)], ['x', undefined]);
      assert.equal((await store.issue(s, code('y'), { cooldownMs: HOUR, quotas: [] })).issued, false);
    }),
  },
};

/** For stores that can count their rows: guesses leave no row. */
export const GUESS_ROW_CASE: (stage: StoreStage) => Promise<void> = withGuess(async ({ store, subject }, guess) => {
  for (let index = 0; index < 3; index += 1) await guess(subject(), 5);
  assert.equal(await store.prune(Number.MAX_SAFE_INTEGER, 100), 0);
});
