import type { FactorEvent } from '../factor/factor-event.js';

/** An event that waits to be sent to the webhook. */
export interface WaitingEvent {
  /** The id of the message, the same at every try. */
  readonly id: string;
  /** The JSON to send. */
  readonly payload: string;
  /** The `objectId` of the event's user, if there is one. */
  readonly userId: string | undefined;
  /** When the event happened, in epoch milliseconds. */
  readonly at: number;
  /** How many tries have begun. */
  readonly attempts: number;
  /**
   * When the next try may begin, in epoch milliseconds. While a server tries, it is the time at which other servers may assume
   * that this server has died.
   */
  readonly dueAt: number;
}

/** What changes of an event that waits. */
export type WaitingEventChange = Pick<WaitingEvent, 'attempts' | 'dueAt'>;

/** The events that wait to be sent, of all servers that share a database. */
export interface WebhookQueue {
  /** Stands for the database: the same object in all requests. */
  readonly database: object;
  add(event: WaitingEvent): Promise<void>;
  /** Returns up to `limit` events whose next try may begin now. */
  due(now: number, limit: number): Promise<readonly WaitingEvent[]>;
  /** Changes an event that no other server has changed since it was read. Returns whether it did. */
  change(event: WaitingEvent, change: WaitingEventChange): Promise<boolean>;
  remove(id: string): Promise<void>;
  removeUser(userId: string): Promise<void>;
  count(): Promise<number>;
  /** Counts the events of a user. */
  countOf(userId: string): Promise<number>;
  /** Whether an event waits that happened at that time or before, in epoch milliseconds. */
  hasWaitedSince(at: number): Promise<boolean>;
}

/** Where events are recorded, besides the application's listener. */
export interface EventRecords {
  /** Writes an event to the application's database. */
  logEvent(event: FactorEvent): Promise<void>;
  readonly webhookQueue: WebhookQueue;
}

/** Sends events to the webhook. */
export interface EventSender {
  /**
   * Queues an event and tries to send it. Never rejects, and no reply waits for it.
   *
   * @returns a promise that resolves when the event is queued, and what is being sent was tried; undefined if the webhook does not
   *   receive events of this type
   */
  accept(event: FactorEvent, records: EventRecords): Promise<void> | undefined;
  /** Sends the events that are due, until one fails. Returns how many were sent. */
  deliverDue(records: EventRecords): Promise<number>;
  /** Removes the events of a user. */
  forget(userId: string, records: EventRecords): Promise<void>;
}
