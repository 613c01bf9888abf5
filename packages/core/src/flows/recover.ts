import { FactorError } from '../error/factor-error.js';
import { emitter } from '../events/event-dispatcher.js';
import type { FactorUser } from '../factor/context.js';
import type { Factor } from '../factor/factor.js';
import type { HookResult } from '../parse/auth-adapter.js';
import type { AskedRequest } from './factor-context.js';
import { toIso, UNCHANGED } from './factor-enrolment.js';
import { changeRecord } from './record-change.js';
import type { FactorRuntime } from './runtime.js';
import type { FactorRequest } from './user-factor.js';

/**
 * Takes an answer that stands in for a factor as a proof for changing factors: only in a session that such an
 * answer has opened. The user's other sessions end, and every known address is told.
 *
 * @throws FactorError `invalid_input` in any other session, and where the factor does not do so
 */
export async function recover<Enrolment extends object>(
  key: string,
  { recovery }: Factor<Enrolment>,
  payload: unknown,
  scope: FactorRequest<Enrolment>,
): Promise<HookResult> {
  const { account, context } = scope;
  const { session } = context;
  const { enrolment } = scope.enrolment;
  const mayRecover =
    recovery !== undefined &&
    session !== undefined &&
    (recovery.isBegunBy(session, enrolment) || (await account.isRecovering(key)));
  if (!mayRecover) throw new FactorError('invalid_input', { sentence: 'This is for logging in only.' });
  const { waitsUntil, isNew } = await recovery.prove(context, payload, enrolment);
  if (waitsUntil !== undefined) {
    if (isNew === true) context.emit({ type: 'recovery_begun', purpose: 'fresh-proof', retryAt: waitsUntil });
    return { ...UNCHANGED, response: { status: 'pending', availableAt: toIso(waitsUntil) } };
  }
  await account.endOtherSessions(key, 'recovery');
  const freshUntil = account.freshUntil();
  await account.markFresh(key, freshUntil);
  context.emit({ type: 'recovery_proven', purpose: 'fresh-proof' });
  return { ...UNCHANGED, response: { status: 'verified', freshUntil: toIso(freshUntil) } };
}

/**
 * Ends every wait of a user who has answered a factor: they have not lost it, and somebody else may have begun that.
 *
 * @param fetch gives the stored row; not asked where no factor lets anybody wait
 */
export async function cancelRecovery(
  runtime: FactorRuntime,
  request: AskedRequest,
  fetch: () => Promise<FactorUser>,
): Promise<void> {
  const delayed = Object.entries<Factor<object>>(runtime.factors).filter(([, { recovery }]) => recovery?.isDelayed === true);
  if (delayed.length === 0) return;
  const user = await fetch();
  for (const [key, { recovery }] of delayed) {
    const cancel = (enrolment: object): object | undefined => {
      const left = recovery?.cancelled(enrolment);
      return left === enrolment ? undefined : left;
    };
    const isCancelled = (await changeRecord({ runtime, config: request.config, user, key }, cancel)) !== undefined;
    if (isCancelled) emitter(key, runtime, request, user)({ type: 'recovery_cancelled' });
  }
}
