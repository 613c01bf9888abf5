import { describe, expect, it } from 'vitest';
import { outcomeOf } from '../../test/unit-stage.js';
import type { HookConfig, HookObject } from './parse-types.js';
import { readResetAddresses, readSentCredentials } from './sent-credentials.js';

/** A Parse Server object with these changes pending. */
const pending = (changes: Readonly<Record<string, unknown>>): HookObject =>
  ({
    dirtyKeys: () => Object.keys(changes),
    op: (key: string) => (Object.hasOwn(changes, key) ? { _value: changes[key] } : undefined),
  }) as unknown as HookObject;

class Decoded {
  readonly id = 'x';
}

describe('the credentials that a request sends', () => {
  it.each<readonly [string, HookObject | undefined, object]>([
    ['are none without an object', undefined, { providers: {}, hasPassword: false }],
    ['are none where nothing is pending', pending({}), { providers: {}, hasPassword: false }],
    ['are none where only other fields are pending', pending({ name: 'Ann' }), { providers: {}, hasPassword: false }],
    [
      'are what is sent of providers',
      pending({ authData: { otp: '123456', google: { id: '1' } } }),
      { providers: { otp: '123456', google: { id: '1' } }, hasPassword: false },
    ],
    [
      'hold null for a provider that is unlinked',
      pending({ authData: { otp: null } }),
      { providers: { otp: null }, hasPassword: false },
    ],
    ['hold a password where one is pending', pending({ password: 'x' }), { providers: {}, hasPassword: true }],
    ['hold a password that is taken away', pending({ password: null }), { providers: {}, hasPassword: true }],
    ['are none where sign-in data is null', pending({ authData: null }), { providers: {}, hasPassword: false }],
    ['are none where sign-in data is a text', pending({ authData: 'otp' }), { providers: {}, hasPassword: false }],
    [
      'are none of a key with a dot, which the gate for writes refuses',
      pending({ 'authData.otp': '1' }),
      { providers: {}, hasPassword: false },
    ],
    [
      'are read beside a key with a dot of another field',
      pending({ 'address.city': 'x', password: 'x' }),
      { providers: {}, hasPassword: true },
    ],
  ])('%s', (_sentence, object, expected) => expect(readSentCredentials(object)).toEqual(expected));

  it.each<readonly [string, Readonly<Record<string, unknown>>, string]>([
    [
      'sign-in data that was decoded to another object',
      { authData: new Decoded() },
      'Each entry of "authData" must be a JSON object or a string.',
    ],
    ['sign-in data that is a list', { authData: [] }, 'Each entry of "authData" must be a JSON object or a string.'],
    [
      'a provider that was decoded to another object',
      { authData: { otp: new Decoded() } },
      'Each entry of "authData" must be a JSON object or a string.',
    ],
    ['a provider that is a list', { authData: { otp: ['1'] } }, 'Each entry of "authData" must be a JSON object or a string.'],
    [
      'a provider that is a date',
      { authData: { otp: new Date(0) } },
      'Each entry of "authData" must be a JSON object or a string.',
    ],
  ])('are refused for %s', async (_what, changes, sentence) => {
    expect(await outcomeOf(() => readSentCredentials(pending(changes)))).toBe(`invalid_input: ${sentence}`);
  });
});

describe('the addresses for links that set a password', () => {
  const config = (adapter?: object): HookConfig => ({ userController: { adapter } }) as unknown as HookConfig;
  const written = pending({ email: 'ann@example.com', username: 'ann' });

  it.each<readonly [string, HookObject, HookConfig, object]>([
    ['are none where the server sends no mail', written, config(), {}],
    ['are the e-mail address, and no name', written, config({}), { email: 'ann@example.com' }],
    ['are a name that is an address', pending({ username: 'ann@example.com' }), config({}), { username: 'ann@example.com' }],
    ['are none where the address is taken away', pending({ email: undefined }), config({}), {}],
    ['are none where nothing is pending', pending({}), config({}), {}],
  ])('%s', (_sentence, object, server, addresses) => {
    expect(readResetAddresses(object, server, false)).toEqual(addresses);
  });

  it('are the email where codes reset passwords, with and without a mail adapter', () => {
    const named = pending({ email: 'ann@example.com', username: 'bob@example.com' });
    expect(readResetAddresses(named, config(), true)).toEqual({ email: 'ann@example.com' });
    expect(readResetAddresses(named, config({}), true)).toEqual({ email: 'ann@example.com', username: 'bob@example.com' });
  });
});
