import type { EventRecords } from '../account/event-ports.js';
import type { Runtime } from '../account/runtime.js';
import { notifyListener } from '../events/notify-listener.js';
import { recordEvent } from '../events/record-event.js';
import type { ClassIncident } from './database/closed-class.js';
import { FACTOR_EVENT_CLASS, logEvent } from './database/event-log.js';
import type { ParseDatabase } from './database/parse-database.js';
import { FACTOR_WEBHOOK_CLASS, WebhookTable } from './database/webhook-table.js';
import { serverEvent } from '../events/server-event.js';

type IncidentRuntime = Pick<Runtime, 'onEvent' | 'clock' | 'eventLog' | 'webhook' | 'later'>;

/** Emits an event when a class of this library was deleted or opened and has been restored. Its rows may be lost. */
export const classIncidents =
  (runtime: IncidentRuntime, database: ParseDatabase, className: string) =>
  (incident: ClassIncident): void => {
    const event = serverEvent(runtime, { type: 'misconfigured', reason: `${incident}:${className}` });
    notifyListener(runtime.onEvent, event);
    recordEvent(runtime, eventRecords(runtime, database), event);
  };

/** Where events are recorded in the database of a request. */
export const eventRecords = (runtime: IncidentRuntime, database: ParseDatabase): EventRecords => ({
  logEvent: (event) => logEvent(database, event, classIncidents(runtime, database, FACTOR_EVENT_CLASS)),
  get webhookQueue() {
    return new WebhookTable(database, classIncidents(runtime, database, FACTOR_WEBHOOK_CLASS));
  },
});
