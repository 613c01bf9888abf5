import type { FactorContext, FactorUser } from '../factor/context.js';
import type { FactorEvent, FactorListener } from '../factor/factor-event.js';
import type { AskedRequest } from '../flows/factor-context.js';
import type { FactorRuntime } from '../flows/runtime.js';
import { ipOf } from '../parse/client-ip.js';
import type { ClassIncident } from '../parse/database/closed-class.js';
import { FACTOR_EVENT_CLASS, logEvent } from '../parse/database/event-log.js';
import type { ParseDatabase } from '../parse/database/parse-table.js';
import { sendNotices } from './security-notifier.js';

/**
 * What a factor tells the application's listener, the event log, and the user himself with.
 *
 * @param who the user's row as it was stored before, or his id where no more is known of him
 */
export const emitter =
  (key: string, runtime: FactorRuntime, request: AskedRequest, who: FactorUser | string | undefined): FactorContext['emit'] =>
  ({ isLogged = true, ...occurrence }) => {
    const { onEvent, clock, eventLog, later, clientIp } = runtime;
    const user = typeof who === 'object' ? who : undefined;
    const userId = typeof who === 'object' ? who.id : who;
    const defaults = { purpose: undefined, factor: key, userId, ip: ipOf(clientIp, request), at: clock() };
    const event: FactorEvent = Object.freeze({ ...defaults, ...occurrence });
    tell(onEvent, event);
    if (eventLog && isLogged) {
      const { database } = request.config;
      later(logEvent(database, event, tellIncident(runtime, database, FACTOR_EVENT_CLASS)));
    }
    if (user !== undefined) later(sendNotices(runtime, request, event, user));
  };

/** Tells that a class of ours was deleted or opened, and has been made anew: what it held is lost. */
export const tellIncident =
  (
    { onEvent, clock, eventLog, later }: Pick<FactorRuntime, 'onEvent' | 'clock' | 'eventLog' | 'later'>,
    database: ParseDatabase,
    className: string,
  ) =>
  (incident: ClassIncident): void => {
    const about = { factor: '', userId: undefined, purpose: undefined, ip: undefined };
    const event: FactorEvent = Object.freeze({
      type: 'misconfigured',
      ...about,
      at: clock(),
      reason: `${incident}:${className}`,
    });
    tell(onEvent, event);
    if (eventLog) later(logEvent(database, event));
  };

/** Tells a listener, and outlives whatever it does. */
export function tell(listener: FactorListener | undefined, event: FactorEvent): void {
  if (listener === undefined) return;
  try {
    Promise.resolve(listener(event)).catch(() => undefined);
  } catch {
    // The listener is the application's own; what it throws is not the login's business.
  }
}
