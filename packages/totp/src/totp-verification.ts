import {
  beginAttempt,
  attemptSubject,
  markSubject,
  STEP_USED,
  type FactorContext,
  type Attempt,
  type Purpose,
} from '@parse-factors/core/factor';
import { CLOCK_TOLERANCE_MS, type AttemptLimits } from '@parse-factors/core/store';
import { verifyTotp, type TotpParameters } from './totp-code.js';

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
}

/** Returns the accepted steps before and after the current one, for a step of this length. */
export const driftFor = (stepSeconds: number, driftSteps: 0 | 1): 0 | 1 => (stepSeconds > LONG_STEP_SECONDS ? 0 : driftSteps);

/**
 * Verifies a code and marks its time step as used (RFC 6238, section 5.2). Each step works once, for one purpose, and no older
 * step works after it. Failures are counted per purpose and primary factor.
 * @throws FactorError `code_rejected`, `locked`
 */
export async function redeemTotp(
  context: FactorContext,
  purpose: Purpose,
  code: string,
  authenticator: TotpAuthenticator,
): Promise<void> {
  const subject = attemptSubject(context, purpose);
  const attempt = await beginAttempt(context, subject, purpose, authenticator.limits);
  const mark = matchStep(context, attempt, code, authenticator);
  // One high-water mark for all purposes and primary factors: a step used for one is used for all. Failures are counted for
  // each, so that a stolen session or another primary factor cannot lock the user's login.
  const steps = markSubject(context);
  if (!(await context.store.advance(steps, mark))) throw attempt.reject('code_rejected', STEP_USED);
  if (subject !== steps) await context.store.pardon(subject);
  context.emit({ type: 'verified', purpose });
}

/**
 * Returns the mark of the step that a code belongs to.
 * @throws FactorError `code_rejected` for a wrong code or a used step
 */
export function matchStep(
  { clock, emit }: FactorContext,
  attempt: Attempt,
  code: string,
  { parameters, driftSteps, usedUntil = -1, markSeconds = parameters.stepSeconds }: TotpAuthenticator,
): number {
  const { stepSeconds } = parameters;
  const now = clock();
  const result = verifyTotp(parameters, code, now, driftFor(stepSeconds, driftSteps));
  // A used step stays used, whatever the clock says. The event tells an administrator, who alone can know which clock was
  // wrong.
  const isFarAhead = attempt.mark * markSeconds * 1000 > now + CLOCK_TOLERANCE_MS;
  if (result.ok && isFarAhead) emit({ type: 'fault', reason: 'step_ahead_of_clock' });
  if (!result.ok) throw attempt.reject('code_rejected');
  const mark = (result.step * stepSeconds) / markSeconds;
  if (mark <= attempt.mark || result.step <= usedUntil) throw attempt.reject('code_rejected', STEP_USED);
  return mark;
}
