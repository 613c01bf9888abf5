import type { EventRecords } from '../../account/event-ports.js';
import type { Runtime } from '../../account/runtime.js';
import { notifyListener } from '../notify-listener.js';
import { recordEvent } from '../record-event.js';
import { serverEvent } from '../server-event.js';

/**
 * Why an event does not reach the webhook. `given_up`: the last try failed. `gone`: the endpoint answered with status 410.
 * `queue_full`: too many events wait. `queue_unavailable`: the database could not take it.
 */
export type DeadLetterReason = 'given_up' | 'gone' | 'queue_full' | 'queue_unavailable';

/** At most one event says so in this time, for reasons that concern all events. */
const QUIET_MS = 60_000;

/** The part of the runtime that dead letters need. */
export type DeadLetterRuntime = Pick<Runtime, 'onEvent' | 'clock' | 'eventLog' | 'later'>;

/** Tells the listener and the event log that events do not reach the webhook. The webhook itself is not told: that would loop. */
export class DeadLetters {
  readonly #runtime: () => DeadLetterRuntime;
  readonly #toldAt = new Map<DeadLetterReason, number>();

  constructor(runtime: () => DeadLetterRuntime) {
    this.#runtime = runtime;
  }

  /** Emits `webhook_failed`. Reasons other than `given_up` are told once a minute at most. */
  tell(reason: DeadLetterReason, records: EventRecords, userId?: string): void {
    const { onEvent, clock, eventLog, later } = this.#runtime();
    const now = clock();
    const toldAt = this.#toldAt.get(reason);
    if (reason !== 'given_up' && toldAt !== undefined && Math.abs(now - toldAt) < QUIET_MS) return;
    this.#toldAt.set(reason, now);
    const event = serverEvent({ clock }, { type: 'webhook_failed', userId, reason });
    notifyListener(onEvent, event);
    recordEvent({ eventLog, later, webhook: undefined }, records, event);
  }
}
