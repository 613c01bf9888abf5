import { composeFactors, generateKey, type ParseAuthAdapter } from '@parse-factors/core';
import { describe, expect, it } from 'vitest';
import { FieldsFactor, isoDate, type FieldsOptions } from '../src/index.js';

const make = (options: unknown): FieldsFactor => new FieldsFactor(options as FieldsOptions);
const match = ['birthDate'];

describe('wrong options', () => {
  it.each<[string, unknown, RegExp]>([
    ['none', undefined, /options must be an object/],
    ['no field to find by', { match }, /option "find" must be the name of a field/],
    ['no field to match', { find: 'n', match: [] }, /option "match" must be a list of 1 to 5 fields/],
    ['too many', { find: 'n', match: ['a', 'b', 'c', 'd', 'e', 'f'] }, /option "match"/],
    ['one twice', { find: 'n', match: ['a', 'a'] }, /must not contain "a" twice/],
    ['the one to find by again', { find: 'n', match: ['n'] }, /must not contain "n" twice/],
    ['a field that is none to know', { find: 'objectId', match }, /option "find": option "name" must be the name/],
    ['the password', { find: 'n', match: ['password'] }, /option "match": option "name"/],
    ['a path', { find: 'a.b', match }, /option "name"/],
    ['__proto__', { find: '__proto__', match }, /option "name"/],
    ['a pattern that remembers', { find: { name: 'n', pattern: /x/g }, match }, /option "pattern" must be .* without the flags/],
    [
      'a length without bounds',
      { find: { name: 'n', maxLength: 0 }, match },
      /option "maxLength" must be a whole number from 1 to 500/,
    ],
    ['a normaliser that is none', { find: { name: 'n', normalise: 'lower' }, match }, /option "normalise" must be a function/],
    ['toStored where nothing is looked up', { find: 'n', match: [{ name: 'a', toStored: Number }] }, /unknown option "toStored"/],
    ['a typing mistake', { find: 'n', match, maxFailure: 3 }, /unknown option "maxFailure"/],
    ['limits without bounds', { find: 'n', match, maxFailures: 1000 }, /option "maxFailures"/],
    [
      'locks that shorten',
      { find: 'n', match, lockMs: 120_000, maxLockMs: 60_000 },
      /option "maxLockMs" must be at least "lockMs"/,
    ],
    ['a policy of other factors', { find: 'n', match, policy: 'additional' }, /option "policy" must be one of "default", "solo"/],
    [
      'alone, as it was called',
      { find: 'n', match, alone: true },
      /option "alone" was replaced by "policy": use "solo" for true/,
    ],
  ])('are named: %s', (_name, options, message) => {
    expect(() => make(options)).toThrow(message);
    expect(() => make(options)).toThrow(expect.objectContaining({ name: 'FactorConfigError' }));
  });

  it('are not composed, because no user could log in', () => {
    const compose = (policy: string): unknown =>
      composeFactors({ keys: generateKey('a'), selfCheck: false, factors: { member: make({ find: 'n', match, policy }) } });
    expect(() => compose('default')).toThrow(/factors.member needs a second factor/);
    expect(() => compose('solo')).not.toThrow();
  });
});

describe('the adapter', () => {
  const { auth } = composeFactors({
    keys: generateKey('a'),
    selfCheck: false,
    factors: { member: make({ find: 'memberNumber', match: [{ name: 'birthDate', ...isoDate }], policy: 'solo' }) },
  });

  it('looks up no user while no server runs that serves it', async () => {
    const loaded: { beforeFind?: (payload: unknown) => Promise<void> } = {};
    const { validateOptions }: ParseAuthAdapter = auth.member;
    validateOptions?.call(loaded);
    await expect(loaded.beforeFind?.({ memberNumber: 'a', birthDate: '1990-01-31' })).rejects.toThrow();
  });
});
