import type { EventRecords, WaitingEvent, WebhookQueue } from '../../account/event-ports.js';
import { bytesFrom, type RandomSource } from '../../crypto/random.js';
import type { FactorEvent } from '../../factor/factor-event.js';
import type { Clock } from '../../time/clock.js';
import type { DeadLetterReason, DeadLetters } from './dead-letters.js';
import { postWebhook } from './post-webhook.js';
import { MAX_ATTEMPTS, retryDelay } from './retry-schedule.js';
import { payloadOf } from './webhook-message.js';
import type { ResolvedWebhook } from './webhook-options.js';

/** About how many messages this server sends at the same time. */
const MAX_DELIVERIES = 8;
/** For how many events the room in the queue is reserved by one count. */
const ROOM = 50;
/** How many events of one user a queue that is half full holds at least. */
const MIN_SHARE = 20;
/** How long a full queue is not counted again. */
const FULL_MS = 5000;
/** How often events look for others that are due. */
const LOOK_MS = 1000;
/** After the timeout of a try and this time, a server that has not finished it is taken for dead. */
const MARGIN_MS = 60_000;
/** How often one look asks for more events, when other servers were faster. */
const MAX_ROUNDS = 10;

/** An event that waits for its row. */
interface PendingEvent {
  readonly event: FactorEvent;
  /** Called when it has its row, or gets none. */
  readonly settle: () => void;
}

/** What all lanes share. */
export interface LaneParts {
  readonly options: ResolvedWebhook;
  readonly clock: Clock;
  readonly random: RandomSource;
  readonly deadLetters: DeadLetters;
}

/**
 * The way of events from this server to the webhook, through the queue in one database.
 *
 * Memory is bounded: by the events that wait for their row, and by the messages that are being sent. Rows are written one after
 * another, so that many events do not take all connections of the database.
 */
export class WebhookLane {
  readonly #parts: LaneParts;
  readonly #pending: PendingEvent[] = [];
  readonly #deliveries = new Set<Promise<void>>();
  #records: EventRecords;
  #isInserting = false;
  /** The event whose row is being written. */
  #current: { readonly userId: string | undefined; isDropped: boolean } | undefined;
  #looking: Promise<void> | undefined;
  #room = 0;
  #isHalfFull = false;
  #fullAt: number | undefined;
  #lookedAt: number | undefined;
  /** Whether the queue had more due events than could be taken, and the endpoint accepts them. */
  #isMoreDue = false;
  #delivered = 0;
  #failed = 0;

  constructor(parts: LaneParts, records: EventRecords) {
    this.#parts = parts;
    this.#records = records;
  }

  /** Queues an event and tries to send it; see {@link EventSender}. */
  async accept(event: FactorEvent, records: EventRecords): Promise<void> {
    this.#records = records;
    if (this.#pending.length >= this.#parts.options.maxQueued) return this.#tell('queue_full');
    await new Promise<void>((settle) => {
      this.#pending.push({ event, settle });
      if (!this.#isInserting) void this.#insertAll();
    });
    await this.#looking?.catch(() => undefined);
    await Promise.all(this.#deliveries);
  }

  /** Sends due events until none is left, or one fails. Returns how many were sent meanwhile. */
  async deliverDue(records: EventRecords): Promise<number> {
    const [delivered, failed] = [this.#delivered, this.#failed];
    const most = this.#parts.options.maxQueued / MAX_DELIVERIES + MAX_ROUNDS; // new events must not keep a job going for ever
    for (let round = 0; round < most; round += 1) {
      await this.look(records);
      await Promise.all(this.#deliveries);
      if (!this.#isBusy || this.#failed > failed) break;
    }
    await Promise.all(this.#deliveries);
    return this.#delivered - delivered;
  }

  /** Takes due events and begins to send them, as many as may be under way. Concurrent callers share one run. */
  look(records: EventRecords): Promise<void> {
    this.#records = records;
    this.#lookedAt = this.#parts.clock();
    this.#looking ??= this.#takeDue().finally(() => {
      this.#looking = undefined;
    });
    return this.#looking;
  }

  /** Drops the events of a user that wait for their row, and the one whose row is being written. */
  drop(userId: string): void {
    if (this.#current?.userId === userId) this.#current.isDropped = true;
    const isTheirs = ({ event }: PendingEvent): boolean => event.userId === userId;
    const waiting = this.#pending.splice(0);
    this.#pending.push(...waiting.filter((each) => !isTheirs(each)));
    for (const { settle } of waiting.filter(isTheirs)) settle();
  }

  get #queue(): WebhookQueue {
    return this.#records.webhookQueue;
  }

  async #insertAll(): Promise<void> {
    this.#isInserting = true;
    for (let next = this.#pending.shift(); next !== undefined; next = this.#pending.shift()) {
      await this.#insert(next.event).catch(() => this.#tell('queue_unavailable'));
      // Beside the inserts: under constant load, these never end.
      if (!this.#isRecent(this.#lookedAt, LOOK_MS)) void this.#lookQuietly();
      next.settle();
    }
    this.#isInserting = false; // in the same step as the check above: a later event begins anew
  }

  /** As {@link look}. After a fault of the database, the events stay due. */
  #lookQuietly(): Promise<void> {
    return this.look(this.#records).catch(() => undefined);
  }

  async #insert(event: FactorEvent): Promise<void> {
    const { options, clock, random } = this.#parts;
    if (!(await this.#hasRoom()) || !(await this.#isWithinShare(event))) return this.#tell('queue_full');
    const isFree = this.#deliveries.size < MAX_DELIVERIES;
    const message: WaitingEvent = {
      id: `msg_${bytesFrom(random, 16).toString('base64url')}`,
      payload: payloadOf(event, options.includeIp),
      userId: event.userId,
      at: event.at,
      attempts: isFree ? 1 : 0,
      dueAt: isFree ? this.#leaseEnd : clock(),
    };
    const current = { userId: event.userId, isDropped: false };
    this.#current = current;
    await this.#queue.add(message);
    if (current.isDropped) return this.#queue.remove(message.id);
    this.#room -= 1;
    if (isFree) this.#start(message);
    else this.#isMoreDue = true;
  }

  /** Counts the queue for every 50 events, and not again for five seconds while it is full. */
  async #hasRoom(): Promise<boolean> {
    if (this.#room > 0) return true;
    if (this.#isRecent(this.#fullAt, FULL_MS)) return false;
    const { maxQueued } = this.#parts.options;
    const queued = await this.#queue.count();
    this.#room = Math.min(ROOM, maxQueued - queued);
    this.#isHalfFull = queued >= maxQueued / 2;
    this.#fullAt = this.#room > 0 ? undefined : this.#parts.clock();
    return this.#room > 0;
  }

  /**
   * Keeps the second half of the queue from being filled by one user, who can cause events without limit, such as by changes of
   * their email (resource exhaustion, CWE-770). The limits of each network bound
   * the recorded events without a user.
   */
  async #isWithinShare({ userId }: FactorEvent): Promise<boolean> {
    if (userId === undefined || !this.#isHalfFull) return true;
    return (await this.#queue.countOf(userId)) < Math.max(MIN_SHARE, this.#parts.options.maxQueued / 50);
  }

  async #takeDue(): Promise<void> {
    for (let round = 0; round < MAX_ROUNDS; round += 1) {
      const free = MAX_DELIVERIES - this.#deliveries.size;
      this.#isMoreDue = free <= 0;
      if (free <= 0) return;
      const due = await this.#queue.due(this.#parts.clock(), free);
      // An event may have been queued meanwhile, which must not be forgotten.
      if (due.length === free) this.#isMoreDue = true;
      for (const message of due) {
        if (this.#deliveries.size >= MAX_DELIVERIES) this.#isMoreDue = true;
        else await this.#take(message);
      }
      if (!this.#isMoreDue) return;
    }
  }

  /** Begins the next try of an event, unless another server was faster. */
  async #take(message: WaitingEvent): Promise<void> {
    const isOver = message.attempts >= MAX_ATTEMPTS; // a server died in the last try
    const change = { attempts: message.attempts + (isOver ? 0 : 1), dueAt: this.#leaseEnd };
    if (!(await this.#queue.change(message, change))) return;
    if (isOver) await this.#giveUp(message, 'given_up');
    else this.#start({ ...message, ...change });
  }

  #start(message: WaitingEvent): void {
    const delivery: Promise<void> = this.#deliver(message)
      .catch(() => undefined) // the row stays, and is due again when the lease ends
      .then(() => void this.#deliveries.delete(delivery))
      .then(() => (this.#isMoreDue ? this.#lookQuietly() : undefined));
    this.#deliveries.add(delivery);
  }

  async #deliver(message: WaitingEvent): Promise<void> {
    const { options, clock, random } = this.#parts;
    const { status = 0, retryAfterMs } = await postWebhook(options, message, clock());
    if (status >= 200 && status < 300) {
      this.#delivered += 1;
      return this.#queue.remove(message.id);
    }
    this.#failed += 1;
    this.#isMoreDue = false; // an endpoint that fails gets no more until the next look
    const delay = status === 410 ? undefined : retryDelay(message.attempts, random, retryAfterMs);
    if (delay === undefined) return this.#giveUp(message, status === 410 ? 'gone' : 'given_up');
    await this.#queue.change(message, { attempts: message.attempts, dueAt: clock() + delay });
  }

  async #giveUp({ id, userId }: WaitingEvent, reason: DeadLetterReason): Promise<void> {
    await this.#queue.remove(id);
    this.#parts.deadLetters.tell(reason, this.#records, userId);
  }

  #tell(reason: DeadLetterReason): void {
    this.#parts.deadLetters.tell(reason, this.#records);
  }

  get #isBusy(): boolean {
    return this.#isMoreDue || this.#deliveries.size > 0;
  }

  get #leaseEnd(): number {
    return this.#parts.clock() + this.#parts.options.timeoutMs + MARGIN_MS;
  }

  /** Whether a time is less than this long ago. One from a clock that has stepped back is not. */
  #isRecent(at: number | undefined, forMs: number): boolean {
    return at !== undefined && Math.abs(this.#parts.clock() - at) < forMs;
  }
}
