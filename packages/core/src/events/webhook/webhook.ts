import type { EventRecords, EventSender } from '../../account/event-ports.js';
import type { Runtime } from '../../account/runtime.js';
import type { FactorEvent } from '../../factor/factor-event.js';
import { type DeadLetterRuntime, DeadLetters } from './dead-letters.js';
import { type LaneParts, WebhookLane } from './webhook-lane.js';
import type { ResolvedWebhook } from './webhook-options.js';

/** How often a running server looks for events that are due. */
const LOOK_EVERY_MS = 5000;
/** After ten minutes without a running server, the timer stops. The next event starts it again. */
const MAX_LOOKS = 120;

/** Parts of the runtime, read when they are needed. */
type WebhookRuntime = DeadLetterRuntime & Pick<Runtime, 'random'>;

/** What the webhook needs besides its options. */
export interface WebhookParts {
  readonly runtime: () => WebhookRuntime;
  /** Returns where the running server records events; undefined while none runs. */
  readonly running: () => EventRecords | undefined;
}

/**
 * Sends events to the application's endpoint: signed, and tried again until the endpoint accepts them (Standard Webhooks). A
 * message may arrive twice, for example when a server dies before it notes that the endpoint has accepted it.
 */
export class Webhook implements EventSender {
  readonly #options: ResolvedWebhook;
  readonly #running: WebhookParts['running'];
  readonly #parts: LaneParts;
  /** One for each database: a process may run several servers. */
  readonly #lanes = new WeakMap<object, WebhookLane>();
  #timer: NodeJS.Timeout | undefined;

  constructor(options: ResolvedWebhook, { runtime, running }: WebhookParts) {
    this.#options = options;
    this.#running = running;
    this.#parts = {
      options,
      clock: () => runtime().clock(),
      random: (size) => runtime().random(size),
      deadLetters: new DeadLetters(runtime),
    };
  }

  accept(event: FactorEvent, records: EventRecords): Promise<void> | undefined {
    if (!this.#options.events.has(event.type)) return undefined;
    this.watch();
    return this.#laneFor(records).accept(event, records);
  }

  deliverDue(records: EventRecords): Promise<number> {
    return this.#laneFor(records).deliverDue(records);
  }

  async forget(userId: string, records: EventRecords): Promise<void> {
    this.#laneFor(records).drop(userId);
    await records.webhookQueue.removeUser(userId);
  }

  /** Looks for due events while a server runs. The timer does not keep the process alive, and stops with the server. */
  watch(): void {
    if (this.#timer !== undefined) return;
    let [looks, wasRunning] = [0, false];
    const timer = setInterval(() => {
      const records = this.#running();
      looks += 1;
      wasRunning ||= records !== undefined;
      if (records !== undefined) {
        this.#laneFor(records)
          .look(records)
          .catch(() => undefined);
      } else if (wasRunning || looks >= MAX_LOOKS) {
        clearInterval(timer);
        this.#timer = undefined;
      }
    }, LOOK_EVERY_MS);
    timer.unref();
    this.#timer = timer;
  }

  #laneFor(records: EventRecords): WebhookLane {
    const { database } = records.webhookQueue;
    const lane = this.#lanes.get(database) ?? new WebhookLane(this.#parts, records);
    this.#lanes.set(database, lane);
    return lane;
  }
}
