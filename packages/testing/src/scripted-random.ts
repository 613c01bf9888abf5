import type { RandomSource } from '@parse-factors/core/factor';

/**
 * Creates a random source that returns the scripted values in order. It throws when the script has ended.
 * @param script the bytes of each draw, or the one to nine digits that the next one-time code will have
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
