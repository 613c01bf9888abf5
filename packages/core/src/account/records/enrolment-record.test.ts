import { describe, expect, it } from 'vitest';
import { isUnconfirmed, markOf } from './enrolment-record.js';

describe('the mark of a record', () => {
  it.each<readonly [string, unknown, unknown]>([
    ['ignores what stands beside a seal', { sealed: 'a' }, { sealed: 'a', secret: '-', mobile: '-' }],
    ['ignores the order of fields', { secret: 'a', recovery: 'b' }, { recovery: 'b', secret: 'a' }],
    ['takes nothing for an empty record', undefined, {}],
    ['takes null for an empty record', null, {}],
    ['takes a text for an empty record', 'a', {}],
    ['takes a missing id for an empty one', { sealed: 'a' }, { id: '', sealed: 'a' }],
  ])('%s', (_sentence, one, other) => expect(markOf(one)).toBe(markOf(other)));

  it.each<readonly [string, unknown, unknown]>([
    ['tells two seals apart', { sealed: 'a' }, { sealed: 'b' }],
    ['tells two ids beside one seal apart', { id: 'a', sealed: 'x' }, { id: 'b', sealed: 'x' }],
    ['tells an id from a seal of the same text', { id: 'a' }, { sealed: 'a' }],
    ['tells two records in the open apart', { secret: 'a' }, { secret: 'b' }],
    ['tells fields that are called otherwise apart', { secret: 'a' }, { mobile: 'a' }],
    ['tells a sealed record from one in the open', { sealed: 'a' }, { secret: 'a' }],
    ['tells two lists of codes apart', { recovery: ['a', 'b'] }, { recovery: ['ab'] }],
    ['tells a record from none', { id: 'a' }, undefined],
  ])('%s', (_sentence, one, other) => expect(markOf(one)).not.toBe(markOf(other)));
});

describe('a record of the built-in provider', () => {
  it.each<readonly [string, unknown, boolean]>([
    ['is unconfirmed while it holds nothing but a pending number', { pending: { mobile: 'x' } }, true],
    ['is confirmed once it holds a number as well', { mobile: 'x', pending: {} }, false],
    ['is confirmed with a secret', { secret: 'x' }, false],
    ['is confirmed where it is empty', {}, false],
    ['is confirmed where there is none', undefined, false],
    ['is confirmed where it is a list', ['pending'], false],
    ['is confirmed where it is a text', 'pending', false],
  ])('%s', (_sentence, record, expected) => expect(isUnconfirmed(record)).toBe(expected));
});
