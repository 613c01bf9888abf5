import { describe, expect, it } from 'vitest';
import { stagedContext } from '../../../test/unit-stage.js';
import {
  authenticatorsOf,
  describeAuthenticators,
  hasSameAuthenticators,
  isLabelled,
  newLabel,
  ownIdOf,
  recordOfAuthenticators,
  type Several,
} from './several.js';

interface Address {
  readonly address: string;
}

const old: Several<Address> = { address: 'a' };
const first = { address: 'a', id: 'x', name: 'Mine', addedAt: 0 };
const second = { address: 'b', id: 'y', name: 'Work', addedAt: 1 };
const both: Several<Address> = { ...first, others: [second] };

describe('a record of several authenticators', () => {
  it('of one that was set up while the user could have only one, is a list of one', () => {
    expect(authenticatorsOf(old, 'Unnamed')).toEqual([{ address: 'a', id: 'first', name: 'Unnamed' }]);
    expect([isLabelled(old), isLabelled(both)]).toEqual([false, true]);
    expect([ownIdOf({ id: 'first' }), ownIdOf({}), ownIdOf(first)]).toEqual([undefined, undefined, 'x']);
  });

  it('is the list that it was made of', () => {
    for (const list of [[first], [first, second]] as const)
      expect(authenticatorsOf(recordOfAuthenticators(list), 'Unnamed')).toEqual(list);
    expect(recordOfAuthenticators([first])).toEqual(first);
    expect(recordOfAuthenticators([first, second])).toEqual(both);
  });

  it.each([
    ['itself', old, old, true],
    ['what it is once it has an id and a name', old, { ...old, id: 'first', name: 'Mine' }, true],
    ['itself with other names', both, { ...first, name: 'x', others: [{ ...second, name: 'y' }] }, true],
    ['one with another address', old, { address: 'b' }, false],
    ['one with another beside it', first, both, false],
    ['one that was set up anew', first, { ...first, id: 'z' }, false],
    ['one without the first', both, second, false],
  ])('is the same as %s, or not', (_name, one, other, expected) => {
    expect(hasSameAuthenticators<Address>(one, other)).toBe(expected);
    expect(hasSameAuthenticators<Address>(other, one)).toBe(expected);
  });

  it('shows ids, names and times, and what the factor adds', () => {
    const list = authenticatorsOf<Address>({ ...old, others: [second] }, 'Unnamed');
    const shown = describeAuthenticators(list, ({ address }) => ({ destination: `${address}***` }));
    expect(JSON.parse(String(shown['authenticators']))).toEqual([
      { id: 'first', name: 'Unnamed', destination: 'a***' },
      { id: 'y', name: 'Work', addedAt: '1970-01-01T00:00:00.001Z', destination: 'b***' },
    ]);
  });

  it('gives each new one 128 random bits as its id', () => {
    const bytes = Uint8Array.from({ length: 16 }, (_, index) => index);
    const context = stagedContext({ random: () => bytes });
    expect(newLabel(context, 'Mine')).toEqual({
      id: Buffer.from(bytes).toString('base64url'),
      name: 'Mine',
      addedAt: context.clock(),
    });
  });
});
