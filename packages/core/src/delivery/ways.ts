import { FactorConfigError } from '../error/config-error.js';
import { asObject } from '../validation/json-object.js';
import {
  type Channel,
  type ChannelLike,
  channelOption,
  confirmingAll,
  isWays,
  type OutgoingMessage,
  toChannel,
} from './channel.js';
import { reachingAll } from './reach.js';

const ACCEPTS =
  'an object of 2 to 8 channels, each by a name of 1 to 20 lower-case letters, digits and hyphens that begins with a letter';

/**
 * Makes a channel of several ways to the same address, such as a text message and a call. The first is the default. A client
 * chooses another with `via`: `challengeData.otp = { via: 'voice' }`.
 *
 * A user still has one code at a time, and all ways share its limits. Security notifications go by the first way whose channel
 * sends any. A way can be a `failover`, but not `ways` again.
 *
 * @param channels the channels by the names that clients send, 2 to 8
 * @throws FactorConfigError naming what is wrong
 * @example
 * ```ts
 * import { ways } from '@parse-factors/core';
 * import type { ChannelLike } from '@parse-factors/core/channel';
 * import { SmsOtpFactor } from '@parse-factors/sms-otp';
 *
 * export const otp = (sms: ChannelLike, voice: ChannelLike) =>
 *   new SmsOtpFactor({ channel: ways({ sms, voice }), countries: ['FR', 'US'] });
 * ```
 */
export function ways(channels: Readonly<Record<string, ChannelLike>>): Channel {
  const names = Object.keys(asObject(channels) ?? {});
  if (!isWays(names)) throw new FactorConfigError(`ways: the argument must be ${ACCEPTS}`);
  const byName = new Map(names.map((name) => [name, oneWay(`ways: way "${name}"`, channels[name])] as const));
  const all = [...byName.values()];
  const notifying = all.find(({ notify }) => notify !== undefined);
  return {
    name: `ways(${[...byName].map(([name, channel]) => `${name}: ${channel.name}`).join(', ')})`,
    ways: Object.freeze(names),
    async send(delivery) {
      const channel = delivery.via === undefined ? all[0] : byName.get(delivery.via);
      if (channel === undefined) throw new TypeError('the message names no way of the channel');
      await channel.send(delivery);
    },
    ...confirmingAll(all),
    ...reachingAll(all),
    ...(notifying !== undefined && { notify: async (notice: OutgoingMessage) => notifying.notify?.(notice) }),
  };
}

/**
 * Returns a channel that offers no ways itself, for channels that are made of others.
 *
 * @param what names the channel in the error
 * @throws FactorConfigError if it is no channel, or if it offers ways: the client's choice would be lost
 */
export function oneWay(what: string, like: unknown): Channel {
  if (!channelOption.isValid(like)) throw new FactorConfigError(`${what} must be ${channelOption.accepts}`);
  const channel = toChannel(like as ChannelLike);
  if (channel.ways === undefined) return channel;
  throw new FactorConfigError(`${what} must not offer ways itself; put it inside of ways({ … }) instead`);
}
