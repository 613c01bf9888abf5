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

/** Longer steps, such as another adapter may have left, have no neighbours: no code lives longer than ten minutes. */
const LONG_STEP_SECONDS = 200;

/** An authenticator of a user, and how its codes are checked. */
export interface TotpAuthenticator {
  readonly parameters: TotpParameters;
  /** Limits on guessing. */
  readonly limits: AttemptLimits;
  /** Steps to either side of the current one that are accepted, 0 or 1; 0 is used where a step lasts longer than 200 seconds. */
  readonly driftSteps: 0 | 1;
  /** The last step that may have been used elsewhere; none by default. */
  readonly usedUntil?: number;
  /**
   * How many seconds one unit of the mark of used steps stands for; the length of a step by default, so that the mark is the
   * number of a step.
   */
  readonly markSeconds?: number;
}

/** The steps to either side that are accepted, for the length of a step. */
export const driftFor = (stepSeconds: number, driftSteps: 0 | 1): 0 | 1 => (stepSeconds > LONG_STEP_SECONDS ? 0 : driftSteps);

/**
 * Checks a code of an authenticator and uses its time step up (RFC 6238, section 5.2): each step is good once, for one
 * purpose, and no older step after it. Wrong codes are counted for each purpose and primary factor apart.
 *
 * @throws FactorError `code_rejected`, `locked`
 */
export async function redeemTotp(
  context: FactorContext,
  purpose: Purpose,
  code: string,
  authenticator: TotpAuthenticator,
): Promise<void> {
  const subject = attemptSubject(context, purpose);
  const guess = await beginAttempt(context, subject, purpose, authenticator.limits);
  const mark = matchStep(context, guess, code, authenticator);
  // One mark for all purposes and primary factors, so that a step used for one is used for all; guesses are counted for
  // each, so that neither a stolen session nor another primary factor locks the owner's login.
  const steps = markSubject(context);
  if (!(await context.store.advance(steps, mark))) throw guess.reject('code_rejected', STEP_USED);
  if (subject !== steps) await context.store.pardon(subject);
  context.emit({ type: 'verified', purpose });
}

/**
 * The mark of the step that a code is of.
 *
 * @throws FactorError `code_rejected` for a wrong code, or a step that was used
 */
export function matchStep(
  { clock, emit }: FactorContext,
  guess: Attempt,
  code: string,
  { parameters, driftSteps, usedUntil = -1, markSeconds = parameters.stepSeconds }: TotpAuthenticator,
): number {
  const { stepSeconds } = parameters;
  const now = clock();
  const result = verifyTotp(parameters, code, now, driftFor(stepSeconds, driftSteps));
  // A step is used once, whatever the clock says since. Only an administrator knows which clock was wrong.
  const isFarAhead = guess.mark * markSeconds * 1000 > now + CLOCK_TOLERANCE_MS;
  if (result.ok && isFarAhead) emit({ type: 'fault', reason: 'step_ahead_of_clock' });
  if (!result.ok) throw guess.reject('code_rejected');
  const mark = (result.step * stepSeconds) / markSeconds;
  if (mark <= guess.mark || result.step <= usedUntil) throw guess.reject('code_rejected', STEP_USED);
  return mark;
}
