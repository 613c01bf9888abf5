import {
  beginAttempt,
  attemptSubject,
  DEFAULT_ATTEMPT_LIMITS,
  markSubject,
  STEP_USED,
  type FactorContext,
  type Attempt,
  type Purpose,
} from '@parse-factors/core/factor';
import { CLOCK_TOLERANCE_MS, UNLIMITED, type AttemptLimits } from '@parse-factors/core/store';
import { verifyTotp, type TotpParameters, type TotpVerification } from './totp-code.js';

/** Longer steps, such as other adapters may use, accept no neighbours: no code may be valid for more than ten minutes. */
const LONG_STEP_SECONDS = 200;

/** A user's authenticator, and how its codes are checked. */
export interface TotpAuthenticator {
  readonly parameters: TotpParameters;
  /** Limits on guessing. */
  readonly limits: AttemptLimits;
  /** Accepted time steps before and after the current one, 0 or 1. Steps longer than 200 seconds always use 0. */
  readonly driftSteps: 0 | 1;
  /** The last step that may have been used elsewhere; none by default. */
  readonly usedUntil?: number;
  /**
   * Seconds per unit of the high-water mark of used steps. By default the length of a step, so that the mark is a step number.
   */
  readonly markSeconds?: number;
  /** The store's name for the high-water mark; by default that of the factor, `markSubject`. */
  readonly markSubject?: string;
}

/** Returns the accepted steps before and after the current one, for a step of this length. */
export const driftFor = (stepSeconds: number, driftSteps: 0 | 1): 0 | 1 => (stepSeconds > LONG_STEP_SECONDS ? 0 : driftSteps);

/**
 * Verifies a code and marks its time step as used (RFC 6238, section 5.2). Each step works once, for one purpose, and no older
 * step works after it. Failures are counted per purpose and primary factor.
 *
 * Several authenticators have a high-water mark each, and one count of failures. A wrong code is compared with each of them, so
 * it counts as one failure for each.
 * @throws FactorError `code_rejected`, `locked`
 */
export async function redeemTotp(
  context: FactorContext,
  purpose: Purpose,
  code: string,
  authenticators: TotpAuthenticator | readonly [TotpAuthenticator, ...TotpAuthenticator[]],
): Promise<void> {
  const all: readonly TotpAuthenticator[] = [authenticators].flat();
  const subject = attemptSubject(context, purpose);
  const attempt = await beginAttempt(context, subject, purpose, limitsOf(all));
  // Every authenticator is compared, so that the duration does not reveal which one the code belongs to.
  const matching = all.filter((each) => verifyAt(context, code, each).ok);
  const authenticator = matching[0] ?? all[0];
  if (authenticator === undefined) throw attempt.reject('code_rejected');
  // One high-water mark for all purposes and primary factors: a step used for one is used for all. Failures are counted for
  // each, so that a stolen session or another primary factor cannot lock the user's login.
  const steps = authenticator.markSubject ?? markSubject(context);
  const hasOwnMark = steps !== markSubject(context);
  const mark = matchStep(context, hasOwnMark ? { ...attempt, mark: -1 } : attempt, code, authenticator);
  if (!(await context.store.advance(steps, mark))) {
    if (hasOwnMark) await reportStepAhead(context, steps, authenticator);
    throw attempt.reject('code_rejected', STEP_USED);
  }
  if (subject !== steps) await context.store.pardon(subject);
  context.emit({ type: 'verified', purpose });
}

/** The limits on failures, so that as many codes are compared as with one authenticator. */
const limitsOf = (all: readonly TotpAuthenticator[]): AttemptLimits => {
  const limits = all[0]?.limits ?? DEFAULT_ATTEMPT_LIMITS;
  return all.length < 2 ? limits : { ...limits, maxFailures: Math.ceil(limits.maxFailures / all.length) };
};

const verifyAt = ({ clock }: FactorContext, code: string, { parameters, driftSteps }: TotpAuthenticator): TotpVerification =>
  verifyTotp(parameters, code, clock(), driftFor(parameters.stepSeconds, driftSteps));

/** Emits that a used step is far ahead of the clock. The mark is in a row of its own, where nothing is guessed at. */
async function reportStepAhead(context: FactorContext, subject: string, authenticator: TotpAuthenticator): Promise<void> {
  const { store, clock, emit } = context;
  const result = await store.attempt(subject, UNLIMITED);
  if (!result.locked && isFarAhead(result.mark, clock(), authenticator)) emit({ type: 'fault', reason: 'step_ahead_of_clock' });
}

const isFarAhead = (
  mark: number,
  now: number,
  { parameters, markSeconds = parameters.stepSeconds }: TotpAuthenticator,
): boolean => mark * markSeconds * 1000 > now + CLOCK_TOLERANCE_MS;

/**
 * Returns the mark of the step that a code belongs to.
 * @throws FactorError `code_rejected` for a wrong code or a used step
 */
export function matchStep(context: FactorContext, attempt: Attempt, code: string, authenticator: TotpAuthenticator): number {
  const { parameters, usedUntil = -1, markSeconds = parameters.stepSeconds } = authenticator;
  const { stepSeconds } = parameters;
  const result = verifyAt(context, code, authenticator);
  if (!result.ok) throw attempt.reject('code_rejected');
  // A used step stays used, whatever the clock says. The event tells an administrator, who alone can know which clock was
  // wrong.
  if (isFarAhead(attempt.mark, context.clock(), authenticator)) context.emit({ type: 'fault', reason: 'step_ahead_of_clock' });
  const mark = (result.step * stepSeconds) / markSeconds;
  if (mark <= attempt.mark || result.step <= usedUntil) throw attempt.reject('code_rejected', STEP_USED);
  return mark;
}
