import type { Runtime } from '../account/runtime.js';
import { notifyListener } from '../events/notify-listener.js';
import type { ClassIncident } from './database/closed-class.js';
import { logEvent } from './database/event-log.js';
import type { ParseDatabase } from './database/parse-database.js';
import { serverEvent } from './server-event.js';

/** Emits an event when a class of this library was deleted or opened and has been restored. Its rows may be lost. */
export const classIncidents =
  (
    { onEvent, clock, eventLog, later }: Pick<Runtime, 'onEvent' | 'clock' | 'eventLog' | 'later'>,
    database: ParseDatabase,
    className: string,
  ) =>
  (incident: ClassIncident): void => {
    const event = serverEvent({ clock }, { type: 'misconfigured', reason: `${incident}:${className}` });
    notifyListener(onEvent, event);
    if (eventLog) later(logEvent(database, event));
  };
