import { FactorError } from '@parse-factors/core';
import {
  type Channel,
  type ChannelLike,
  type Delivery,
  type OutgoingMessage,
  RecipientUnreachable,
  toChannel,
} from '@parse-factors/core/channel';
import type { FactorMetrics } from './factor-metrics.js';
import { measured, type Measurement, type StopwatchOptions } from './stopwatch.js';
import { withMethods } from './with-methods.js';

/** Whether the channel works, but not for this address. */
const isUnreachable = (fault: unknown): boolean =>
  fault instanceof RecipientUnreachable || (fault instanceof FactorError && fault.code === 'address_refused');

/**
 * Measures a channel: how long it takes for a message, and whether it accepts it. The label `channel` is the channel's name. The
 * channel does the same as before, also if the metrics throw.
 * Wrap each channel of a `failover` to see which one works.
 *
 * @param metrics of `prometheus` or `openTelemetry`
 * @example
 * ```ts
 * import { failover } from '@parse-factors/core';
 * import type { Channel } from '@parse-factors/core/channel';
 * import { type FactorMetrics, meteredChannel } from '@parse-factors/metrics';
 *
 * export const both = (first: Channel, second: Channel, metrics: FactorMetrics) =>
 *   failover([meteredChannel(first, metrics), meteredChannel(second, metrics)]);
 * ```
 */
export function meteredChannel<Address = string>(
  channel: ChannelLike<Address>,
  { recordSend }: Pick<FactorMetrics, 'recordSend'>,
  options: StopwatchOptions = {},
): Channel<Address> {
  const plain = toChannel(channel);
  const measurement: Measurement = {
    options,
    record: (seconds, failed) =>
      recordSend(plain.name, seconds, failed === undefined ? 'accepted' : isUnreachable(failed.fault) ? 'unreachable' : 'failed'),
  };
  const { notify } = plain;
  const methods = new Map<PropertyKey, unknown>([
    ['send', (delivery: Delivery<Address>) => measured(measurement, () => plain.send(delivery))],
    ...(notify === undefined
      ? []
      : [['notify', (notice: OutgoingMessage<Address>) => measured(measurement, () => notify.call(plain, notice))] as const]),
  ]);
  return withMethods<Channel<Address>>(plain, (name) => methods.get(name));
}
