import type { ServerRequest, Session } from '../../account/ports.js';
import type { Runtime } from '../../account/runtime.js';
import { FactorError } from '../../error/factor-error.js';
import { emittingFaults } from '../../events/event-dispatcher.js';
import type { Reply } from '../../factor/context.js';
import { type PaymentDetails, readPaymentDetails } from '../../validation/payment-details.js';
import { chooseWay, chosenEnrolment, withChoices } from '../choose-authenticator.js';
import { ownerOf } from '../step-up.js';
import { UserFactor } from '../user-factor.js';

/** A payment that the session's user is to confirm. */
export interface PaymentChallenge {
  /** The key of a factor that sends codes, such as `otp`. */
  readonly factor: string;
  /** What the user confirms. */
  readonly details: PaymentDetails;
  /** The id of one of the user's addresses; the first by default. */
  readonly id?: string | undefined;
  /** One of the ways that the factor offers; the first by default. */
  readonly via?: string | undefined;
}

/** The user's answer. */
export interface PaymentAnswer {
  /** The key of the factor that has sent the code. */
  readonly factor: string;
  /** The same details as when the code was sent. */
  readonly details: PaymentDetails;
  /** The code that the user has entered: a string, or `{ code }`. */
  readonly code: unknown;
}

/** A Cloud Code request with the user's session. */
export interface PaymentRequest extends ServerRequest {
  readonly runtime: Runtime;
  readonly session: Session | undefined;
}

const PURPOSE = 'payment';

/**
 * Sends a code that confirms one payment. The message shows the amount and the payee, and the code is bound to both.
 *
 * @throws FactorError `session_required`, `not_enrolled`, `invalid_input`, `address_refused`, `cooldown`, `locked`,
 *   `delivery_failed`, `unavailable`
 */
export async function challengePayment(at: PaymentRequest, { factor: key, details, id, via }: PaymentChallenge): Promise<Reply> {
  const named = { ...(id !== undefined && { id }), ...(via !== undefined && { via }) };
  const sent = Object.keys(named).length === 0 ? true : named;
  const { payload, request } = chooseWay(paymentFactor(at, key), sent, at);
  const own = await ownFactor(request, key, details);
  const { factor, context } = own;
  const { enrolment } = own.enrolment;
  const chosen = chosenEnrolment(factor, enrolment, payload);
  if (chosen === undefined)
    throw new FactorError('invalid_input', { sentence: 'This factor has no authenticators or ways to choose from.' });
  return emittingFaults(context.emit, () => withChoices(factor, enrolment, () => factor.challenge(context, PURPOSE, chosen)));
}

/**
 * Verifies the code of a payment and uses it up. It resolves only for the amount and the payee that the code was sent for.
 *
 * @throws FactorError `code_rejected`, `code_expired`, `locked`, `session_required`, `not_enrolled`, `invalid_input`
 */
export async function verifyPayment(at: PaymentRequest, { factor: key, details, code }: PaymentAnswer): Promise<void> {
  const own = await ownFactor(at, key, details);
  const answer = await own.readAnswer(code, 'sign-in');
  const { factor, context } = own;
  await emittingFaults(context.emit, () => factor.verify(context, PURPOSE, answer, own.enrolment.enrolment));
}

/** @throws FactorError `invalid_input` for a factor whose codes cannot confirm payments */
function paymentFactor({ runtime }: Pick<PaymentRequest, 'runtime'>, key: unknown): Runtime['factors'][string] {
  const able = Object.keys(runtime.factors).filter((each) => runtime.factors[each]?.confirmsPayments === true);
  const factor = typeof key === 'string' && able.includes(key) ? runtime.factors[key] : undefined;
  if (factor !== undefined) return factor;
  const accepts = able.map((each) => JSON.stringify(each)).join(' or ') || 'a factor that sends codes';
  throw new FactorError('invalid_input', { sentence: `Field "factor" must be ${accepts}.` });
}

async function ownFactor(at: PaymentRequest, key: string, sent: unknown): Promise<UserFactor<object>> {
  const { runtime, server, session } = at;
  paymentFactor(at, key);
  const details = readPaymentDetails(sent);
  const { userId } = ownerOf(server.appId, session);
  return new UserFactor<object>(key, runtime, { ...at, details }, await server.accounts.get(userId), { session });
}
