import type { ClassIncident } from './closed-class.js';
import { FACTOR_EVENT_CLASS, logEvent } from './event-log.js';
import { tell, type FactorEvent } from './factor-event.js';
import type { FactorRuntime } from './factor-runtime.js';
import type { FactorContext, FactorUser } from './factor.js';
import { sendNotices } from './notices.js';
import type { ParseDatabase } from './parse-database.js';
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
    if (eventLog && isLogged)
      logEvent(request.config.database, event, tellIncident(runtime, request.config.database, FACTOR_EVENT_CLASS));
    if (user !== undefined) sendNotices(runtime, request, event, user).catch(() => undefined);
  };

/** Tells that a class of ours was deleted or opened, and has been made anew: what it held is lost. */
export const tellIncident =
  (
    { onEvent, clock, eventLog }: Pick<FactorRuntime, 'onEvent' | 'clock' | 'eventLog'>,
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
    if (eventLog) logEvent(database, event);
  };
