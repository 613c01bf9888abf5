import { randomBytes } from 'node:crypto';
import { readCode } from '@parse-factors/core/factor';
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { digestOf, newCode, RECOVERY_CODE, without } from '../src/recovery-code.js';

const key = randomBytes(32).toString('base64url');

describe('a recovery code', () => {
  it('takes five bits of each byte, so that no character is likelier than another', () => {
    let drawn = 0;
    const counting = (size: number): Uint8Array => Uint8Array.from({ length: size }, () => drawn++ % 256);
    const counts = new Map<string, number>();
    for (let made = 0; made < 256; made += 1) {
      for (const character of newCode(counting).replaceAll('-', '')) counts.set(character, (counts.get(character) ?? 0) + 1);
    }
    expect([...counts.keys()]).toHaveLength(32);
    expect(new Set(counts.values())).toEqual(new Set([128]));
  });

  it('is found among the digests however it is typed, and only itself', () => {
    fc.assert(
      fc.property(
        fc.uint8Array({ minLength: 16, maxLength: 16 }),
        fc.infiniteStream(fc.constantFrom('', ' ', '-', '\n', '\u00a0', '\u200b', '\u2011')),
        (bytes, gaps) => {
          const code = newCode(() => bytes);
          const other = newCode(() => bytes.map((byte, index) => (index === 7 ? byte + 1 : byte)));
          const written = [...code.replaceAll('-', '').toLowerCase()]
            .map((character) => (gaps.next().value ?? '') + character.replace('0', 'o').replace('1', 'l'))
            .join('');
          const typed = readCode(written, RECOVERY_CODE);
          const digests = [digestOf(key, other), digestOf(key, code)];
          expect(without(digests, key, typed)).toEqual([digestOf(key, other)]);
          expect(without([digestOf(key, other)], key, typed)).toBe(undefined);
          expect(without(digests, randomBytes(32).toString('base64url'), typed)).toBe(undefined);
        },
      ),
    );
  });

  it('of another length or alphabet is not read at all, and long texts are refused quickly', () => {
    for (const text of ['', 'A'.repeat(15), 'A'.repeat(17), 'Ä'.repeat(16), `${'A'.repeat(15)}.`, `${'A'.repeat(15)}\0`])
      expect(() => readCode(text, RECOVERY_CODE)).toThrow(/^invalid_input/);
    expect(() => readCode('A- '.repeat(15).padEnd(RECOVERY_CODE.maxLength, ' '), RECOVERY_CODE)).toThrow(/^invalid_input/);
  });
});
