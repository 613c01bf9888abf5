import type { Reply } from '../factor/context.js';
import type { Factor } from '../factor/factor.js';

/**
 * Returns the enrolment that a challenge is for: all of it for `true`, or the authenticator that the payload names.
 *
 * @returns undefined for any other payload
 * @throws FactorError `invalid_input`, `not_enrolled`
 */
export const chosenEnrolment = <Enrolment extends object>(
  { several }: Factor<Enrolment>,
  enrolment: Enrolment,
  payload: unknown,
): Enrolment | undefined => (payload === true ? enrolment : several?.choose?.(enrolment, payload));

/** Sends a challenge, and lists the authenticators that the user can choose instead, if there are several. */
export const withChoices = async <Enrolment extends object>(
  { several }: Factor<Enrolment>,
  enrolment: Enrolment,
  challenge: () => Promise<Reply>,
): Promise<Reply> => ({ ...(await challenge()), ...several?.choices?.(enrolment) });
