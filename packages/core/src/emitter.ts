import { logEvent } from './event-log.js';
import { tell, type FactorEvent } from './factor-event.js';
import type { FactorRuntime } from './factor-runtime.js';
import type { FactorContext, FactorUser } from './factor.js';
import { sendNotices } from './notices.js';
import type { HookRequest } from './parse-hooks.js';

/**
 * What a factor tells the application's listener, the event log, and the user himself with.
 *
 * @param who the user's row as it was stored before, or his id where no more is known of him
 */
export const emitter =
  (
    key: string,
    runtime: FactorRuntime,
    request: Pick<HookRequest, 'ip' | 'installationId' | 'config'>,
    who: FactorUser | string | undefined,
  ): FactorContext['emit'] =>
  ({ isLogged = true, ...occurrence }) => {
    const { onEvent, clock, eventLog } = runtime;
    const user = typeof who === 'object' ? who : undefined;
    const userId = typeof who === 'object' ? who.id : who;
    const defaults = { purpose: undefined, factor: key, userId, ip: request.ip, at: clock() };
    const event: FactorEvent = Object.freeze({ ...defaults, ...occurrence });
    tell(onEvent, event);
    if (eventLog && isLogged) logEvent(request.config.database, event);
    if (user !== undefined) sendNotices(runtime, request, event, user).catch(() => undefined);
  };
