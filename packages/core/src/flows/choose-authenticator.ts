import type { ServerRequest } from '../account/ports.js';
import { FactorError } from '../error/factor-error.js';
import type { Reply } from '../factor/context.js';
import type { Factor } from '../factor/factor.js';
import { asObject } from '../validation/json-object.js';

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

/** What a request asks for without its way, and the request with that way. */
export interface ByWay<Request extends ServerRequest> {
  readonly payload: unknown;
  readonly request: Request;
}

/** Payloads with these fields ask for no code. */
const NO_REQUESTS = ['show', 'code', 'credential'];

/**
 * Takes the way by which the client wants its code out of what it has sent. `{ via }` alone becomes `true`. Without `via`, and
 * for a factor that offers no ways, nothing changes.
 *
 * @throws FactorError `invalid_input`, naming the ways that the factor offers
 */
export function chooseWay<Request extends ServerRequest>(
  { ways }: Pick<Factor<object>, 'ways'>,
  sent: unknown,
  request: Request,
): ByWay<Request> {
  const { via, ...payload } = asObject(sent) ?? {};
  const isChosen = ways !== undefined && via !== undefined && !NO_REQUESTS.some((name) => Object.hasOwn(payload, name));
  if (!isChosen) return { payload: sent, request };
  if (typeof via === 'string' && ways.includes(via))
    return { payload: Object.keys(payload).length === 0 ? true : payload, request: { ...request, via } };
  const accepts = ways.map((way) => JSON.stringify(way)).join(' or ');
  throw new FactorError('invalid_input', { sentence: `Field "via" must be ${accepts}.` });
}
