import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { outcomeOf } from '../../test/unit-stage.js';
import { digitsRule, type FieldRule, NAME_RULE, namesUser, readCode, readFields } from './payload.js';

const WORD: FieldRule = { maxLength: 4, pattern: /^[a-z]+$/, accepts: 'a word' };
const LOUD: FieldRule = { ...WORD, tidy: (text) => text.toLowerCase() };

describe('the fields of a payload', () => {
  it.each<readonly [string, unknown, object]>([
    ['are read as they are', { a: 'x', b: 'yz' }, { a: 'x', b: 'yz' }],
    ['are read in any order', { b: 'yz', a: 'x' }, { a: 'x', b: 'yz' }],
    ['are brought to their form', { a: 'x', b: 'YZ' }, { a: 'x', b: 'yz' }],
  ])('%s', (_sentence, payload, expected) => expect(readFields(payload, { a: WORD, b: LOUD })).toEqual(expected));

  it.each<readonly [string, unknown, string]>([
    ['of nothing', undefined, 'Expected an object with exactly these fields: a, b.'],
    ['of null', null, 'Expected an object with exactly these fields: a, b.'],
    ['of true', true, 'Expected an object with exactly these fields: a, b.'],
    ['of a text', 'a', 'Expected an object with exactly these fields: a, b.'],
    ['of a list', ['a', 'b'], 'Expected an object with exactly these fields: a, b.'],
    ['beside another field', { a: 'x', b: 'y', c: 'z' }, 'Expected an object with exactly these fields: a, b.'],
    [
      'beside a field that all objects know',
      { a: 'x', b: 'y', constructor: 'z' },
      'Expected an object with exactly these fields: a, b.',
    ],
    ['of which one is missing', { a: 'x' }, 'Field "b" must be a word.'],
    ['of which one is null', { a: null, b: 'y' }, 'Field "a" must be a word.'],
    ['of which one is a number', { a: 1, b: 'y' }, 'Field "a" must be a word.'],
    ['of which one is an object', { a: { $regex: '.' }, b: 'y' }, 'Field "a" must be a word.'],
    ['of which one is empty', { a: '', b: 'y' }, 'Field "a" must be a word.'],
    ['of which one is too long', { a: 'abcde', b: 'y' }, 'Field "a" must be a word.'],
    ['of which one does not match', { a: 'x1', b: 'y' }, 'Field "a" must be a word.'],
    ['of which one matches in one line only', { a: 'x\ny', b: 'y' }, 'Field "a" must be a word.'],
  ])('are refused %s', async (_what, payload, sentence) => {
    expect(await outcomeOf(() => readFields(payload, { a: WORD, b: LOUD }))).toBe(`invalid_input: ${sentence}`);
  });

  it('are not looked for in what an object inherits', async () => {
    const payload = Object.create({ a: 'x' }) as object;
    expect(await outcomeOf(() => readFields(payload, { a: WORD }))).toBe('invalid_input: Field "a" must be a word.');
  });

  it('are never repeated in an error, whatever was sent', () => {
    fc.assert(
      fc.property(fc.string({ minLength: 5, maxLength: 20 }), (secret) => {
        const expected = 'invalid_input: Field "a" must be a word.';
        expect(() => readFields({ a: secret }, { a: WORD })).toThrow(expected);
      }),
      { numRuns: 15 },
    );
  });

  it('are brought to their form only where they are not too long', () => {
    const seen: string[] = [];
    const rule = { ...WORD, tidy: (text: string) => String(seen.push(text)) };
    expect(() => readFields({ a: 'abcde' }, { a: rule })).toThrow('invalid_input');
    expect(seen).toEqual([]);
  });
});

describe('a code', () => {
  it.each<readonly [string, unknown, string]>([
    ['is a text', '123456', '123456'],
    ['is an object with a text', { code: '123456' }, '123456'],
    ['is tidied', ' 123-456 ', '123456'],
  ])('%s', (_sentence, payload, expected) => expect(readCode(payload, digitsRule(6))).toBe(expected));

  it.each<readonly [string, FieldRule, string, boolean]>([
    ['of five digits is none of six', digitsRule(6), '12345', false],
    ['of seven digits is none of six', digitsRule(6), '1234567', false],
    ['of six digits is one of six to eight', digitsRule(6, 8), '123456', true],
    ['of eight digits is one of six to eight', digitsRule(6, 8), '12345678', true],
    ['of nine digits is none of six to eight', digitsRule(6, 8), '123456789', false],
  ])('%s', async (_sentence, rule, code, isRead) => {
    const sentence = rule.accepts === 'a string of 6 digits' ? '6' : '6 to 8';
    expect(await outcomeOf(() => readCode(code, rule))).toBe(
      isRead ? 'passes' : `invalid_input: Field "code" must be a string of ${sentence} digits.`,
    );
  });
});

describe('a name that a user gives', () => {
  it.each(['a', 'My phone', 'Телефон', '📱 phone', 'x'.repeat(64), "Ann's"])('can be %j', (name) => {
    expect(readFields({ name }, { name: NAME_RULE })).toEqual({ name });
  });

  it.each(['', 'x'.repeat(65), 'a\nb', 'a\0', 'a\u200bb', 'a\u2028b', 'a\u202eb', '\ud800'])('cannot be %j', (name) => {
    expect(() => readFields({ name }, { name: NAME_RULE })).toThrow('Field "name" must be a string of 1 to 64 characters.');
  });
});

it.each<readonly [string, unknown, boolean]>([
  ['an id says so', { id: 'a', code: '1' }, true],
  ['an id that is null says so', { id: null }, true],
  ['a code alone does not', { code: '1' }, false],
  ['a text does not', 'id', false],
  ['an inherited id does not', Object.create({ id: 'a' }), false],
  ['nothing does not', undefined, false],
])('whether a payload says who the user is: %s', (_sentence, payload, expected) => expect(namesUser(payload)).toBe(expected));
