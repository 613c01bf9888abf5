import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { DAY, MINUTE, outcomeOf, type StagedContext, stagedContext } from '../../test/unit-stage.js';
import { FactorConfigError } from '../error/config-error.js';
import { type AttemptLimits, type OtpStore, UNLIMITED } from '../store/otp-store.js';
import {
  assertLocks,
  assertRedeemed,
  ATTEMPT_LIMIT_RULES,
  beginAttempt,
  CODE_REPLACED,
  countAttempt,
  DEFAULT_ATTEMPT_LIMITS,
  STEP_USED,
} from './attempt.js';

const LIMITS: AttemptLimits = { maxAttempts: 3, maxFailures: 5, lockMs: MINUTE, maxLockMs: 4 * MINUTE };
const NO_LIMIT = { cooldownMs: 0, quotas: [] };

const withCode = async (): Promise<StagedContext> => {
  const context = stagedContext();
  await context.store.issue('s', { digest: 'd', expiresAt: context.clock() + 10 * MINUTE }, NO_LIMIT);
  return context;
};

/** So many attempts, each of which fails. */
const fail = async (context: StagedContext, times: number): Promise<void> => {
  for (let time = 0; time < times; time += 1) (await beginAttempt(context, 's', 'sign-in', LIMITS)).reject('code_rejected');
};

describe('the limits on guessing', () => {
  it('are by default those of the documentation', () => {
    expect(DEFAULT_ATTEMPT_LIMITS).toEqual({ maxAttempts: 5, maxFailures: 10, lockMs: 15 * MINUTE, maxLockMs: DAY });
    expect(Object.isFrozen(DEFAULT_ATTEMPT_LIMITS)).toBe(true);
  });

  it.each<readonly [keyof AttemptLimits, number, number]>([
    ['maxAttempts', 1, 10],
    ['maxFailures', 1, 100],
    ['lockMs', MINUTE, DAY],
    ['maxLockMs', MINUTE, DAY],
  ])('take %s from %i to %i', (name, least, most) => {
    const { isValid } = ATTEMPT_LIMIT_RULES[name];
    expect([least - 1, least, most, most + 1].map(isValid)).toEqual([false, true, true, false]);
    expect(isValid(DEFAULT_ATTEMPT_LIMITS[name])).toBe(true);
  });

  it.each<readonly [string, number, number, string]>([
    ['take a longest lock that is as long as the first', MINUTE, MINUTE, 'passes'],
    ['take a longest lock that is longer', MINUTE, DAY, 'passes'],
    ['refuse a longest lock that is shorter', MINUTE + 1, MINUTE, 'Owner: option "maxLockMs" must be at least "lockMs"'],
  ])('%s', async (_sentence, lockMs, maxLockMs, expected) => {
    expect(await outcomeOf(() => assertLocks('Owner', { ...LIMITS, lockMs, maxLockMs }))).toBe(expected);
  });

  it('refuse by an error of the configuration', () => {
    expect(() => assertLocks('Owner', { ...LIMITS, lockMs: DAY })).toThrow(FactorConfigError);
  });
});

describe('an attempt', () => {
  it('is told what to compare with, and the mark', async () => {
    const context = await withCode();
    expect(await beginAttempt(context, 's', 'sign-in', LIMITS)).toMatchObject({ digest: 'd', mark: -1 });
    await context.store.advance('s', 7);
    expect(await beginAttempt(context, 's', 'sign-in', LIMITS)).toMatchObject({ digest: 'd', mark: 7 });
  });

  it('is told nothing to compare with where no code lives', async () => {
    expect((await beginAttempt(stagedContext(), 's', 'sign-in', LIMITS)).digest).toBeUndefined();
  });

  it('is told nothing to compare with once the attempts at a code are used up', async () => {
    const context = await withCode();
    await fail(context, 3);
    expect((await beginAttempt(context, 's', 'sign-in', LIMITS)).digest).toBeUndefined();
  });

  it('says nothing while it is not refused', async () => {
    const context = await withCode();
    await beginAttempt(context, 's', 'sign-in', LIMITS);
    expect(context.events).toEqual([]);
  });

  it.each(['code_rejected', 'code_expired'] as const)('that is refused as %s is an event and that error', async (code) => {
    const context = await withCode();
    const error = (await beginAttempt(context, 's', 'fresh-proof', LIMITS)).reject(code);
    expect(error).toMatchObject({ name: 'FactorError', code });
    expect(context.events).toEqual([{ type: 'rejected', purpose: 'fresh-proof', reason: code }]);
  });

  it.each([STEP_USED, CODE_REPLACED])('that is refused more closely says so: $reason', async (why) => {
    const context = await withCode();
    const error = (await beginAttempt(context, 's', 'sign-in', LIMITS)).reject('code_rejected', why);
    expect(error.message).toBe(`code_rejected: ${why.sentence}`);
    expect(context.events).toEqual([{ type: 'rejected', purpose: 'sign-in', reason: why.reason }]);
  });

  it('that fails as the last one allowed says until when it locks', async () => {
    const context = await withCode();
    await fail(context, 5);
    expect(context.events.slice(-2)).toEqual([
      { type: 'rejected', purpose: 'sign-in', reason: 'code_rejected' },
      { type: 'locked', purpose: 'sign-in', retryAt: context.clock() + MINUTE },
    ]);
    expect(context.events.filter(({ type }) => type === 'locked')).toHaveLength(1);
  });

  it('while locked is refused before anything is compared, and says when to come back', async () => {
    const context = await withCode();
    await fail(context, 5);
    const error = beginAttempt(context, 's', 'sign-in', LIMITS);
    await expect(error).rejects.toMatchObject({ code: 'locked', retryAt: context.clock() + MINUTE });
    expect(context.events.at(-1)).toEqual({ type: 'rejected', purpose: 'sign-in', reason: 'locked' });
  });

  it('is taken again from the moment at which the lock ends', async () => {
    const context = await withCode();
    await fail(context, 5);
    context.clock.advance(MINUTE - 1);
    await expect(beginAttempt(context, 's', 'sign-in', LIMITS)).rejects.toMatchObject({ code: 'locked' });
    context.clock.advance(1);
    expect((await beginAttempt(context, 's', 'sign-in', LIMITS)).mark).toBe(-1);
  });

  it.each<readonly [string, number, number]>([
    ['first', 1, MINUTE],
    ['second', 2, 2 * MINUTE],
    ['third', 3, 4 * MINUTE],
    ['fourth', 4, 4 * MINUTE],
  ])('is locked for longer each time, up to the longest: the %s lock', async (_name, lock, length) => {
    const context = stagedContext();
    for (let before = 1; before < lock; before += 1) {
      await fail(context, 5);
      context.clock.advance(DAY);
    }
    await fail(context, 5);
    expect(context.events.at(-1)).toEqual({ type: 'locked', purpose: 'sign-in', retryAt: context.clock() + length });
  });

  it('is never compared more often than the limits allow, whatever was sent in between', async () => {
    const steps = fc.array(fc.constantFrom('guess', 'send', 'wait'), { maxLength: 40 });
    await fc.assert(
      fc.asyncProperty(steps, async (history) => {
        const context = await withCode();
        let [perCode, sinceLock] = [0, 0];
        for (const step of history) {
          if (step === 'wait') context.clock.advance(4 * MINUTE);
          if (step === 'send') {
            const live = { digest: 'd', expiresAt: context.clock() + 10 * MINUTE };
            if ((await context.store.issue('s', live, NO_LIMIT)).issued) perCode = 0;
          }
          if (step !== 'guess') continue;
          const guess = await beginAttempt(context, 's', 'sign-in', LIMITS).catch(() => undefined);
          if (guess === undefined) continue;
          sinceLock += 1;
          if (guess.digest !== undefined) perCode += 1;
          expect(perCode).toBeLessThanOrEqual(LIMITS.maxAttempts);
          expect(sinceLock).toBeLessThanOrEqual(LIMITS.maxFailures);
          guess.reject('code_rejected');
          if (context.events.at(-1)?.type === 'locked') sinceLock = 0;
        }
      }),
      { numRuns: 15 },
    );
  });
});

describe('an attempt at a code that signs in alone', () => {
  it.each<readonly [string, (store: OtpStore) => OtpStore]>([
    ['in a store that can', (store) => store],
    ['in a store that has no such verb', ({ attempt, issue }) => ({ attempt, issue }) as unknown as OtpStore],
  ])('is counted per code and never locks, %s', async (_sentence, only) => {
    const context = await withCode();
    const { store } = context;
    const bound = Object.fromEntries(['attempt', 'issue', 'guess'].map((verb) => [verb, Reflect.get(store, verb).bind(store)]));
    const given = only(bound as unknown as OtpStore);
    const digests = [];
    for (let time = 0; time < 50; time += 1) digests.push(await countAttempt(given, 's', 3));
    expect(digests.slice(0, 4)).toEqual(['d', 'd', 'd', undefined]);
    expect(digests.filter((digest) => digest !== undefined)).toHaveLength(3);
    expect(await store.issue('s', { digest: 'e', expiresAt: context.clock() + MINUTE }, NO_LIMIT)).toEqual({ issued: true });
    expect(await countAttempt(given, 's', 3)).toBe('e');
  });

  it('is told nothing where a lock of an earlier version stands and the store lacks the verb', async () => {
    const store = { attempt: async () => ({ locked: true, retryAt: 1 }) } as unknown as OtpStore;
    expect(await countAttempt(store, 's', 3)).toBeUndefined();
  });

  it('asks a store without the verb with limits that never lock', async () => {
    const asked: unknown[] = [];
    const attempt = async (...given: unknown[]) => {
      asked.push(given);
      return { locked: false, digest: 'd', mark: -1, locksUntil: undefined };
    };
    await countAttempt({ attempt } as unknown as OtpStore, 's', 3);
    expect(asked).toEqual([['s', { ...UNLIMITED, maxAttempts: 3 }]]);
  });
});

describe('an attempt that the store has judged', () => {
  const why = async () => CODE_REPLACED;
  const nothing = async () => undefined;

  it('passes in silence where the code was spent', async () => {
    const context = stagedContext();
    await assertRedeemed(context, 'sign-in', { locked: false, outcome: 'spent', locksUntil: undefined }, why);
    expect(context.events).toEqual([]);
  });

  it.each([
    ['absent', nothing, 'code_expired: There is no valid code. Request a new one.', 'code_expired'],
    ['absent', why, 'code_expired: There is no valid code. Request a new one.', 'code_expired'],
    ['wrong', nothing, 'code_rejected: The code is wrong.', 'code_rejected'],
    ['wrong', why, `code_rejected: ${CODE_REPLACED.sentence}`, 'code_replaced'],
  ] as const)('is refused where the code is %s', async (outcome, whyWrong, message, reason) => {
    const context = stagedContext();
    const judged = assertRedeemed(context, 'sign-in', { locked: false, outcome, locksUntil: 5 }, whyWrong);
    await expect(judged).rejects.toThrow(message);
    expect(context.events).toEqual([
      { type: 'rejected', purpose: 'sign-in', reason },
      { type: 'locked', purpose: 'sign-in', retryAt: 5 },
    ]);
  });

  it('is refused as locked, and says when to come back', async () => {
    const context = stagedContext();
    const retryAt = Date.UTC(2031, 0);
    const judged = assertRedeemed(context, 'enrolment', { locked: true, retryAt }, why);
    await expect(judged).rejects.toMatchObject({ code: 'locked', retryAt });
    expect(context.events).toEqual([{ type: 'rejected', purpose: 'enrolment', reason: 'locked' }]);
  });
});
