import { FactorConfigError } from '../error/config-error.js';
import { FactorError } from '../error/factor-error.js';
import { type AttemptLimits, type AttemptResult, type OtpStore, type RedeemResult, UNLIMITED } from '../store/otp-store.js';
import { integerOption, type OptionRule } from '../validation/options.js';
import type { RequestContext } from './context.js';
import type { Purpose } from './purpose.js';
import { DAY_MS } from '../time/durations.js';

/** The default limits on attempts: 5 attempts per code, 10 failures, a lock of 15 minutes that doubles up to 24 hours. */
export const DEFAULT_ATTEMPT_LIMITS: AttemptLimits = Object.freeze({
  maxAttempts: 5,
  maxFailures: 10,
  lockMs: 15 * 60_000,
  maxLockMs: DAY_MS,
});

/** The values that the limits on attempts accept. NIST SP 800-63B-4, section 3.2.2, allows at most 100 failures in a row. */
export const ATTEMPT_LIMIT_RULES: Readonly<Record<keyof AttemptLimits, OptionRule>> = {
  maxAttempts: integerOption(1, 10),
  maxFailures: integerOption(1, 100),
  lockMs: integerOption(60_000, DAY_MS),
  maxLockMs: integerOption(60_000, DAY_MS),
};

/** @throws FactorConfigError if the longest lock is shorter than the first */
export function assertLocks(owner: string, { lockMs, maxLockMs }: AttemptLimits): void {
  if (lockMs > maxLockMs) throw new FactorConfigError(`${owner}: option "maxLockMs" must be at least "lockMs"`);
}

/** An attempt that is counted and may now be compared. */
export interface Attempt {
  /** What to compare a delivered code or a pending secret with; undefined if nothing is live. */
  readonly digest: string | undefined;
  /** The high-water mark so far; -1 if there is none. */
  readonly mark: number;
  /**
   * Emits that the credential was rejected, and returns the error to throw.
   *
   * @param why a more precise reason, for listeners and for a user who has proven a primary factor
   */
  reject(code: Rejection, why?: Refusal): FactorError;
}

/** A more precise reason why a credential was rejected. */
export interface Refusal {
  /** The reason in the event, in place of the error's slug: a short word, such as `step_used`. */
  readonly reason: string;
  /** The sentence of the error. A fixed text: never a code, a secret, an address or the message of another error. */
  readonly sentence: string;
}

type Rejection = 'code_rejected' | 'code_expired';

/**
 * Counts an attempt before anything is compared, so that parallel requests cannot exceed the limits (brute force,
 * CWE-307). Every comparison begins here, unless the store does it all in one step.
 *
 * @throws FactorError `locked`, with the time of the next possible attempt
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
 * Counts an attempt at a code that signs in as a primary factor. Failures never lock: otherwise anyone could lock a
 * user out. The limits on sent codes, and on attempts at each code, bound an attacker.
 *
 * @returns the digest to compare with; undefined if no code is live
 */
export async function countAttempt(store: OtpStore, subject: string, maxAttempts: number): Promise<string | undefined> {
  if (store.guess !== undefined) return store.guess(subject, maxAttempts);
  const attempt = await store.attempt(subject, { ...UNLIMITED, maxAttempts });
  return attempt.locked ? undefined : attempt.digest;
}

/**
 * Judges an attempt that the store has counted, compared and used up in one step.
 *
 * @param whyWrong called if another code is live
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

/** A correct code of an authenticator app whose time step, or a later one, was used before. */
export const STEP_USED: Refusal = Object.freeze({
  reason: 'step_used',
  sentence: 'This code has already been used. Wait for the next one in your app.',
});

/** A code that was valid until a newer one was sent. */
export const CODE_REPLACED: Refusal = Object.freeze({
  reason: 'code_replaced',
  sentence: 'A newer code was sent. Use that one.',
});
