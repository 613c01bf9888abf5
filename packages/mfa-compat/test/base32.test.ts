import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { canonicalBase32, decodeBase32 } from '../src/base32.js';

/** RFC 4648, section 10. */
const VECTORS: readonly (readonly [string, string])[] = [
  ['f', 'MY======'],
  ['fo', 'MZXQ===='],
  ['foo', 'MZXW6==='],
  ['foob', 'MZXW6YQ='],
  ['fooba', 'MZXW6YTB'],
  ['foobar', 'MZXW6YTBOI======'],
];

describe('Base32', () => {
  it.each(VECTORS)('reads %s as RFC 4648 writes it', (text, encoded) => {
    expect(Buffer.from(decodeBase32(canonicalBase32(encoded))).toString()).toBe(text);
    expect(canonicalBase32(encoded)).toBe(encoded.replaceAll('=', ''));
  });

  it('keeps the whole bytes of any secret, however it is typed, in one form', () => {
    const alphabet = [...'ABCDEFGHIJKLMNOPQRSTUVWXYZ234567abcdefghijklmnopqrstuvwxyz '];
    fc.assert(
      fc.property(fc.array(fc.constantFrom(...alphabet), { minLength: 2, maxLength: 60 }), (characters) => {
        const typed = characters.join('');
        const given = typed.replaceAll(' ', '').toUpperCase();
        fc.pre(given.length > 1);
        const canonical = canonicalBase32(typed);
        expect(decodeBase32(canonical)).toEqual(decodeBase32(given));
        expect(canonicalBase32(canonical)).toBe(canonical);
        // Nothing but what makes bytes is left.
        expect(Math.ceil((decodeBase32(canonical).length * 8) / 5)).toBe(canonical.length);
      }),
    );
  });
});
