/**
 * SHA-256 (FIPS 180-4) for a search. `crypto.subtle` is asynchronous, so it takes far longer for many short texts, and there is
 * none on pages without HTTPS or in React Native.
 *
 * The functions refer to nothing but their parameters, because their source is also run in a Worker.
 */

/** The constants of SHA-256, and its compression function. */
export interface Sha256 {
  /** 64 words. */
  readonly rounds: DataView;
  /** 8 words. */
  readonly start: DataView;
  readonly compress: typeof compress;
}

/** Computes the constants: fractions of the roots of the first primes (FIPS 180-4, sections 4.2.2 and 5.3.3). */
export function sha256(): Sha256 {
  const [rounds, start] = [new DataView(new ArrayBuffer(256)), new DataView(new ArrayBuffer(32))];
  for (let candidate = 2, found = 0; found < 64; candidate += 1) {
    let divisor = 2;
    while (candidate % divisor !== 0) divisor += 1;
    if (divisor < candidate) continue;
    if (found < 8) start.setUint32(found * 4, (Math.sqrt(candidate) % 1) * 2 ** 32);
    rounds.setUint32(found * 4, (Math.cbrt(candidate) % 1) * 2 ** 32);
    found += 1;
  }
  return { rounds, start, compress };
}

/**
 * Adds one block to a state.
 * @param words the block in the first 16 of 64 words; the others are overwritten
 */
function compress(state: DataView, words: DataView, rounds: DataView): void {
  for (let at = 64; at < 256; at += 4) {
    const [early, late] = [words.getInt32(at - 60), words.getInt32(at - 8)];
    const mixed =
      (((early >>> 7) | (early << 25)) ^ ((early >>> 18) | (early << 14)) ^ (early >>> 3)) +
      (((late >>> 17) | (late << 15)) ^ ((late >>> 19) | (late << 13)) ^ (late >>> 10));
    words.setInt32(at, words.getInt32(at - 64) + mixed + words.getInt32(at - 28));
  }
  let [a, b, c, d] = [state.getInt32(0), state.getInt32(4), state.getInt32(8), state.getInt32(12)];
  let [e, f, g, h] = [state.getInt32(16), state.getInt32(20), state.getInt32(24), state.getInt32(28)];
  for (let at = 0; at < 256; at += 4) {
    const mixedE = ((e >>> 6) | (e << 26)) ^ ((e >>> 11) | (e << 21)) ^ ((e >>> 25) | (e << 7));
    const mixedA = ((a >>> 2) | (a << 30)) ^ ((a >>> 13) | (a << 19)) ^ ((a >>> 22) | (a << 10));
    const first = (h + mixedE + ((e & f) ^ (~e & g)) + rounds.getInt32(at) + words.getInt32(at)) | 0;
    const second = mixedA + ((a & b) ^ (a & c) ^ (b & c));
    h = g;
    g = f;
    f = e;
    e = (d + first) | 0;
    d = c;
    c = b;
    b = a;
    a = (first + second) | 0;
  }
  state.setInt32(0, state.getInt32(0) + a);
  state.setInt32(4, state.getInt32(4) + b);
  state.setInt32(8, state.getInt32(8) + c);
  state.setInt32(12, state.getInt32(12) + d);
  state.setInt32(16, state.getInt32(16) + e);
  state.setInt32(20, state.getInt32(20) + f);
  state.setInt32(24, state.getInt32(24) + g);
  state.setInt32(28, state.getInt32(28) + h);
}

/**
 * Finds a number, so that the SHA-256 of the text with the number begins with as many zero bits.
 * @param text ASCII
 * @param bits 1 to 32
 * @returns the first such number of `count` from `from` on; -1 for none
 */
export function findNonce(sha: Sha256, text: string, bits: number, [from, count]: readonly [number, number]): number {
  const words = new DataView(new ArrayBuffer(256));
  const state = new DataView(new ArrayBuffer(32));
  const whole = text.length - (text.length % 64);
  // The whole blocks of the text are the same for all numbers.
  const middle = new DataView(sha.start.buffer.slice(0));
  for (let at = 0; at < whole; at += 64) {
    for (let index = 0; index < 64; index += 1) words.setUint8(index, text.charCodeAt(at + index));
    sha.compress(middle, words, sha.rounds);
  }
  for (let nonce = from; nonce < from + count; nonce += 1) {
    for (let at = 0; at < 32; at += 4) state.setInt32(at, middle.getInt32(at));
    const rest = text.slice(whole) + String(nonce);
    const end = ((rest.length + 72) >> 6) << 6;
    for (let at = 0; at < end; at += 64) {
      for (let index = 0; index < 64; index += 1) {
        const place = at + index;
        words.setUint8(index, place < rest.length ? rest.charCodeAt(place) : place === rest.length ? 128 : 0);
      }
      if (at + 64 === end) words.setUint32(60, (whole + rest.length) * 8);
      sha.compress(state, words, sha.rounds);
    }
    if (state.getUint32(0) >>> (32 - bits) === 0) return nonce;
  }
  return -1;
}
