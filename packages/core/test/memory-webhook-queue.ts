import type { WaitingEvent, WaitingEventChange, WebhookQueue } from '../src/account/event-ports.js';

/** The queue of the webhook in a few lines, in memory. */
export class MemoryWebhookQueue implements WebhookQueue {
  readonly database: object = {};
  readonly rows: Map<string, WaitingEvent> = new Map<string, WaitingEvent>();
  /** How often each method was called. */
  readonly calls: Record<string, number> = {};
  /** When set, each call waits for it or fails with it. */
  before: (() => Promise<void>) | undefined;
  /** When set, each new row waits for it. */
  beforeAdd: (() => Promise<void>) | undefined;

  async add(event: WaitingEvent): Promise<void> {
    await this.#begin('add');
    await this.beforeAdd?.();
    this.rows.set(event.id, event);
  }

  async due(now: number, limit: number): Promise<readonly WaitingEvent[]> {
    await this.#begin('due');
    return [...this.rows.values()].filter(({ dueAt }) => dueAt <= now).slice(0, limit);
  }

  async change({ id, attempts, dueAt }: WaitingEvent, change: WaitingEventChange): Promise<boolean> {
    await this.#begin('change');
    const row = this.rows.get(id);
    if (row === undefined || row.attempts !== attempts || row.dueAt !== dueAt) return false;
    this.rows.set(id, { ...row, ...change });
    return true;
  }

  async remove(id: string): Promise<void> {
    await this.#begin('remove');
    this.rows.delete(id);
  }

  async removeUser(userId: string): Promise<void> {
    await this.#begin('removeUser');
    for (const [id, row] of this.rows) if (row.userId === userId) this.rows.delete(id);
  }

  async count(): Promise<number> {
    await this.#begin('count');
    return this.rows.size;
  }

  async countOf(userId: string): Promise<number> {
    await this.#begin('countOf');
    return [...this.rows.values()].filter((row) => row.userId === userId).length;
  }

  async hasWaitedSince(at: number): Promise<boolean> {
    await this.#begin('hasWaitedSince');
    return [...this.rows.values()].some((row) => row.at <= at);
  }

  async #begin(name: string): Promise<void> {
    this.calls[name] = (this.calls[name] ?? 0) + 1;
    await this.before?.();
  }
}
