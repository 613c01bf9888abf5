import { bytesFrom, type RandomSource } from '../../crypto/random.js';
import { HOUR_MS, MINUTE_MS, SECOND_MS } from '../../time/durations.js';

/** The waiting times before each retry, as Standard Webhooks recommends ("Deliverability and reliability"). */
const DELAYS_MS = [
  5 * SECOND_MS,
  5 * MINUTE_MS,
  30 * MINUTE_MS,
  2 * HOUR_MS,
  5 * HOUR_MS,
  10 * HOUR_MS,
  14 * HOUR_MS,
  20 * HOUR_MS,
  24 * HOUR_MS,
];

/** How often an event is tried: at once, and after each waiting time. */
export const MAX_ATTEMPTS: number = DELAYS_MS.length + 1;

/** The longest time that an endpoint can ask to wait, in milliseconds. */
const MAX_ASKED_MS = 24 * HOUR_MS;

/** No event waits longer than this for its next try. One that does was written by a server whose clock ran ahead. */
export const MAX_DELAY_MS: number = 2 * MAX_ASKED_MS;

/** Up to this part of a waiting time is added at random (jitter), so that events do not all return at the same moment. */
const JITTER = 0.1;

/**
 * Returns how long to wait after a failed try, in milliseconds; undefined after the last one.
 *
 * @param attempts how many tries have failed
 * @param askedMs how long the endpoint has asked to wait
 * @throws FactorError `unavailable` if the random source fails
 */
export function retryDelay(attempts: number, random: RandomSource, askedMs = 0): number | undefined {
  const delay = DELAYS_MS[attempts - 1];
  if (delay === undefined) return undefined;
  const share = bytesFrom(random, 4).readUInt32BE() / 2 ** 32;
  return Math.round(Math.max(delay, Math.min(askedMs, MAX_ASKED_MS)) * (1 + JITTER * share));
}
