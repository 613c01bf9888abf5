import { describe, expect, it } from 'vitest';
import { FactorConfigError } from './config-error.js';
import { FactorError, isAddressRefused } from './factor-error.js';
import { faultName } from './fault-name.js';

const coded = (code: unknown, name: unknown = 'Error'): object => ({ code, name, message: 'a secret' });

describe('the name of a fault', () => {
  it.each<readonly [string, unknown, string]>([
    ['is its code', coded('ECONNREFUSED'), 'ECONNREFUSED'],
    ['is its code where that is a number', coded(21_610), '21610'],
    ['is its name where it has no code', new TypeError('a secret'), 'TypeError'],
    ['is its name where its code is a sentence', coded('the number +4915112345 is blocked'), 'Error'],
    ['is its name where its code is very long', coded('x'.repeat(41)), 'Error'],
    ['is its code of forty characters', coded('x'.repeat(40)), 'x'.repeat(40)],
    ['is its name where its code is empty', coded(''), 'Error'],
    ['is its name where its code is an object', coded({ a: 1 }), 'Error'],
    ['is the slug of an error of ours', new FactorError('cooldown'), 'cooldown'],
    ['is the name of an error of the configuration', new FactorConfigError('x'), 'FactorConfigError'],
    ['is unknown where its code and its name are sentences', coded('a b', 'c d'), 'unknown'],
    ['is unknown where its name has a line end', coded(undefined, 'Error\n'), 'unknown'],
    ['is unknown for an empty object', {}, 'unknown'],
    ['is unknown for a text', 'a secret', 'unknown'],
    ['is unknown for nothing', undefined, 'unknown'],
    ['is unknown for null', null, 'unknown'],
  ])('%s', (_sentence, fault, expected) => expect(faultName(fault)).toBe(expected));
});

it.each<readonly [string, unknown, boolean]>([
  ['is refused by that slug', new FactorError('address_refused'), true],
  ['is not refused by another slug', new FactorError('invalid_input'), false],
  [
    'is not refused by an error of another class with that code',
    Object.assign(new Error('x'), { code: 'address_refused' }),
    false,
  ],
  ['is not refused by nothing', undefined, false],
])('an address %s', (_sentence, fault, expected) => expect(isAddressRefused(fault)).toBe(expected));
