import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { caseless, digits, exact, isoDate, type FieldKind } from '../src/index.js';

const KINDS: Readonly<Record<string, FieldKind>> = { caseless, digits, exact, isoDate };
const anyText = fc.oneof(
  fc.string({ unit: 'binary', maxLength: 60 }),
  fc.string({ unit: 'grapheme', maxLength: 60 }),
  fc.stringMatching(/^[0-9 ./-]{1,20}$/),
  fc.stringMatching(/^\d{4}-\d{2}-\d{2}$/),
);

describe('every kind', () => {
  it.each(Object.entries(KINDS))('%s gives a form that is its own form', (_name, { normalise }) => {
    fc.assert(
      fc.property(anyText, (text) => {
        const once = normalise(text);
        expect(once === undefined ? undefined : normalise(once)).toBe(once);
      }),
      { numRuns: 2000 },
    );
  });

  it.each(Object.entries(KINDS))('%s reads nothing that cannot be seen', (_name, { pattern }) => {
    for (const hidden of ['\0', '\n', '\u200b', '\u202e', '\ufeff', '\u2028', '\ud800', '\ue000', '\u0600']) {
      for (const text of [hidden, `1${hidden}`, `${hidden}1`, `1990-01-3${hidden}`]) expect(pattern.test(text)).toBe(false);
    }
    expect(pattern.test('')).toBe(false);
  });

  it.each(Object.entries(KINDS))('%s takes no stored value for a text that is none', (_name, { toText }) => {
    for (const stored of [undefined, null, Number.NaN, 1.5, 2 ** 60, true, {}, [], ['1'], new Date(Number.NaN)]) {
      expect(toText(stored)).toBe(undefined);
    }
  });
});

describe('caseless', () => {
  it.each([
    ['  Ann   LEE ', 'ann lee'],
    ['Ａ-１２３', 'a-123'],
    ['STRASSE', 'strasse'],
    ['Straße', 'strasse'],
    ['ΟΔΟΣ', 'οδος'],
    ['\u0041\u030a', 'å'],
    ['ﬁ', 'fi'],
    ['a\u00a0b', 'a b'],
  ])('has one form for %j', (text, form) => {
    expect(caseless.normalise(text)).toBe(form);
  });

  it('does not take letters for others that only look alike', () => {
    expect(caseless.normalise('а')).not.toBe(caseless.normalise('a')); // Cyrillic
    expect(caseless.normalise('0')).not.toBe(caseless.normalise('O'));
  });

  it('leaves the case alone where it is exact', () => {
    expect(exact.normalise(' A  b ')).toBe('A b');
  });
});

describe('digits', () => {
  it('leaves out what stands between them, and nothing else', () => {
    expect(digits.normalise('12-34.56 / 7')).toBe('1234567');
    expect(digits.normalise('007')).toBe('007');
    expect(digits.normalise('12a')).toBe(undefined);
    expect(digits.toText(1234)).toBe('1234');
    for (const text of ['１２', '١٢', '-12', '+12', '1e3']) expect(digits.pattern.test(text)).toBe(false);
  });
});

describe('isoDate', () => {
  it('is a day that there is', () => {
    fc.assert(
      fc.property(fc.date({ min: new Date('0000-01-01'), max: new Date('9999-12-31'), noInvalidDate: true }), (date) => {
        const text = isoDate.toText(date) ?? '';
        expect(isoDate.normalise(text)).toBe(text);
        expect(isoDate.toText(date.toISOString())).toBe(text);
      }),
    );
    for (const text of ['1990-02-29', '1990-02-31', '1990-13-01', '1990-00-10', '1990-01-00']) {
      expect(isoDate.normalise(text)).toBe(undefined);
    }
    expect(isoDate.normalise('1992-02-29')).toBe('1992-02-29');
  });

  it('is taken from the text that begins with one, and from no other', () => {
    expect(isoDate.toText('1990-01-31')).toBe('1990-01-31');
    expect(isoDate.toText('1990-01-31T23:00:00Z')).toBe('1990-01-31');
    expect(isoDate.toText('1990-01-310')).toBe(undefined);
  });
});
