import { describe, expect, it } from 'vitest';
import { outcomeOf } from '../../test/unit-stage.js';
import { FactorConfigError } from '../error/config-error.js';
import {
  baseUrlOption,
  choiceOption,
  functionOption,
  integerOption,
  isClass,
  listOption,
  optional,
  type OptionRule,
  resolveOptions,
  textOption,
  urlOption,
} from './options.js';

class Whatever {
  readonly name = 'whatever';
}

describe('an option', () => {
  const number = integerOption(2, 4);
  const text = textOption(3);
  const choice = choiceOption('a', 1, true);
  const list = listOption(number, 2);
  const url = urlOption('https:', 'redis:');

  it.each<readonly [string, OptionRule, readonly unknown[], readonly unknown[]]>([
    ['a whole number', number, [2, 3, 4], [1, 5, 2.5, '3', Number.NaN, Number.POSITIVE_INFINITY, 3n, null, undefined, [3]]],
    ['a text', text, ['a', 'abc', ' a ', 'ü'], ['', '   ', 'abcd', 'a\n', '\0', 1, null, undefined, ['a']]],
    ['a choice', choice, ['a', 1, true], ['b', '1', false, undefined, null]],
    ['a list', list, [[], [2], [2, 4]], [[1], [2, 3, 4], ['2'], 2, { 0: 2, length: 1 }, undefined]],
    ['a function', functionOption, [() => 1, async () => 1, function named() {}, Math.max], [Whatever, 'f', {}, null, undefined]],
    [
      'a base URL',
      baseUrlOption,
      [
        'https://acme.example',
        'https://acme.example/v1/',
        'http://localhost:8080',
        'http://127.0.0.1',
        'http://127.9.8.7',
        'http://[::1]:1/a',
      ],
      [
        'http://acme.example',
        'http://localhost.acme.example',
        'http://127.0.0.1.acme.example',
        'http://10.0.0.1',
        'https://u:p@acme.example',
        'https://acme.example?a=b',
        'https://acme.example#a',
        'ftp://localhost',
        'acme.example',
        '',
        1,
        undefined,
      ],
    ],
    [
      'a URL',
      url,
      ['https://acme.example', 'redis://u:p%40@localhost:6379/1'],
      [
        'http://acme.example',
        'https:',
        'acme.example',
        '',
        'https://u:%@acme.example',
        'redis:///1',
        1,
        new URL('https://acme.example'),
        undefined,
      ],
    ],
    ['what may be left out', optional(number), [undefined, 2], [null, 1, '2']],
  ])('that is %s takes what it says, and nothing else', (_name, { isValid }, valid, invalid) => {
    expect(valid.filter((value) => !isValid(value))).toEqual([]);
    expect(invalid.filter(isValid)).toEqual([]);
  });

  it.each<readonly [OptionRule, string]>([
    [number, 'a whole number from 2 to 4'],
    [text, 'a string of 1 to 3 characters'],
    [choice, 'one of "a", 1, true'],
    [list, 'a list of at most 2, each a whole number from 2 to 4'],
    [functionOption, 'a function'],
    [url, 'a URL that begins with https:// or redis://'],
    [optional(number), 'a whole number from 2 to 4, or left out'],
  ])('says what it takes: $accepts', ({ accepts }, sentence) => expect(accepts).toBe(sentence));
});

it.each<readonly [string, unknown, boolean]>([
  ['a class is one', Whatever, true],
  ['a function is none', () => 1, false],
  ['a function whose name begins with the word is none', function classify() {}, false],
  ['an instance is none', new Whatever(), false],
  ['nothing is none', undefined, false],
])('of classes: %s', (_sentence, value, expected) => expect(isClass(value)).toBe(expected));

describe('options that are resolved', () => {
  interface Options {
    readonly size: number;
    readonly name?: string;
  }
  const RULES = { size: integerOption(1, 9), name: optional(textOption(5)) };
  const resolve = (given: unknown, defaults?: Partial<Options>): Readonly<Options> =>
    resolveOptions<Options>('Owner', given, RULES, defaults);

  it.each<readonly [string, unknown, Partial<Options> | undefined, object]>([
    ['take what is given', { size: 2, name: 'a' }, undefined, { size: 2, name: 'a' }],
    ['take a default for what is missing', {}, { size: 3 }, { size: 3 }],
    ['take a default for what is undefined', { size: undefined }, { size: 3 }, { size: 3 }],
    ['take what is given before a default', { size: 2 }, { size: 3, name: 'a' }, { size: 2, name: 'a' }],
    ['leave out what may be left out', { size: 2, name: undefined }, undefined, { size: 2 }],
  ])('%s', (_sentence, given, defaults, expected) => expect(resolve(given, defaults)).toEqual(expected));

  it.each<readonly [string, unknown, string]>([
    ['nothing', undefined, 'Owner: the options must be an object'],
    ['null', null, 'Owner: the options must be an object'],
    ['a list', [], 'Owner: the options must be an object'],
    ['a text', 'size', 'Owner: the options must be an object'],
    ['an unknown word', { size: 1, sise: 2 }, 'Owner: unknown option "sise"; the known options are size, name'],
    [
      'a word that all objects know',
      { size: 1, toString: 2 },
      'Owner: unknown option "toString"; the known options are size, name',
    ],
    ['a value that is missing', {}, 'Owner: option "size" must be a whole number from 1 to 9'],
    ['a value that is null', { size: null }, 'Owner: option "size" must be a whole number from 1 to 9'],
    ['a wrong value', { size: 1, name: '' }, 'Owner: option "name" must be a string of 1 to 5 characters, or left out'],
  ])('refuse %s', async (_what, given, message) => {
    expect(() => resolve(given)).toThrow(FactorConfigError);
    expect(await outcomeOf(() => resolve(given))).toBe(message);
  });

  it('say more closely what is wrong where a rule does', async () => {
    const hint = (value: unknown) => (value === 'a' ? 'not "a"' : undefined);
    const rules = { x: { accepts: 'a "b"', isValid: (value: unknown) => value === 'b', hint } };
    expect(await outcomeOf(() => resolveOptions('Owner', { x: 'a' }, rules))).toBe('Owner: option "x" must be a "b"; not "a"');
    expect(await outcomeOf(() => resolveOptions('Owner', { x: 'c' }, rules))).toBe('Owner: option "x" must be a "b"');
  });

  it('are a frozen copy', () => {
    const given = { size: 2 };
    const resolved = resolve(given, Object.freeze({ name: 'a' }));
    expect(resolved).not.toBe(given);
    expect(Object.isFrozen(resolved)).toBe(true);
    expect(given).toEqual({ size: 2 });
  });

  it('do not change what all objects inherit', () => {
    expect(() => resolve(JSON.parse('{"size":1,"__proto__":{"polluted":1}}'))).toThrow('unknown option "__proto__"');
    expect({}).not.toHaveProperty('polluted');
  });
});
