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
  withCode,
  type StoreCases,
  type StoreStage,
} from './store-stage.js';

const BACK = -10 * MINUTE;
const YEAR = 365 * 24 * HOUR;

/** The verbs that can refuse a code as expired. */
const REFUSALS: Readonly<Record<string, (stage: StoreStage, subject: string) => Promise<unknown>>> = {
  attempt: ({ store }, subject) => store.attempt(subject, LIMITS),
  redeem: ({ store }, subject) => redeem(store, subject, ['x'], LIMITS),
  consume: ({ store }, subject) => store.consume(subject, 'x'),
  guess: ({ store }, subject) => store.guess?.(subject, LIMITS.maxAttempts) ?? store.attempt(subject, LIMITS),
};

/** Runs `work` while the clock is a year ahead, then corrects the clock. */
async function yearAhead<Result>({ clock }: StoreStage, work: () => Promise<Result>): Promise<Result> {
  clock.advance(YEAR);
  const result = await work();
  clock.advance(MINUTE - YEAR);
  return result;
}

/** Machines whose clock is corrected. */
export const FAULT_CASES: StoreCases = {
  'a code that was refused as expired': Object.fromEntries(
    Object.entries(REFUSALS).map(([verb, refuse]) => [
      `by ${verb} stays dead when the clock steps back`,
      async (stage: StoreStage) => {
        const { store, clock } = stage;
        const s = await withCode(stage);
        clock.advance(5 * MINUTE);
        await refuse(stage, s);
        clock.advance(-2 * MINUTE);
        assert.equal(digestOf(await store.attempt(s, LIMITS)), undefined);
        assert.equal(await store.consume(s, 'x'), false);
        const redeemed = await redeem(store, s, ['x'], LIMITS);
        assert.equal(redeemed.locked || redeemed.outcome, 'absent');
      },
    ]),
  ),
  'a clock that ran a year ahead': {
    'leaves no cooldown and no full quota': async (stage) => {
      const { store, subject, code } = stage;
      const [sent, full] = [subject(), subject()];
      const quotas = { cooldownMs: 0, quotas: SENDS.quotas };
      await yearAhead(stage, async () => {
        await store.issue(sent, code('x'), SENDS);
        await parallel(5, () => store.issue(full, code('x'), quotas));
      });
      assert.deepEqual(await store.issue(sent, code('y'), SENDS), { issued: true });
      assert.equal(digestOf(await store.attempt(sent, LIMITS)), 'y');
      const issued = await parallel(10, () => store.issue(full, code('y'), quotas));
      assert.equal(issued.filter((result) => result.issued).length, 3);
    },
    'leaves no lock': async (stage) => {
      const { store, subject, code } = stage;
      const [asked, guessed, redeemed] = [subject(), subject(), subject()];
      await yearAhead(stage, async () => {
        for (const s of [asked, guessed, redeemed]) await parallel(10, () => store.attempt(s, LIMITS));
      });
      assert.deepEqual(await store.issue(asked, code('x'), SENDS), { issued: true });
      assert.equal((await store.attempt(asked, LIMITS)).locked, false);
      assert.equal((await store.attempt(guessed, LIMITS)).locked, false);
      assert.equal((await redeem(store, redeemed, ['x'], LIMITS)).locked, false);
      await parallel(9, () => store.attempt(guessed, LIMITS));
      assert.equal((await store.attempt(guessed, LIMITS)).locked, true);
    },
    'leaves no code that lives for a year': async (stage) => {
      const { store, subject, code } = stage;
      const subjects = [subject(), subject(), subject()];
      const [attempted = '', consumed = '', redeemed = ''] = subjects;
      await yearAhead(stage, async () => {
        for (const s of subjects) await store.issue(s, code('x'), FREE);
      });
      assert.equal(digestOf(await store.attempt(attempted, LIMITS)), undefined);
      assert.equal(await store.consume(consumed, 'x'), false);
      const result = await redeem(store, redeemed, ['x'], LIMITS);
      assert.equal(result.locked || result.outcome, 'absent');
    },
    'leaves no claim and no full bucket': async (stage) => {
      const { store, clock, subject } = stage;
      const [key, bucket] = [subject(), subject()];
      const quota = { limit: 2, windowMs: HOUR };
      await yearAhead(stage, async () => {
        await store.claim(key, clock() + MINUTE);
        await parallel(2, () => store.count(bucket, quota));
      });
      assert.equal(await store.claim(key, clock() + MINUTE), true);
      assert.equal(await store.claim(key, clock() + MINUTE), false);
      const counted = await parallel(5, () => store.count(bucket, quota));
      assert.equal(counted.filter(({ allowed }) => allowed).length, 2);
    },
    'still refuses the steps that were used then': async (stage) => {
      const { store, subject } = stage;
      const s = subject();
      await yearAhead(stage, () => store.advance(s, 1000));
      assert.equal(await store.advance(s, 999), false);
    },
  },
  'a claim for longer than a day': {
    'stands all its time': async ({ store, clock, subject }) => {
      const key = subject();
      assert.equal(await store.claim(key, clock() + 30 * 24 * HOUR), true);
      assert.equal(await store.claim(key, clock() + 30 * 24 * HOUR), false);
      clock.advance(30 * 24 * HOUR - 1);
      assert.equal(await store.claim(key, clock() + 30 * 24 * HOUR), false);
    },
  },
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
    'refuses nothing where there is no cooldown': async (stage) => {
      const { store, clock, subject, code } = stage;
      const s = subject();
      await store.issue(s, code('x'), FREE);
      clock.advance(BACK);
      assert.deepEqual(await store.issue(s, code('y'), FREE), { issued: true });
      assert.equal(await store.consume(s, 'y'), true);
    },
    'makes no user wait longer than the step and the cooldown': async ({ store, clock, subject, code }) => {
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
