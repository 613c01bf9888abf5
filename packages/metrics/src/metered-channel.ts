import { type Channel, type ChannelLike, RecipientUnreachable, toChannel } from '@parse-factors/core/channel';
import type { FactorMetrics } from './factor-metrics.js';
import { stopwatch, type StopwatchOptions } from './stopwatch.js';

/**
 * Measures a channel: how long it takes for a message, and whether it accepts it. The label `channel` is the channel's name.
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
  const measure = async (work: () => Promise<void>): Promise<void> => {
    const seconds = stopwatch(options);
    try {
      await work();
      recordSend(plain.name, seconds(), 'accepted');
    } catch (fault) {
      recordSend(plain.name, seconds(), fault instanceof RecipientUnreachable ? 'unreachable' : 'failed');
      throw fault;
    }
  };
  const { notify } = plain;
  // It inherits everything else, such as `close`.
  return Object.assign(Object.create(plain) as Channel<Address>, {
    name: plain.name,
    send: (delivery: Parameters<Channel<Address>['send']>[0]) => measure(() => plain.send(delivery)),
    ...(notify !== undefined && {
      notify: (notice: Parameters<typeof notify>[0]) => measure(() => notify.call(plain, notice)),
    }),
  });
}
