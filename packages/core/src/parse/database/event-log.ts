import { randomUUID } from 'node:crypto';
import type { EventQuery } from '../../account/ports.js';
import type { FactorEvent } from '../../factor/factor-event.js';
import type { ClassIncident } from './closed-class.js';
import { findRows } from './find-rows.js';
import type { ParseDatabase, ParseRow, ParseStorage } from './parse-database.js';
import { ParseTable } from './parse-table.js';
import { RowWriter } from './row-writer.js';

/** The class of events, written when the option `eventLog` is on; closed to all but the master key. */
export const FACTOR_EVENT_CLASS = 'FactorEvent';

const FIELDS = {
  type: { type: 'String' },
  factor: { type: 'String' },
  userId: { type: 'String' },
  purpose: { type: 'String' },
  ip: { type: 'String' },
  byMasterKey: { type: 'Boolean' },
  at: { type: 'Number' },
  reason: { type: 'String' },
  retryAt: { type: 'Number' },
  remaining: { type: 'Number' },
  country: { type: 'String' },
  via: { type: 'String' },
  sent: { type: 'Number' },
  verified: { type: 'Number' },
} as const;

/** How many events one statement deletes at most. */
const BATCH = 1000;

/**
 * Deletes the events of before, in batches of 1000. Returns how many. Two servers may do it at the same time.
 *
 * @param before in epoch milliseconds
 * @param onIncident called when the class was deleted or opened and had to be restored
 */
export async function pruneEvents(
  database: ParseDatabase,
  before: number,
  onIncident?: (incident: ClassIncident) => void,
): Promise<number> {
  const table = new ParseTable(database, { className: FACTOR_EVENT_CLASS, fields: FIELDS, onIncident });
  let deleted = 0;
  let batch = BATCH;
  while (batch === BATCH) {
    const ids = (await table.list({ at: { $lt: before } }, BATCH)).map(({ objectId }) => objectId);
    if (ids.length > 0) await table.destroy({ objectId: { $in: ids } });
    batch = ids.length;
    deleted += batch;
  }
  return deleted;
}

/**
 * Stores an event. No reply waits for it.
 *
 * @param onIncident called when the class was deleted or opened and had to be restored
 */
export function logEvent(
  database: ParseDatabase,
  event: FactorEvent,
  onIncident?: (incident: ClassIncident) => void,
): Promise<void> {
  return writerFor(database.adapter).write({ ...event, objectId: randomUUID() }, (rows) =>
    new ParseTable(database, { className: FACTOR_EVENT_CLASS, fields: FIELDS, onIncident, isAwaited: false }).createAll(rows),
  );
}

const writers = new WeakMap<ParseStorage, RowWriter<ParseRow>>();

function writerFor(adapter: ParseStorage): RowWriter<ParseRow> {
  const writer = writers.get(adapter) ?? new RowWriter<ParseRow>();
  writers.set(adapter, writer);
  return writer;
}

/** Reads a user's events, the latest first; none while the class does not exist. */
export async function listEvents(database: ParseDatabase, { userId, types, limit }: EventQuery): Promise<readonly FactorEvent[]> {
  const wanted = types && { type: 'only' in types ? { $in: types.only } : { $nin: types.without } };
  const rows = await findRows(database, FACTOR_EVENT_CLASS, { userId, ...wanted }, { limit, sort: { at: -1 } });
  const known = (row: ParseRow): [string, unknown][] => Object.entries(row).filter(([name]) => Object.hasOwn(FIELDS, name));
  return rows.map((row) => Object.fromEntries(known(row)) as unknown as FactorEvent);
}
