import { describe, expect, it } from 'vitest';
import { changesProviders } from './provider-changes.js';

type Providers = Readonly<Record<string, unknown>>;

class Decoded {
  readonly id = 'a';
}

describe('a request that changes the providers of an account', () => {
  it.each<readonly [string, Providers, Providers]>([
    ['links one', { google: { id: 'a' } }, {}],
    ['links one where null is stored', { google: { id: 'a' } }, { google: null }],
    ['unlinks one', { google: null }, { google: { id: 'a' } }],
    ['unlinks one by leaving it undefined', { google: undefined }, { google: { id: 'a' } }],
    ['exchanges the id of one', { google: { id: 'b' } }, { google: { id: 'a' } }],
    ['takes the id of one away', { google: { token: 't' } }, { google: { id: 'a' } }],
    ['changes the type of an id', { google: { id: 1 } }, { google: { id: '1' } }],
    ['changes the second of two', { google: { id: 'a' }, apple: { id: 'c' } }, { google: { id: 'a' }, apple: { id: 'b' } }],
    ['sends a value that was decoded to another object', { google: new Decoded() }, { google: { id: 'a' } }],
    ['meets a stored value that was decoded to another object', { google: { id: 'a' } }, { google: new Decoded() }],
    ['sends a list', { google: [] }, { google: { id: 'a' } }],
    ['sends a text', { google: 'a' }, { google: { id: 'a' } }],
    ['links one that is called as a method of all objects', { toString: { id: 'a' } }, {}],
  ])('is one that %s', (_sentence, given, stored) => expect(changesProviders(given, stored, {})).toBe(true));

  it.each<readonly [string, Providers, Providers, object]>([
    ['sends none', {}, { google: { id: 'a' } }, {}],
    ['renews one under the same id', { google: { id: 'a', token: 'new' } }, { google: { id: 'a', token: 'old' } }, {}],
    ['renews one that has no id', { anonymous: { token: 'new' } }, { anonymous: { token: 'old' } }, {}],
    ['unlinks one that is not linked', { google: null }, {}, {}],
    ['unlinks one that was unlinked before', { google: null }, { google: null }, {}],
    ['links a key that is not looked at', { otp: { id: 'a' } }, {}, { otp: true }],
    ['unlinks a key that is not looked at', { otp: null }, { otp: { id: 'a' } }, { otp: undefined }],
  ])('is none that %s', (_sentence, given, stored, except) => expect(changesProviders(given, stored, except)).toBe(false));

  it('is one where a name is only inherited by the keys that are not looked at', () => {
    expect(changesProviders({ toString: { id: 'a' } }, {}, { otp: true })).toBe(true);
  });
});
