import type { RandomSource } from '@parse-factors/core/factor';

/**
 * A random source that gives what it was told, in that order, and throws when there is no more.
 *
 * @param script bytes as they are drawn; or the digits of a one-time code, at most nine, which are what the
 *   next code will be
 */
export function scriptedRandom(...script: readonly (Uint8Array | string)[]): RandomSource {
  const left = [...script];
  return (size) => {
    const next = left.shift();
    if (next === undefined) throw new Error('scriptedRandom: nothing is left of the script');
    const bytes = typeof next === 'string' ? bytesOf(next) : next;
    if (bytes.length !== size) throw new Error(`scriptedRandom: ${size} bytes are drawn, the script has ${bytes.length}`);
    return bytes;
  };
}

function bytesOf(digits: string): Uint8Array {
  if (!/^\d{1,9}$/.test(digits)) throw new Error('scriptedRandom: a code is one to nine digits');
  const bytes = new Uint8Array(4);
  new DataView(bytes.buffer).setUint32(0, Number(digits));
  return bytes;
}
