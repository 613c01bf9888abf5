import { randomUUID } from 'node:crypto';
import type { FactorEvent } from '../../factor/factor-event.js';
import type { ClassIncident } from './closed-class.js';
import type { ParseDatabase } from './parse-database.js';
import { ParseTable } from './parse-table.js';

/** The class of events, written when the option `eventLog` is on; closed to all but the master key. */
export const FACTOR_EVENT_CLASS = 'FactorEvent';

const FIELDS = {
  type: { type: 'String' },
  factor: { type: 'String' },
  userId: { type: 'String' },
  purpose: { type: 'String' },
  ip: { type: 'String' },
  at: { type: 'Number' },
  reason: { type: 'String' },
  retryAt: { type: 'Number' },
  remaining: { type: 'Number' },
  country: { type: 'String' },
  via: { type: 'String' },
  sent: { type: 'Number' },
  verified: { type: 'Number' },
} as const;

/**
 * Stores an event. No reply waits for it.
 *
 * @param onIncident called when the class was deleted or opened and had to be restored
 */
export async function logEvent(
  database: ParseDatabase,
  event: FactorEvent,
  onIncident?: (incident: ClassIncident) => void,
): Promise<void> {
  const fields = Object.entries(event).filter(([, value]) => value !== undefined);
  const row = { ...Object.fromEntries(fields), objectId: randomUUID() };
  await new ParseTable(database, { className: FACTOR_EVENT_CLASS, fields: FIELDS, onIncident, isAwaited: false }).create(row);
}
