import { bytesFrom, type RandomSource } from './random.js';

/** Crockford's Base32, which has no letters that look like digits. */
const ALPHABET = '0123456789ABCDEFGHJKMNPQRSTVWXYZ';
const GROUP = /.{4}(?=.)/g;

/**
 * Creates a code that is easy to read out and to type, such as `7K3M-9QRS-TV2W`. Each character has 5 bits. There is no modulo
 * bias, because 32 divides 256.
 *
 * @param length the number of characters, without hyphens
 * @throws FactorError `unavailable` if the source fails
 */
export function readableCode(random: RandomSource, length: number): string {
  const characters = [...bytesFrom(random, length)].map((byte) => ALPHABET.charAt(byte % ALPHABET.length)).join('');
  return characters.replaceAll(GROUP, '$&-');
}

/**
 * Returns the canonical form of a typed {@link readableCode}: capital letters without spaces and hyphens. The letters O, I and L
 * count as the digits that they look like.
 */
export const canonicalCode = (code: string): string =>
  code.replaceAll(/[ -]/g, '').toUpperCase().replaceAll('O', '0').replaceAll(/[IL]/g, '1');
