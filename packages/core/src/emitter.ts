import { ipOf } from './client-ip.js';
import { logEvent } from './event-log.js';
import { tell, type FactorEvent } from './factor-event.js';
import type { FactorRuntime } from './factor-runtime.js';
import type { FactorContext, FactorUser } from './factor.js';
import { sendNotices } from './notices.js';
import type { AskedRequest } from './request-context.js';

/**
 * What a factor tells the application's listener, the event log, and the user himself with.
 *
 * @param who the user's row as it was stored before, or his id where no more is known of him
 */
export const emitter =
  (key: string, runtime: FactorRuntime, request: AskedRequest, who: FactorUser | string | undefined): FactorContext['emit'] =>
  (occurrence) => {
    const { onEvent, clock, eventLog, later, clientIp } = runtime;
    const user = typeof who === 'object' ? who : undefined;
    const userId = typeof who === 'object' ? who.id : who;
    const defaults = { purpose: undefined, factor: key, userId, ip: ipOf(clientIp, request), at: clock() };
    const event: FactorEvent = Object.freeze({ ...defaults, ...occurrence });
    tell(onEvent, event);
    if (eventLog) later(logEvent(request.config.database, event));
    if (user !== undefined) later(sendNotices(runtime, request, event, user));
  };
