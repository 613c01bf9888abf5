import { describe, expect, it } from 'vitest';
import { asObject, hasSameFields, isPlain, sameStrings } from './json-object.js';

class Pointer {
  readonly id = 'x';
}

describe('a value of a payload', () => {
  it.each<readonly [string, unknown, boolean, boolean]>([
    ['an object', { a: 1 }, true, true],
    ['an empty object', {}, true, true],
    ['an object of a class', new Pointer(), true, false],
    ['an object without a prototype', Object.create(null), true, false],
    ['a date', new Date(0), true, false],
    ['a list', [], false, false],
    ['null', null, false, true],
    ['nothing', undefined, false, true],
    ['a text', 'a', false, true],
    ['a number', 1, false, true],
    ['true', true, false, true],
  ])('is an object and plain, or not: %s', (_name, value, isObject, plain) => {
    expect(asObject(value)).toBe(isObject ? value : undefined);
    expect(isPlain(value)).toBe(plain);
  });
});

const STATUS = { status: 'enabled', destination: 'a***' };

describe('a payload with the fields of a status', () => {
  it.each<readonly [string, unknown, boolean, boolean]>([
    ['has them with the same values', { ...STATUS }, true, true],
    ['has them in another order', { destination: 'a***', status: 'enabled' }, true, true],
    ['has them with other values', { status: 'disabled', destination: 'b***' }, true, false],
    ['has one that is no text', { ...STATUS, destination: 1 }, false, false],
    ['has one that is null', { ...STATUS, destination: null }, false, false],
    ['lacks one', { status: 'enabled' }, false, false],
    ['has one more', { ...STATUS, code: '123456' }, false, false],
    ['has another in place of one', { status: 'enabled', code: 'a***' }, false, false],
    ['has one that all objects know in place of one', { status: 'enabled', toString: 'a***' }, false, false],
    ['is empty', {}, false, false],
    ['is a text', 'enabled', false, false],
    ['is a list', ['enabled', 'a***'], false, false],
    ['is nothing', undefined, false, false],
  ])('%s', (_sentence, payload, hasFields, hasValues) => {
    expect(hasSameFields(payload, STATUS)).toBe(hasFields);
    expect(sameStrings(payload, STATUS)).toBe(hasValues);
  });

  it.each<readonly [string, unknown]>([
    ['nothing', undefined],
    ['null', null],
    ['a text', 'enabled'],
    ['an object with a number', { status: 1 }],
    ['an empty object', {}],
  ])('is never the same as %s', (_name, expected) => {
    expect(sameStrings({ status: 'enabled' }, expected)).toBe(false);
    expect(sameStrings({}, expected)).toBe(false);
  });

  it('is never the same as a status of no field', () => {
    expect(hasSameFields({}, {})).toBe(false);
    expect(sameStrings({}, {})).toBe(false);
  });
});
