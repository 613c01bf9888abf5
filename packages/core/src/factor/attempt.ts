import { FactorConfigError } from '../error/config-error.js';
import { FactorError } from '../error/factor-error.js';
import { type AttemptLimits, type AttemptResult, type OtpStore, type RedeemResult, UNLIMITED } from '../store/otp-store.js';
import { integerOption, type OptionRule } from '../validation/options.js';
import type { RequestContext } from './context.js';
import type { Purpose } from './purpose.js';

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
export interface Attempt {
  /** What a delivered code or pending secret is checked against; undefined when nothing is live. */
  readonly digest: string | undefined;
  /** The highest mark so far, -1 when there is none. */
  readonly mark: number;
  /**
   * Tells listeners that the answer was refused, and gives the error to throw.
   *
   * @param why says it more closely, to listeners and to a user who has proven a first factor
   */
  reject(code: Rejection, why?: Refusal): FactorError;
}

/** Why an answer was refused, where that is more than that it was wrong. */
export interface Refusal {
  /** For the event, in place of the error's slug: a short word, such as `step_used`. */
  readonly reason: string;
  /** For the error. A fixed text: never a code, a secret, an address or a foreign message. */
  readonly sentence: string;
}

type Rejection = 'code_rejected' | 'code_expired';

/**
 * Counts an attempt; every comparison begins here, unless the store does it all in one step.
 *
 * @throws FactorError `locked`, with when to come back
 */
export async function beginAttempt(
  context: RequestContext,
  subject: string,
  purpose: Purpose,
  limits: AttemptLimits,
): Promise<Attempt> {
  const { digest, mark, locksUntil } = assertOpen(context, purpose, await context.store.attempt(subject, limits));
  return { digest, mark, reject: (code, why) => refuse(context, { purpose, code, locksUntil, why }) };
}

/**
 * Counts an attempt at a code that signs in alone. No failure locks: anybody could lock anybody out. The number of codes
 * sent, and of attempts at each, bounds what is guessed.
 *
 * @returns what to compare with; undefined where there is nothing to guess at
 */
export async function countAttempt(store: OtpStore, subject: string, maxAttempts: number): Promise<string | undefined> {
  if (store.guess !== undefined) return store.guess(subject, maxAttempts);
  const attempt = await store.attempt(subject, { ...UNLIMITED, maxAttempts });
  return attempt.locked ? undefined : attempt.digest;
}

/**
 * Judges an attempt that the store has counted, compared and spent in one step.
 *
 * @param whyWrong asked where another code is live
 * @throws FactorError `code_rejected`, `code_expired`, `locked`
 */
export async function assertRedeemed(
  context: RequestContext,
  purpose: Purpose,
  result: RedeemResult,
  whyWrong: () => Promise<Refusal | undefined>,
): Promise<void> {
  const { outcome, locksUntil } = assertOpen(context, purpose, result);
  if (outcome === 'absent') throw refuse(context, { purpose, code: 'code_expired', locksUntil });
  if (outcome === 'wrong') throw refuse(context, { purpose, code: 'code_rejected', locksUntil, why: await whyWrong() });
}

type Open<Result> = Extract<Result, { readonly locked: false }>;

function assertOpen<Result extends AttemptResult | RedeemResult>(
  { emit }: RequestContext,
  purpose: Purpose,
  result: Result,
): Open<Result> {
  if (result.locked) {
    emit({ type: 'rejected', purpose, reason: 'locked' });
    throw new FactorError('locked', { retryAt: result.retryAt });
  }
  return result as Open<Result>;
}

interface Refused {
  readonly purpose: Purpose;
  readonly code: Rejection;
  readonly locksUntil: number | undefined;
  readonly why?: Refusal | undefined;
}

function refuse({ emit }: RequestContext, { purpose, code, locksUntil, why }: Refused): FactorError {
  emit({ type: 'rejected', purpose, reason: why?.reason ?? code });
  if (locksUntil !== undefined) emit({ type: 'locked', purpose, retryAt: locksUntil });
  return new FactorError(code, why === undefined ? {} : { sentence: why.sentence });
}

/** A right code of an authenticator whose time step was used before, or an older one. */
export const STEP_USED: Refusal = Object.freeze({
  reason: 'step_used',
  sentence: 'This code was used already. Wait for the next one in your app.',
});

/** A code that was right until a newer one was sent. */
export const CODE_REPLACED: Refusal = Object.freeze({
  reason: 'code_replaced',
  sentence: 'A newer code was sent. Only that one counts.',
});
