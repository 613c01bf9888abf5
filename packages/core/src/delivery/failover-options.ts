import type { Clock } from '../time/clock.js';

/** Options of {@link failover}. */
export interface FailoverOptions {
  /**
   * How long one channel may take, in milliseconds, 50 to 15,000; 4000 by default. All channels together have the
   * factor's `deliveryTimeoutMs`.
   */
  readonly timeoutMs?: number;
  /** Failures in a row after which a channel is tried last for a while, 1 to 100; 5 by default. */
  readonly maxFailures?: number;
  /**
   * How long such a channel is tried last, in milliseconds, a second to an hour; 30,000 by default. After that, one
   * message tries it again.
   */
  readonly openMs?: number;
  /** Called for each channel that failed, with its name and the name or code of the fault. Errors it throws are ignored. */
  readonly onFailure?: (channel: string, reason: string) => unknown;
  /** The time in epoch milliseconds; `Date.now` by default. */
  readonly clock?: Clock;
}
