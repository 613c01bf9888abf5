import { faultName } from '../error/fault-name.js';
import type { UnreachedChannel } from '../factor/factor.js';
import { withTimeout } from '../time/timeout.js';
import type { Channel } from './channel.js';

/** How long a channel may take to reach its provider, in milliseconds. */
const LONGEST_MS = 10_000;
/** How much earlier the parts of a channel end than it does, in milliseconds, so that it can tell which of them failed. */
const EARLIER_MS = 500;
/** How long the work of a signal may take. A channel that is made of others passes it on by the signal. */
const limits = new WeakMap<AbortSignal, number>();

/** A channel or a verifier that may be able to try its provider. */
export type Reaching = Pick<Channel, 'name' | 'reach'>;

/** Some of the channels that a channel is made of could not reach their providers. */
class ChannelsUnreachable extends Error {
  override readonly name = 'ChannelsUnreachable';
  readonly unreached: readonly UnreachedChannel[];

  constructor(unreached: readonly UnreachedChannel[]) {
    super();
    this.unreached = unreached;
  }
}

/**
 * Tries all channels at the same time, for ten seconds at most. Returns those that failed; of a channel that is made of others,
 * those of its parts. A channel without `reach` is left out.
 *
 * @param outer ends all of them when it is aborted
 */
export async function unreachedOf(channels: readonly Reaching[], outer?: AbortSignal): Promise<readonly UnreachedChannel[]> {
  const limit = outer === undefined ? LONGEST_MS : (limits.get(outer) ?? LONGEST_MS) - EARLIER_MS;
  const attempt = async (channel: Reaching): Promise<readonly UnreachedChannel[]> => {
    const reach = async (signal: AbortSignal): Promise<void> => {
      limits.set(signal, limit);
      await channel.reach?.(signal);
    };
    try {
      await withTimeout(limit, reach, outer);
      return [];
    } catch (fault) {
      return fault instanceof ChannelsUnreachable ? fault.unreached : [{ channel: channel.name, fault: faultName(fault) }];
    }
  };
  return (await Promise.all(channels.map(attempt))).flat();
}

/** Returns the method `reach` of a channel that is made of others: it tries each of them. Empty if none of them has one. */
export function reachingAll(channels: readonly Reaching[]): Pick<Channel, 'reach'> {
  const reaching = channels.filter(({ reach }) => reach !== undefined);
  if (reaching.length === 0) return {};
  return {
    reach: async (signal) => {
      const unreached = await unreachedOf(reaching, signal);
      if (unreached.length > 0) throw new ChannelsUnreachable(unreached);
    },
  };
}

/** Returns what tries a factor's channel or verifier; undefined for a function, which cannot be tried. */
export const tryingOf = (channel: Reaching | (() => unknown)): (() => Promise<readonly UnreachedChannel[]>) | undefined =>
  typeof channel === 'function' ? undefined : () => unreachedOf([channel]);
