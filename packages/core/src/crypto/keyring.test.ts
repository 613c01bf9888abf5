import { randomBytes } from 'node:crypto';
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { FactorConfigError } from '../error/config-error.js';
import { generateKey, Keyring } from './keyring.js';

const key = (name: string): string => generateKey(name);
const base64 = (bytes: Uint8Array): string => Buffer.from(bytes).toString('base64');

const HALF = randomBytes(16);
const KEY = randomBytes(32);

describe('keys', () => {
  it.each([
    ['nothing', ''],
    ['white space', '  '],
    ['no name', base64(randomBytes(32))],
    ['an empty name', `:${base64(randomBytes(32))}`],
    ['a short key', `k:${base64(randomBytes(31))}`],
    ['a long key', `k:${base64(randomBytes(33))}`],
    ['a text', 'k:changeme'],
    ['zeros', `k:${base64(Buffer.alloc(32))}`],
    ['a repeated word', `k:${base64(Buffer.from('passwordpasswordpasswordpassword'))}`],
    ['a counted key', `k:${base64(Buffer.from(Array.from({ length: 32 }, (_, index) => index)))}`],
    ['a key counted down', `k:${base64(Buffer.from(Array.from({ length: 32 }, (_, index) => 200 - 3 * index)))}`],
    ['half a key twice', `k:${base64(Buffer.concat([HALF, HALF]))}`],
    ['a typed sentence', `k:${base64(Buffer.from('correct horse battery staple 123'))}`],
    ['one key under two names', `a:${base64(KEY)},b:${base64(KEY)}`],
    ['a name with a dot', `a.b:${base64(randomBytes(32))}`],
    ['an empty entry', `${key('a')},`],
    ['a name twice', `${key('a')},${key('a')}`],
    ['not a string', 5 as unknown as string],
  ])('%s: refused by the name of the option', (_name, keys) => {
    expect(() => new Keyring(keys)).toThrow(FactorConfigError);
    expect(() => new Keyring(keys)).toThrow(/"keys"/);
  });

  it('are generated ready to use', () => {
    expect(() => new Keyring(generateKey('2026-11'))).not.toThrow();
    expect(generateKey('2026-11')).toMatch(/^2026-11:[A-Za-z0-9+/]{43}=$/);
    expect(generateKey('a')).not.toBe(generateKey('a'));
  });
});

describe('digests', () => {
  const keyring = new Keyring(key('a'));

  it('match the same purpose and parts only', () => {
    const digest = keyring.digest('code', 'a', 'bc');
    expect(keyring.matches(digest, 'code', 'a', 'bc')).toBe(true);
    expect(keyring.matches(digest, 'code', 'ab', 'c')).toBe(false);
    expect(keyring.matches(digest, 'code', 'a', 'bc', '')).toBe(false);
    expect(keyring.matches(digest, 'other', 'a', 'bc')).toBe(false);
    for (const broken of ['', '.', 'a', 'a.', `b${digest.slice(1)}`, digest.slice(0, -1), `${digest}A`]) {
      expect(keyring.matches(broken, 'code', 'a', 'bc')).toBe(false);
    }
  });

  it('of an older key match after a rotation, and not without that key', () => {
    const [older, newer] = [key('older'), key('newer')];
    const digest = new Keyring(older).digest('code', 'x');
    expect(new Keyring(`${newer},${older}`).matches(digest, 'code', 'x')).toBe(true);
    expect(new Keyring(newer).matches(digest, 'code', 'x')).toBe(false);
  });
});

describe('sealing', () => {
  const keys = key('a');
  const keyring = new Keyring(keys);

  it('opens what it sealed, for the same owner only, whatever the text', () => {
    fc.assert(
      fc.property(
        fc.string({ unit: fc.constantFrom(...'aZ0 "\\\0\n\u00e4\u6f22\u{1f600}\u0301'), maxLength: 100 }),
        fc.array(fc.string(), { maxLength: 4 }),
        fc.string(),
        (text, binding, other) => {
          const sealed = keyring.seal(text, ...binding);
          expect(keyring.open(sealed, ...binding)).toEqual({ plaintext: text, isCurrent: true });
          expect(() => keyring.open(sealed, ...binding, other)).toThrow(/^unavailable/);
          expect(keyring.seal(text, ...binding)).not.toBe(sealed);
        },
      ),
      { numRuns: 10 },
    );
  });

  it('does not open what was cut or changed in any place', () => {
    const sealed = keyring.seal('secret', 'u');
    const places = Array.from({ length: sealed.length }, (_, index) => index);
    const change = (place: number): string =>
      sealed.slice(0, place) + (sealed[place] === 'A' ? 'B' : 'A') + sealed.slice(place + 1);
    // The last character carries two unused bits; decoding drops them.
    const broken = [...places.slice(0, -1).map(change), ...places.map((place) => sealed.slice(0, place))];
    const codeOf = (text: string): unknown => {
      try {
        return keyring.open(text, 'u');
      } catch (error) {
        return (error as { code?: unknown }).code;
      }
    };
    expect(broken.filter((text) => codeOf(text) !== 'unavailable')).toEqual([]);
    expect(codeOf(sealed)).toEqual({ plaintext: 'secret', isCurrent: true });
  });

  it('keeps opening after a rotation, and says that it is not current', () => {
    const sealed = keyring.seal('x', 'u');
    expect(new Keyring(`${key('b')}\n${keys}`).open(sealed, 'u')).toEqual({ plaintext: 'x', isCurrent: false });
    expect(() => new Keyring(key('b')).open(sealed, 'u')).toThrow(/^unavailable/);
    expect(() => new Keyring(key('a')).open(sealed, 'u')).toThrow(/^unavailable/);
  });

  it.each([
    [
      'fails',
      () => {
        throw new Error('no entropy');
      },
    ],
    ['gives too little', () => new Uint8Array(3)],
    ['gives no bytes', () => 'x' as unknown as Uint8Array],
  ])('closes when the random source %s', (_name, random) => {
    expect(() => new Keyring(keys, random).seal('x', 'u')).toThrow(/^unavailable/);
  });
});

describe('digests under several keys', () => {
  const [older, newer] = [generateKey('2026-01'), generateKey('2026-11')];
  const [alone, before, after] = [older, `${older},${newer}`, `${newer},${older}`].map((keys) => new Keyring(keys));

  it('are given under each, the current one first', () => {
    expect(after?.digests('code', 'x')).toEqual([after?.digest('code', 'x'), alone?.digest('code', 'x')]);
    expect(before?.digests('code', 'x')).toEqual(after?.digests('code', 'x').toReversed());
    expect(after?.digests('code', 'x')).not.toEqual(after?.digests('code', 'y'));
  });

  it('name the same thing alike, in whatever order and before the newer key is known', () => {
    const names = [alone, before, after].map((keyring) => keyring?.stableDigest('address', 'x'));
    expect(new Set(names).size).toBe(1);
    expect(names[0]).not.toBe(alone?.stableDigest('address', 'y'));
    expect(names[0]).not.toBe(alone?.stableDigest('ip', 'x'));
  });
});
