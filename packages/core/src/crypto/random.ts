import { randomBytes } from 'node:crypto';
import { FactorError } from '../error/factor-error.js';

/** Returns `size` bytes of a cryptographically secure random source. */
export type RandomSource = (size: number) => Uint8Array;

/** The operating system's random source. */
export const systemRandom: RandomSource = (size) => randomBytes(size);

/**
 * Returns exactly `size` random bytes.
 *
 * @throws FactorError `unavailable` if the source fails or returns the wrong number of bytes
 */
export function bytesFrom(random: RandomSource, size: number): Buffer {
  let bytes: Uint8Array;
  try {
    bytes = random(size);
  } catch (cause) {
    throw new FactorError('unavailable', { cause });
  }
  if (!(bytes instanceof Uint8Array) || bytes.length !== size) throw new FactorError('unavailable');
  return Buffer.from(bytes);
}

const DRAWS = 64;

/**
 * Returns a random decimal code without bias. Numbers beyond the last full multiple of 10^digits are drawn again
 * (rejection sampling).
 *
 * @param digits 1 to 9
 * @throws FactorError `unavailable` if the source fails, or never returns a usable number
 */
export function randomDigits(random: RandomSource, digits: number): string {
  const range = 10 ** digits;
  const usable = Math.floor(2 ** 32 / range) * range;
  // A working source needs another draw in at most 7 % of the cases. 64 in a row means that it is broken.
  for (let draw = 0; draw < DRAWS; draw += 1) {
    const number = bytesFrom(random, 4).readUInt32BE();
    if (number < usable) return String(number % range).padStart(digits, '0');
  }
  throw new FactorError('unavailable');
}
