import type { EventRecords } from '../account/event-ports.js';
import type { Runtime } from '../account/runtime.js';
import type { FactorEvent } from '../factor/factor-event.js';

/** Writes an event to the event log and sends it to the webhook, where the application has them. No reply waits for it. */
export function recordEvent(
  { eventLog, webhook, later }: Pick<Runtime, 'eventLog' | 'webhook' | 'later'>,
  records: EventRecords,
  event: FactorEvent,
): void {
  if (eventLog) later(records.logEvent(event));
  const sent = webhook?.accept(event, records);
  if (sent !== undefined) later(sent);
}
