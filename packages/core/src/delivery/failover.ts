import { FactorConfigError } from '../error/config-error.js';
import { isAddressRefused } from '../error/factor-error.js';
import { systemClock } from '../time/clock.js';
import { TimeoutError } from '../time/timeout.js';
import { functionOption, integerOption, optional, type OptionRule, resolveOptions } from '../validation/options.js';
import { type Channel, type ChannelLike, channelOption, confirmingAll, type OutgoingMessage } from './channel.js';
import { Circuit, type Sending } from './circuit-breaker.js';
import type { FailoverOptions } from './failover-options.js';
import { reachingAll } from './reach.js';
import { isVerifier } from './verifier.js';
import { oneWay } from './ways.js';

const RULES: { readonly [Name in keyof Required<FailoverOptions>]: OptionRule } = {
  timeoutMs: integerOption(50, 15_000),
  maxFailures: integerOption(1, 100),
  openMs: integerOption(1000, 60 * 60_000),
  onFailure: optional(functionOption),
  clock: functionOption,
};

/**
 * Makes a channel that tries others in order, each once, until one accepts the message. A channel that keeps failing
 * is tried last for a while (a circuit breaker). All channels send the same code, so a late second delivery does no
 * harm.
 *
 * If a channel refuses the address itself, no other channel is tried.
 *
 * @throws FactorConfigError for fewer than two channels, a verifier, a channel that offers `ways`, or a wrong option
 * @example
 * ```ts
 * import { failover } from '@parse-factors/core';
 * import type { ChannelLike } from '@parse-factors/core/channel';
 * import { EmailOtpFactor } from '@parse-factors/email-otp';
 *
 * export const email = (first: ChannelLike, second: ChannelLike) => new EmailOtpFactor({ channel: failover([first, second]) });
 * ```
 */
export function failover(channels: readonly ChannelLike[], options: FailoverOptions = {}): Channel {
  if (Array.isArray(channels) && channels.some(isVerifier)) {
    const why = 'only the provider that sent a code can check it';
    throw new FactorConfigError(`failover: the first argument must not contain a verifier; ${why}`);
  }
  if (!Array.isArray(channels) || channels.length < 2 || !channels.every((channel) => channelOption.isValid(channel))) {
    throw new FactorConfigError(
      `failover: the first argument must be a list of at least two channels, each ${channelOption.accepts}`,
    );
  }
  const resolved = resolveOptions<Required<FailoverOptions>>('failover', options, RULES, {
    timeoutMs: 4000,
    maxFailures: 5,
    openMs: 30_000,
    clock: systemClock,
  });
  const all = channels.map((channel) => oneWay('failover: a channel', channel));
  const circuits = all.map((channel) => new Circuit(channel, resolved));
  const notifying = circuits.filter(({ notifies }) => notifies);
  return {
    name: `failover(${circuits.map(({ name }) => name).join(', ')})`,
    send: (delivery) => sendByOne(circuits, delivery.signal, (channel, signal) => channel.send({ ...delivery, signal })),
    ...(notifying.length > 0 && {
      notify: (notice: OutgoingMessage) =>
        sendByOne(notifying, notice.signal, async (channel, signal) => channel.notify?.({ ...notice, signal })),
    }),
    ...confirmingAll(all),
    ...reachingAll(all),
  };
}

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
  throw last ?? new TimeoutError();
}

/** Yields the working channels, each checked at its turn. Then yields the failing ones as a last resort. */
function* inTurn(circuits: readonly Circuit[]): Generator<Circuit> {
  const postponed: Circuit[] = [];
  for (const circuit of circuits) {
    if (circuit.mayTry()) yield circuit;
    else postponed.push(circuit);
  }
  yield* postponed;
}
