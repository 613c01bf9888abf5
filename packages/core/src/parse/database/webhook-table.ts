import type { WaitingEvent, WaitingEventChange, WebhookQueue } from '../../account/event-ports.js';
import { MAX_DELAY_MS } from '../../events/webhook/retry-schedule.js';
import type { ClassIncident } from './closed-class.js';
import type { ParseDatabase, ParseRow } from './parse-database.js';
import { ParseTable } from './parse-table.js';

/** The class of the events that wait for the webhook; closed to all but the master key. */
export const FACTOR_WEBHOOK_CLASS = 'FactorWebhook';

const FIELDS = {
  payload: { type: 'String' },
  userId: { type: 'String' },
  at: { type: 'Number' },
  attempts: { type: 'Number' },
  dueAt: { type: 'Number' },
} as const;

/** Keeps the events that wait for the webhook, one row each. No request waits for most of its statements. */
export class WebhookTable implements WebhookQueue {
  readonly database: object;
  readonly #table: ParseTable;

  /** @param onIncident called when the class was deleted or opened and had to be restored */
  constructor(database: ParseDatabase, onIncident?: (incident: ClassIncident) => void) {
    this.database = database.adapter;
    this.#table = new ParseTable(database, { className: FACTOR_WEBHOOK_CLASS, fields: FIELDS, onIncident, isAwaited: false });
  }

  async add({ id, userId, ...event }: WaitingEvent): Promise<void> {
    await this.#table.create({ ...event, objectId: id, ...(userId !== undefined && { userId }) });
  }

  async due(now: number, limit: number): Promise<readonly WaitingEvent[]> {
    const isDue = [{ dueAt: { $lte: now } }, { dueAt: { $gt: now + MAX_DELAY_MS } }];
    return (await this.#table.list({ $or: isDue }, limit)).map(toEvent);
  }

  async change({ id, attempts, dueAt }: WaitingEvent, change: WaitingEventChange): Promise<boolean> {
    return (await this.#table.update({ objectId: id, attempts, dueAt }, { ...change })) !== undefined;
  }

  async remove(id: string): Promise<void> {
    await this.#table.destroy({ objectId: id });
  }

  async removeUser(userId: string): Promise<void> {
    await this.#table.destroy({ userId });
  }

  count(): Promise<number> {
    return this.#table.count({ at: { $gte: 0 } });
  }

  countOf(userId: string): Promise<number> {
    return this.#table.count({ userId });
  }

  async hasWaitedSince(at: number): Promise<boolean> {
    return (await this.#table.list({ at: { $lte: at } }, 1)).length > 0;
  }
}

const toEvent = (row: ParseRow): WaitingEvent => ({
  id: String(row['objectId']),
  payload: String(row['payload']),
  userId: typeof row['userId'] === 'string' ? row['userId'] : undefined,
  at: Number(row['at']),
  attempts: Number(row['attempts']),
  dueAt: Number(row['dueAt']),
});
