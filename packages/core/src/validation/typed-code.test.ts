import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { digitsRule, readCode } from './payload.js';
import { MAX_TYPED, typedCode } from './typed-code.js';

/** The zero of the decimal digits of some scripts: Arabic-Indic, Persian, Devanagari, Thai, Adlam, full-width, mathematical. */
const ZEROS = [0x30, 0x660, 0x6f0, 0x966, 0xe50, 0x1e950, 0xff10, 0x1d7ce, 0x1d7d8, 0x1fbf0];
const BETWEEN = [
  ...' \t\n\r-',
  ...'\u00a0\u2009\u202f\u3000\u2028',
  ...'\u2010\u2011\u2013\u2212\uff0d',
  ...'\u200b\u200d\u2060\ufeff\u00ad\u202a\u202c\u2066\ufe0f',
];
const digits = fc.array(fc.integer({ min: 0, max: 9 }), { minLength: 6, maxLength: 6 });
const filling = fc.string({ unit: fc.constantFrom(...BETWEEN), maxLength: 5 });

describe('typedCode', () => {
  it.each([
    ['123 456', '123456'],
    ['123-456', '123456'],
    ['\u00a0123456\u200b', '123456'],
    ['123456\r\n', '123456'],
    ['١٢٣٤٥٦', '123456'],
    ['１２３４５６', '123456'],
    ['𞥑𞥒𞥓𞥔𞥕𞥖', '123456'],
    ['\u202a123456\u202c', '123456'],
    ['ａｂｃｄ－ｅｆｇｈ', 'abcdefgh'],
  ])('reads %j as %s', (typed, code) => expect(typedCode(typed)).toBe(code));

  it('reads every code in every script, whatever stands between its digits', () => {
    fc.assert(
      fc.property(
        digits,
        fc.constantFrom(...ZEROS),
        fc.array(filling, { minLength: 7, maxLength: 7 }),
        (values, zero, between) => {
          const typed = values.map((value, index) => String.fromCodePoint(zero + value) + between[index]).join('');
          expect(readCode((between[6] ?? '') + typed, digitsRule(6))).toBe(values.join(''));
        },
      ),
      { numRuns: 15 },
    );
  });

  it('gives one form of an accent that stood alone', () => {
    expect(typedCode(typedCode('\u1ffc\u0384'))).toBe(typedCode('\u1ffc\u0384'));
  });

  it.each(ZEROS)('knows the value of the ten digits from the code point %i on', (zero) => {
    const values = Array.from({ length: 10 }, (_, index) => typedCode(String.fromCodePoint(zero + index)));
    expect(values).toEqual(['0', '1', '2', '3', '4', '5', '6', '7', '8', '9']);
  });

  it.each(['12345', '1234567', '123.456', '123456x', '+123456', '一二三四五六', '123456\0', ''])('leaves %j refused', (text) => {
    expect(() => readCode(text, digitsRule(6))).toThrow(/^invalid_input: Field "code" must be a string of 6 digits\.$/);
  });

  it('looks at 64 characters and no more', () => {
    const code = `${' '.repeat(MAX_TYPED - 6)}123456`;
    expect(readCode(code, digitsRule(6))).toBe('123456');
    expect(() => readCode(` ${code}`, digitsRule(6))).toThrow(/invalid_input/);
    expect(typedCode(` ${code}`)).toBe(` ${code}`);
  });
});
