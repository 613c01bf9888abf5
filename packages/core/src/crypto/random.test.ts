import { describe, expect, it } from 'vitest';
import { bytesFrom, randomDigits, type RandomSource } from './random.js';

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

  it.each([1, 2, 3, 4, 5, 6, 7, 8, 9])('gives %i digits where that many are asked for', (digits) => {
    expect(randomDigits((size) => Buffer.alloc(size, 1), digits)).toBe(String(0x01010101 % 10 ** digits).padStart(digits, '0'));
  });

  it.each<readonly [string, RandomSource]>([
    [
      'fails',
      () => {
        throw new Error('no entropy');
      },
    ],
    ['gives too little', () => new Uint8Array(3)],
    ['gives too much', () => new Uint8Array(5)],
    ['gives no bytes', () => '1234' as unknown as Uint8Array],
  ])('closes when the source %s', (_what, random) => {
    expect(() => bytesFrom(random, 4)).toThrow(/^unavailable/);
    expect(() => randomDigits(random, 6)).toThrow(/^unavailable/);
  });
});
