import type { AccountState, ServerRequest } from '../account/ports.js';
import type { Runtime } from '../account/runtime.js';
import { FactorError } from '../error/factor-error.js';
import { faultName } from '../error/fault-name.js';
import type { FactorContext } from '../factor/context.js';
import type { FactorEvent } from '../factor/factor-event.js';
import { notifyListener } from './notify-listener.js';
import { recordEvent } from './record-event.js';
import { sendNotifications } from './security-notifier.js';

/**
 * Returns a function that sends an event to the application's listener, the event log, the webhook and the user's addresses.
 *
 * @param key the factor's key in `auth`; empty for an event that concerns no factor
 * @param who the account as stored before the event, or only the user's id; without the account no notification is sent
 */
export const emitter =
  (key: string, runtime: Runtime, request: ServerRequest, who: AccountState | string | undefined): FactorContext['emit'] =>
  ({ isLogged = true, alsoAt = [], ...occurrence }) => {
    const { onEvent, clock, later } = runtime;
    const account = typeof who === 'object' ? who : undefined;
    const userId = typeof who === 'object' ? who.id : who;
    const mark = request.hasMasterKey && ({ byMasterKey: true } as const);
    const defaults = { purpose: undefined, factor: key, userId, ip: request.client.ip, ...mark, at: clock() };
    const event: FactorEvent = Object.freeze({ ...defaults, ...occurrence });
    notifyListener(onEvent, event);
    if (isLogged) recordEvent(runtime, request.server, event);
    if (account !== undefined) later(sendNotifications({ runtime, request, event, account, alsoAt }));
  };

/**
 * Runs work, emits a `fault` event when the store, a key or the random source fails, and rethrows. Unknown errors become
 * `unavailable`.
 *
 * @param isForeign recognises errors of other parts of the server, which are rethrown unchanged
 * @throws FactorError
 */
export async function emittingFaults<Result>(
  emit: FactorContext['emit'],
  work: () => Promise<Result>,
  isForeign: (fault: unknown) => boolean = () => false,
): Promise<Result> {
  try {
    return await work();
  } catch (fault) {
    if (isForeign(fault)) throw fault;
    const error = fault instanceof FactorError ? fault : new FactorError('unavailable', { cause: fault });
    if (error.code === 'unavailable') emit({ type: 'fault', reason: faultName(error.cause ?? error) });
    throw error;
  }
}
