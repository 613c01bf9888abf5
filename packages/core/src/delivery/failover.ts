import { channelOption, toChannel, type Channel, type ChannelLike, type Notice } from './channel.js';
import { systemClock, type Clock } from '../time/clock.js';
import { DeliveryTimeout, withinTime } from '../time/timeout.js';
import { FactorConfigError, isAddressRefused } from '../error/factor-error.js';
import { faultName } from '../factor/factor-event.js';
import { functionOption, integerOption, optional, resolveOptions, type OptionRule } from '../validation/options.js';

/** Options of {@link failover}. */
export interface FailoverOptions {
  /** How long one channel may take, in milliseconds, 50 to 15,000; 4000 by default. All of them together have the factor's `deliveryTimeoutMs`. */
  readonly timeoutMs?: number;
  /** Failures in a row after which a channel is tried last for a while, 1 to 100; 5 by default. */
  readonly maxFailures?: number;
  /** For how long, in milliseconds, a second to an hour; 30,000 by default. After that one message tries it again. */
  readonly openMs?: number;
  /** Hears of each channel that failed: its name, and the name or code of the fault. What it throws changes nothing. */
  readonly onFailure?: (channel: string, reason: string) => unknown;
  /** The time in epoch milliseconds; `Date.now` by default. */
  readonly clock?: Clock;
}

const RULES: { readonly [Name in keyof Required<FailoverOptions>]: OptionRule } = {
  timeoutMs: integerOption(50, 15_000),
  maxFailures: integerOption(1, 100),
  openMs: integerOption(1000, 60 * 60_000),
  onFailure: optional(functionOption),
  clock: functionOption,
};

/**
 * A channel that tries others in their order, each once, until one takes the message. One that
 * keeps failing is tried last for a while (a circuit breaker). All carry the same code, so a late
 * success beside another does no harm.
 *
 * Where a channel says that the address itself is refused, no other is asked.
 *
 * @throws FactorConfigError for fewer than two channels, or a wrong option
 */
export function failover(channels: readonly ChannelLike[], options: FailoverOptions = {}): Channel {
  if (!Array.isArray(channels) || channels.length < 2 || !channels.every((channel) => channelOption.isValid(channel))) {
    throw new FactorConfigError(`failover: give at least two channels, each ${channelOption.accepts}`);
  }
  const resolved = resolveOptions<Required<FailoverOptions>>('failover', options, RULES, {
    timeoutMs: 4000,
    maxFailures: 5,
    openMs: 30_000,
    clock: systemClock,
  });
  const circuits = channels.map((channel) => new Circuit(toChannel(channel), resolved));
  const notifying = circuits.filter(({ notifies }) => notifies);
  return {
    name: `failover(${circuits.map(({ name }) => name).join(', ')})`,
    send: (delivery) => sendByOne(circuits, delivery.signal, (channel, signal) => channel.send({ ...delivery, signal })),
    ...(notifying.length > 0 && {
      notify: (notice: Notice) =>
        sendByOne(notifying, notice.signal, async (channel, signal) => channel.notify?.({ ...notice, signal })),
    }),
  };
}

type Sending = (channel: Channel, signal: AbortSignal) => Promise<void>;

async function sendByOne(circuits: readonly Circuit[], signal: AbortSignal, sending: Sending): Promise<void> {
  let last: unknown;
  for (const circuit of inTurn(circuits)) {
    if (signal.aborted) break;
    try {
      await circuit.send(sending, signal);
      return;
    } catch (fault) {
      if (isAddressRefused(fault)) throw fault;
      last = fault;
    }
  }
  throw last ?? new DeliveryTimeout();
}

/** Those that do well, each looked at when its turn comes; then, as a last resort, those that keep failing. */
function* inTurn(circuits: readonly Circuit[]): Generator<Circuit> {
  const postponed: Circuit[] = [];
  for (const circuit of circuits) {
    if (circuit.mayTry()) yield circuit;
    else postponed.push(circuit);
  }
  yield* postponed;
}

/** A channel, and how it has been doing. */
class Circuit {
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

  /** Whether it is to be tried. After a while of failures one message may, and the others wait for how that goes. */
  mayTry(): boolean {
    const { maxFailures, openMs, clock } = this.#options;
    if (this.#failures < maxFailures) return true;
    const now = clock();
    // A time further ahead was written by a clock that ran ahead.
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
      await withinTime(timeoutMs, (signal) => sending(this.#channel, signal), outer);
      this.#failures = 0;
    } catch (fault) {
      if (isAddressRefused(fault)) throw fault;
      this.#failures += 1;
      if (this.#failures >= maxFailures) this.#openUntil = clock() + openMs;
      this.#tell(faultName(fault));
      throw fault;
    }
  }

  #tell(reason: string): void {
    try {
      Promise.resolve(this.#options.onFailure?.(this.name, reason)).catch(() => undefined);
    } catch {
      // What the application does with it is its own business.
    }
  }
}
