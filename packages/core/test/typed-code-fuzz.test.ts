import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { digitsRule, readCode } from '../src/validation/payload.js';
import { MAX_TYPED, typedCode } from '../src/validation/typed-code.js';

// Apart from the unit tests beside the source: these take up to a second.
describe('typedCode', () => {
  it('gives ASCII digits in their number, or refuses, whatever comes; twice is once', () => {
    const rule = digitsRule(6);
    fc.assert(
      fc.property(fc.oneof(fc.string({ unit: 'binary' }), fc.string({ unit: 'grapheme' })), (text) => {
        const typed = typedCode(text);
        expect(typedCode(typed.slice(0, MAX_TYPED))).toBe(typed.slice(0, MAX_TYPED));
        let code: string;
        try {
          code = readCode(text, rule);
        } catch (error) {
          expect(String(error)).toMatch(/invalid_input/);
          return;
        }
        expect(code).toMatch(/^[0-9]{6}$/);
      }),
    );
  });

  it('knows the value of every decimal digit', () => {
    const points = Array.from({ length: 0x20000 - 0x20 }, (_, index) => index + 0x20);
    const digits = points.filter((point) => point < 0xd800 || point > 0xdfff).map((point) => String.fromCodePoint(point));
    const found = [...digits.join('').matchAll(/\p{Nd}/gu)].map(([digit]) => ({ digit, point: digit.codePointAt(0) ?? 0 }));
    // Digits stand in a row: the one before it is less by one, or it is a zero.
    const valueOf = (point: number): number => Number(typedCode(String.fromCodePoint(point)));
    const wrong = found.filter(({ point }) => valueOf(point) !== 0 && valueOf(point) !== valueOf(point - 1) + 1);
    expect(wrong).toEqual([]);
    expect(found.filter(({ point }) => valueOf(point) === 9).length).toBe(found.length / 10);
    expect(found.length).toBeGreaterThan(600);
  });
});
