import { FactorConfigError } from '@parse-factors/core';
import {
  oneWay,
  reachingAll,
  RecipientUnreachable,
  type Channel,
  type ChannelLike,
  type ConfirmedDelivery,
  type OutgoingMessage,
} from '@parse-factors/core/channel';
import { countriesOption, ownerOfNumbers } from './countries.js';
import { regionOf, type Country } from './phone-number.js';

/** The channels of {@link byCountry}, by ISO 3166-1 alpha-2 code; `*` is that of all other countries. */
export type ChannelsByCountry = Readonly<Partial<Record<Country, ChannelLike>>> & { readonly '*': ChannelLike };

/**
 * Makes a channel for phone numbers that sends by another channel in each country. Numbers of all other countries, and numbers
 * without a country, go by `*`. It does not widen the option `countries` of the factor.
 *
 * Each channel can be a `failover`. If clients can choose how they get their code, put it inside of `ways`:
 * `ways({ sms: byCountry({ … }), voice })`. Security notifications go by the channel of the country, if it sends any.
 *
 * @throws FactorConfigError if `*` is missing, or naming the entry that is no country, no channel, or offers `ways` itself
 * @example
 * ```ts
 * import { failover } from '@parse-factors/core';
 * import type { ChannelLike } from '@parse-factors/core/channel';
 * import { byCountry } from '@parse-factors/sms-otp';
 *
 * export const sms = (first: ChannelLike, second: ChannelLike) =>
 *   byCountry({ US: first, DE: failover([second, first]), '*': second });
 * ```
 */
export function byCountry(channels: ChannelsByCountry): Channel {
  const entries: readonly (readonly [string, unknown])[] =
    typeof channels === 'object' && (channels as unknown) !== null ? Object.entries(channels) : [];
  assertCountries(entries.map(([country]) => country));
  const byName = new Map(entries.map(([country, like]) => [country, oneWay(`byCountry: the channel of "${country}"`, like)]));
  const channelFor = (to: string): Channel => {
    const channel = byName.get(regionOf(to).country) ?? byName.get('*');
    if (channel === undefined) throw new RecipientUnreachable();
    return channel;
  };
  const notify = async (notice: OutgoingMessage): Promise<void> => {
    const channel = channelFor(notice.to);
    if (channel.notify === undefined) throw new RecipientUnreachable();
    await channel.notify(notice);
  };
  return {
    name: `byCountry(${[...byName].map(([country, { name }]) => `${country}: ${name}`).join(', ')})`,
    send: async (delivery) => channelFor(delivery.to).send(delivery),
    ...([...byName.values()].some((channel) => channel.confirmed !== undefined) && {
      confirmed: async (delivery: ConfirmedDelivery) => channelFor(delivery.to).confirmed?.(delivery),
    }),
    ...([...byName.values()].some((channel) => channel.notify !== undefined) && { notify }),
    ...reachingAll([...byName.values()]),
  };
}

function assertCountries(names: readonly string[]): void {
  const countries = names.filter((name) => name !== '*');
  const refuse = (what: string): never => {
    throw new FactorConfigError(`byCountry: ${what}`);
  };
  if (!names.includes('*')) refuse('name a channel for all other countries as "*"');
  if (countries.length === 0) refuse('name a channel for at least one country, such as US, besides "*"');
  if (!countriesOption.isValid(countries)) refuse(countriesOption.hint?.(countries) ?? 'each name must be a country code');
  const shared = countries.find((country) => ownerOfNumbers(country) !== country);
  if (shared !== undefined) refuse(`numbers of ${shared} cannot be told from those of ${ownerOfNumbers(shared)}; use that`);
}
