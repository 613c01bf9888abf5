import { describe, expect, it } from 'vitest';
import { userWith } from '../../test/unit-stage.js';
import { accountName } from './account-name.js';

const RANDOM = 'aB3dE5fG7hI9jK1lM3nO5pQ7r';
const mail = { mailLogin: { id: 'ann@acme.example', sealed: 'x' } };

describe('the name of an account in an authenticator', () => {
  it.each<readonly [string, Readonly<Record<string, unknown>>, string]>([
    ['is the username', { username: 'ann', email: 'ann@acme.example' }, 'ann'],
    [
      'is a username of 25 characters that are not all letters and digits',
      { username: 'ann-of-acme-in-ahornstadt', email: 'a@b' },
      'ann-of-acme-in-ahornstadt',
    ],
    ['is a username of 24 letters and digits', { username: RANDOM.slice(1), email: 'a@b' }, RANDOM.slice(1)],
    [
      'is the e-mail address where Parse Server has made the username up',
      { username: RANDOM, email: 'ann@acme.example' },
      'ann@acme.example',
    ],
    ['is the address of a primary factor', { username: RANDOM, authData: mail }, 'ann@acme.example'],
    [
      'is the e-mail address rather than that of a primary factor',
      { email: 'own@acme.example', authData: mail },
      'own@acme.example',
    ],
    [
      'is the number of a primary factor',
      { username: RANDOM, authData: { smsLogin: { id: '+4915112345678' } } },
      '+4915112345678',
    ],
    [
      'is no id of a social provider',
      { username: RANDOM, authData: { google: { id: '1234567890' } }, phone: '+49151' },
      '+49151',
    ],
    [
      'is the address of a primary factor behind a social provider',
      { authData: { google: { id: '12345' }, ...mail } },
      'ann@acme.example',
    ],
    ['is the phone where nothing else is known', { username: RANDOM, phone: '+4915112345678' }, '+4915112345678'],
    ['is at last the username that was made up', { username: RANDOM }, RANDOM],
    ['is the id of a user without any name', {}, 'u1'],
    ['skips an empty username', { username: '', email: 'ann@acme.example' }, 'ann@acme.example'],
    ['skips an e-mail address that is no text', { username: RANDOM, email: { a: 1 }, phone: '+49151' }, '+49151'],
    ['skips sign-in data of another type', { authData: ['ann@acme.example'], phone: '+49151' }, '+49151'],
    ['skips a provider that was unlinked', { authData: { mailLogin: null } }, 'u1'],
    ['skips an id with a space in it', { authData: { x: { id: 'ann @acme.example' } } }, 'u1'],
    ['skips a number that begins with a zero', { authData: { x: { id: '+0151123456' } } }, 'u1'],
  ])('%s', (_sentence, fields, expected) => expect(accountName(userWith(fields))).toBe(expected));
});
