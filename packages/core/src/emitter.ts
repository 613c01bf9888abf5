import { logEvent } from './event-log.js';
import { tell, type FactorEvent } from './factor-event.js';
import type { FactorContext } from './factor.js';
import type { FactorRuntime } from './factor-runtime.js';
import type { HookRequest } from './parse-hooks.js';

/** What a factor tells the application's listener, and the event log, with. */
export const emitter =
  (
    key: string,
    { onEvent, clock, eventLog }: Pick<FactorRuntime, 'onEvent' | 'clock' | 'eventLog'>,
    { ip, config }: Pick<HookRequest, 'ip' | 'config'>,
    userId: string | undefined,
  ): FactorContext['emit'] =>
  (occurrence) => {
    const event: FactorEvent = Object.freeze({ purpose: undefined, ...occurrence, factor: key, userId, ip, at: clock() });
    tell(onEvent, event);
    if (eventLog) logEvent(config.database, event);
  };
