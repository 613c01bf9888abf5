import { bytesFrom, type RandomSource } from '@parse-factors/core/factor';
import type { Clock } from '@parse-factors/core/store';

/** The longest time between a request's look-up and its reply. */
const LIFE_MS = 5 * 60_000;
const TICKET_BYTES = 32;

/**
 * Keeps look-up results of requests in progress under unguessable tickets. The process that looks a user up also answers the
 * request, so memory is enough. Each ticket works once.
 */
export class Tickets<Content> {
  readonly #contents = new Map<string, { readonly content: Content; readonly diesAt: number }>();

  /** Stores the content and returns its ticket. */
  issue(content: Content, { clock, random }: { readonly clock: Clock; readonly random: RandomSource }): string {
    const now = clock();
    // Removes expired tickets, oldest first. They are left by requests that failed after their look-up.
    for (const [name, { diesAt }] of this.#contents) {
      if (diesAt > now && diesAt <= now + LIFE_MS) break;
      this.#contents.delete(name);
    }
    const ticket = bytesFrom(random, TICKET_BYTES).toString('base64url');
    this.#contents.set(ticket, { content, diesAt: now + LIFE_MS });
    return ticket;
  }

  /** Returns the content to the first caller and removes it. */
  take(ticket: string, clock: Clock): Content | undefined {
    const kept = this.#contents.get(ticket);
    this.#contents.delete(ticket);
    return kept === undefined || kept.diesAt <= clock() ? undefined : kept.content;
  }
}
