import type { AccountState, ServerRequest } from '../../account/ports.js';
import type { Runtime } from '../../account/runtime.js';
import { FactorError } from '../../error/factor-error.js';
import { emitter } from '../../events/event-dispatcher.js';
import type { Factor } from '../../factor/factor.js';
import type { FactorReply } from '../auth-request.js';
import { changeEnrolment } from '../change-enrolment.js';
import { endOtherSessions } from '../end-dependents.js';
import { toIso } from '../status.js';
import { StepUp } from '../step-up.js';
import type { UserFactor } from '../user-factor.js';

/**
 * Verifies an answer of a backup authenticator as a step-up proof for changing factors. It works only in a session that such
 * an answer has opened.
 *
 * The user's other sessions end, and every known address is notified.
 *
 * @throws FactorError `invalid_input` in any other session, and when the factor does not support recovery
 */
export async function recover<Enrolment extends object>(
  key: string,
  answer: unknown,
  own: UserFactor<Enrolment>,
): Promise<FactorReply> {
  const { context, factor, at } = own;
  const { recovery } = factor;
  const { enrolment } = own.enrolment;
  const stepUp = new StepUp(at);
  const mayRecover =
    recovery !== undefined &&
    context.session !== undefined &&
    (recovery.isBegunBy(context.session, enrolment) || (await stepUp.isRecovering(key)));
  if (!mayRecover)
    throw new FactorError('invalid_input', { sentence: 'This sign-in method works only at a login. Use another one.' });
  const { waitsUntil, isNew } = await recovery.prove(context, answer, enrolment);
  if (waitsUntil !== undefined) {
    if (isNew === true) context.emit({ type: 'recovery_begun', purpose: 'fresh-proof', retryAt: waitsUntil });
    return { response: { status: 'pending', availableAt: toIso(waitsUntil) } };
  }
  await endOtherSessions(at, key, 'recovery');
  const freshUntil = stepUp.freshUntil();
  await stepUp.mark(key, freshUntil, 'backup');
  context.emit({ type: 'recovery_proven', purpose: 'fresh-proof' });
  return { response: { status: 'verified', freshUntil: toIso(freshUntil) } };
}

/**
 * Ends every recovery wait of a user who has answered a factor. They still have the factor, so an attacker may have begun it.
 *
 * @param find returns the user's account; not called when no factor has a waiting period
 */
export async function cancelRecovery(runtime: Runtime, request: ServerRequest, find: () => Promise<AccountState>): Promise<void> {
  const delayed = Object.entries<Factor<object>>(runtime.factors).filter(([, { recovery }]) => recovery?.isDelayed === true);
  if (delayed.length === 0) return;
  const account = await find();
  for (const [key, { recovery }] of delayed) {
    const cancel = (enrolment: object): object | undefined => {
      const left = recovery?.cancelled(enrolment);
      return left === enrolment ? undefined : left;
    };
    const isCancelled = await changeEnrolment({ runtime, request, account }, key, cancel);
    if (isCancelled) emitter(key, runtime, request, account)({ type: 'recovery_cancelled' });
  }
}
