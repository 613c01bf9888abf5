import { createHmac, randomBytes } from 'node:crypto';

const MOST = 10_000;
/** The longest time for which a code is valid. */
const KEPT_MS = 10 * 60_000;

/**
 * Remembers the ids of sent messages in the memory of this process: 10,000 at most, for 10 minutes. It holds neither codes nor
 * numbers.
 */
export class SentMessages {
  readonly #secret = randomBytes(32);
  readonly #clock: () => number;
  /** The oldest first. */
  readonly #ids = new Map<string, { readonly id: string; readonly until: number }>();

  constructor(clock: () => number = () => performance.now()) {
    this.#clock = clock;
  }

  add(to: string, code: string, id: string): void {
    const now = this.#clock();
    for (const [name, { until }] of this.#ids) {
      if (until > now && this.#ids.size < MOST) break;
      this.#ids.delete(name);
    }
    this.#ids.set(this.#nameOf(to, code), { id, until: now + KEPT_MS });
  }

  /** Returns the id of the message with that code, once. */
  take(to: string, code: string): string | undefined {
    const name = this.#nameOf(to, code);
    const found = this.#ids.get(name);
    this.#ids.delete(name);
    return found !== undefined && found.until > this.#clock() ? found.id : undefined;
  }

  #nameOf(to: string, code: string): string {
    return createHmac('sha256', this.#secret)
      .update(JSON.stringify([to, code]))
      .digest('base64url');
  }
}
