import { describe, expect, it } from 'vitest';
import { randomDigits, systemRandom } from './random.js';

const scripted = (...numbers: readonly number[]) => {
  const queue = [...numbers];
  return (size: number): Uint8Array => {
    const bytes = Buffer.alloc(size);
    bytes.writeUInt32BE(queue.shift() ?? 0);
    return bytes;
  };
};

describe('randomDigits', () => {
  it('keeps leading zeros', () => {
    expect(randomDigits(scripted(7), 6)).toBe('000007');
    expect(randomDigits(scripted(0), 9)).toBe('000000000');
  });

  it('draws again beyond the last full multiple instead of folding back', () => {
    const usable = Math.floor(2 ** 32 / 1e6) * 1e6;
    expect(randomDigits(scripted(usable, 2 ** 32 - 1, 42), 6)).toBe('000042');
    expect(randomDigits(scripted(usable - 1), 6)).toBe('999999');
  });

  it('gives up on a source that never gives a usable number', () => {
    expect(() => randomDigits((size) => Buffer.alloc(size, 255), 6)).toThrow(/^unavailable/);
  });

  it('spreads evenly: every digit in every place, chi-squared below the 99.99 % bound', () => {
    const counts = Array.from({ length: 6 }, () => Array.from({ length: 10 }, () => 0));
    const draws = 20_000;
    for (let draw = 0; draw < draws; draw += 1) {
      for (const [place, digit] of [...randomDigits(systemRandom, 6)].entries()) {
        const row = counts[place];
        if (row !== undefined) row[Number(digit)] = (row[Number(digit)] ?? 0) + 1;
      }
    }
    for (const row of counts) {
      const chiSquared = row.reduce((sum, count) => sum + (count - draws / 10) ** 2 / (draws / 10), 0);
      expect(chiSquared).toBeLessThan(40); // 9 degrees of freedom: 33.7 at 99.99 %, with room for six places
    }
  });
});
