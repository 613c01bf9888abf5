import { isAddressRefused } from '../error/factor-error.js';
import { faultName } from '../error/fault-name.js';
import { withTimeout } from '../time/timeout.js';
import { type Channel, RecipientUnreachable } from './channel.js';
import type { FailoverOptions } from './failover-options.js';

export type Sending = (channel: Channel, signal: AbortSignal) => Promise<void>;

/** A channel with a circuit breaker. */
export class Circuit {
  readonly #channel: Channel;
  readonly #options: Required<FailoverOptions>;
  #failures = 0;
  #openUntil = 0;

  constructor(channel: Channel, options: Required<FailoverOptions>) {
    this.#channel = channel;
    this.#options = options;
  }

  get name(): string {
    return this.#channel.name;
  }

  /**
   * Tells whether to try the channel. While the circuit is open it returns false. After `openMs` it lets one message
   * try, and the others wait for that result.
   */
  mayTry(): boolean {
    const { maxFailures, openMs, clock } = this.#options;
    if (this.#failures < maxFailures) return true;
    const now = clock();
    // A time further ahead than `openMs` was written by a clock that ran ahead.
    if (now < this.#openUntil && this.#openUntil <= now + openMs) return false;
    this.#openUntil = now + openMs;
    return true;
  }

  get notifies(): boolean {
    return this.#channel.notify !== undefined;
  }

  async send(sending: Sending, outer: AbortSignal): Promise<void> {
    const { timeoutMs, openMs, maxFailures, clock } = this.#options;
    try {
      await withTimeout(timeoutMs, (signal) => sending(this.#channel, signal), outer);
      this.#failures = 0;
    } catch (fault) {
      if (isAddressRefused(fault)) throw fault;
      if (fault instanceof RecipientUnreachable) {
        this.#failures = 0; // the channel has answered
        throw fault;
      }
      this.#failures += 1;
      if (this.#failures >= maxFailures) this.#openUntil = clock() + openMs;
      this.#notifyListener(faultName(fault));
      throw fault;
    }
  }

  #notifyListener(reason: string): void {
    try {
      Promise.resolve(this.#options.onFailure?.(this.name, reason)).catch(() => undefined);
    } catch {
      // Errors that the application's listener throws are ignored.
    }
  }
}
