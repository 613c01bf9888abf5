import { bytesFrom, type RandomSource } from '@parse-factors/core/factor';
import type { Clock } from '@parse-factors/core/store';

/** A request takes no longer from being looked up to being answered. */
const LIFE_MS = 5 * 60_000;
const TICKET_BYTES = 32;

/**
 * What was found out about requests that are still being answered, under names that nobody can guess. A
 * request is answered by the process that looked it up, so it is kept in memory, and given out once.
 */
export class Tickets<Content> {
  readonly #contents = new Map<string, { readonly content: Content; readonly diesAt: number }>();

  /** Keeps it; gives its name. */
  issue(content: Content, { clock, random }: { readonly clock: Clock; readonly random: RandomSource }): string {
    const now = clock();
    // The oldest come first. What is left behind is of requests that failed in between.
    for (const [name, { diesAt }] of this.#contents) {
      if (diesAt > now && diesAt <= now + LIFE_MS) break;
      this.#contents.delete(name);
    }
    const ticket = bytesFrom(random, TICKET_BYTES).toString('base64url');
    this.#contents.set(ticket, { content, diesAt: now + LIFE_MS });
    return ticket;
  }

  /** Gives it out, to the first who asks. */
  take(ticket: string, clock: Clock): Content | undefined {
    const kept = this.#contents.get(ticket);
    this.#contents.delete(ticket);
    return kept === undefined || kept.diesAt <= clock() ? undefined : kept.content;
  }
}
