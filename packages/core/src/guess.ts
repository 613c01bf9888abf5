import { FactorConfigError, FactorError } from './factor-error.js';
import type { Purpose, RequestContext } from './factor.js';
import { integerOption, type OptionRule } from './options.js';
import type { AttemptLimits } from './otp-store.js';

const DAY_MS = 24 * 60 * 60_000;

/** Limits on guessing when no others are given: 5 attempts per code, 10 failures, 15 minutes doubling to 24 hours. */
export const DEFAULT_ATTEMPT_LIMITS: AttemptLimits = Object.freeze({
  maxAttempts: 5,
  maxFailures: 10,
  lockMs: 15 * 60_000,
  maxLockMs: DAY_MS,
});

/** What the limits on guessing accept. NIST SP 800-63B-4, section 3.2.2, allows at most 100 failures in a row. */
export const ATTEMPT_LIMIT_RULES: Readonly<Record<keyof AttemptLimits, OptionRule>> = {
  maxAttempts: integerOption(1, 10),
  maxFailures: integerOption(1, 100),
  lockMs: integerOption(60_000, DAY_MS),
  maxLockMs: integerOption(60_000, DAY_MS),
};

/** @throws FactorConfigError when the longest lock is shorter than the first */
export function assertLocks(owner: string, { lockMs, maxLockMs }: AttemptLimits): void {
  if (lockMs > maxLockMs) throw new FactorConfigError(`${owner}: option "maxLockMs" must be at least "lockMs"`);
}

/** An attempt that has been counted and may now be compared. */
export interface Guess {
  /** What a delivered code or pending secret is checked against; undefined when nothing is live. */
  readonly digest: string | undefined;
  /** The highest mark so far, -1 when there is none. */
  readonly mark: number;
  /** Tells listeners that the answer was refused, and gives the error to throw. */
  reject(code: 'code_rejected' | 'code_expired'): FactorError;
}

/**
 * Counts an attempt; every comparison begins here.
 *
 * @throws FactorError `locked`, with when to come back
 */
export async function beginGuess(
  { store, emit }: RequestContext,
  subject: string,
  purpose: Purpose,
  limits: AttemptLimits,
): Promise<Guess> {
  const attempt = await store.attempt(subject, limits);
  if (attempt.locked) {
    emit({ type: 'rejected', purpose, reason: 'locked' });
    throw new FactorError('locked', { retryAt: attempt.retryAt });
  }
  const { digest, mark, locksUntil } = attempt;
  return {
    digest,
    mark,
    reject(code) {
      emit({ type: 'rejected', purpose, reason: code });
      if (locksUntil !== undefined) emit({ type: 'locked', purpose, retryAt: locksUntil });
      return new FactorError(code);
    },
  };
}
