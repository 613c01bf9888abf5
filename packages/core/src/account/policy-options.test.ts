import { describe, expect, it } from 'vitest';
import { enrolmentOption, isPolicy, policyOption } from './policy-options.js';

class Whatever {
  readonly name = 'whatever';
}

describe('a policy', () => {
  it.each(['any', 'all', { atLeast: 1 }, { atLeast: 5 }, { oneOf: ['totp'] }, { allOf: ['passkey', 'totp'] }])(
    'can be %j',
    (value) => {
      expect(isPolicy(value)).toBe(true);
      expect(policyOption.isValid(value)).toBe(true);
      expect(policyOption.isValid({ byRole: { admin: value } })).toBe(true);
      expect(policyOption.isValid({ byRole: {}, otherwise: value })).toBe(true);
    },
  );

  it.each([
    undefined,
    null,
    '',
    'none',
    'ANY',
    1,
    true,
    [],
    ['any'],
    {},
    { atLeast: 0 },
    { atLeast: 6 },
    { atLeast: 2.5 },
    { atLeast: Number.NaN },
    { atLeast: '2' },
    { atLeast: 2, atMost: 3 },
    { oneOf: [] },
    { oneOf: 'totp' },
    { oneOf: ['totp', 1] },
    { allOf: [''] },
    { allOf: ['totp', 'totp'] },
    { allOf: ['totp'], oneOf: ['otp'] },
    { allOf: ['totp'], atLeast: 2 },
    { noneOf: ['totp'] },
  ])('cannot be %j', (value) => {
    expect(isPolicy(value)).toBe(false);
    expect(policyOption.isValid(value)).toBe(false);
    expect(policyOption.isValid({ byRole: { admin: value } })).toBe(false);
    if (value !== undefined) expect(policyOption.isValid({ byRole: {}, otherwise: value })).toBe(false);
  });

  it.each<readonly [string, unknown, boolean]>([
    ['can be a function', () => 'any', true],
    ['can be an asynchronous function', async () => 'any', true],
    ['cannot be a class', Whatever, false],
    ['can be by role, with none named', { byRole: {} }, true],
    ['can be by role, with another for everyone else', { byRole: { admin: 'all' }, otherwise: { atLeast: 2 } }, true],
    ['cannot be by role where one of two roles has none', { byRole: { admin: 'all', staff: 'none' } }, false],
    ['cannot be by role where a role has roles', { byRole: { admin: { byRole: {} } } }, false],
    ['cannot be by role where a role has a function', { byRole: { admin: () => 'any' } }, false],
    ['cannot be by a list of roles', { byRole: ['any'] }, false],
    ['cannot be by role where that is a text', { byRole: 'any' }, false],
    ['cannot be for everyone else alone', { otherwise: 'any' }, false],
    ['cannot be by role and for a number of factors', { byRole: {}, atLeast: 2 }, false],
    ['cannot be by role with a word that is mistyped', { byRole: {}, otherwhise: 'any' }, false],
  ])('%s', (_sentence, value, isValid) => expect(policyOption.isValid(value)).toBe(isValid));
});

describe('the options of enrolment', () => {
  const YEAR = 366 * 24 * 60 * 60_000;

  it.each<readonly [string, unknown]>([
    ['may be empty', {}],
    ['may demand a factor of everybody', { requiredFor: 'everybody' }],
    ['may demand a factor of one role', { requiredFor: { roles: ['admin'] } }],
    ['may demand a factor of two roles', { requiredFor: { roles: ['admin', 'staff'] } }],
    ['may leave it to a function', { requiredFor: () => true }],
    ['may leave out which users need a factor', { requiredFor: undefined, graceMs: 1, since: 1 }],
    ['may give no time', { requiredFor: 'everybody', graceMs: 0, since: 0 }],
    ['may give a leap year', { graceMs: YEAR }],
    ['may begin in the future', { since: Date.UTC(2100, 0) }],
  ])('%s', (_sentence, value) => expect(enrolmentOption.isValid(value)).toBe(true));

  it.each<readonly [string, unknown]>([
    ['cannot be nothing', undefined],
    ['cannot be null', null],
    ['cannot be a list', []],
    ['cannot be a text', 'everybody'],
    ['cannot name users by an unknown word', { requiredFor: 'guests' }],
    ['cannot demand a factor of no role', { requiredFor: { roles: [] } }],
    ['cannot demand a factor of a role without a text', { requiredFor: { roles: ['admin', 1] } }],
    ['cannot demand a factor of roles in a text', { requiredFor: { roles: 'admin' } }],
    ['cannot demand a factor of roles and of users', { requiredFor: { roles: ['admin'], users: [] } }],
    ['cannot leave it to a class', { requiredFor: Whatever }],
    ['cannot answer by itself', { requiredFor: true }],
    ['cannot give a negative time', { graceMs: -1 }],
    ['cannot give more than a leap year', { graceMs: YEAR + 1 }],
    ['cannot give half a millisecond', { graceMs: 0.5 }],
    ['cannot give a time in a text', { graceMs: '1' }],
    ['cannot give time without end', { graceMs: Number.POSITIVE_INFINITY }],
    ['cannot begin before 1970', { since: -1 }],
    ['cannot begin at a date', { since: new Date(0) }],
    ['cannot hold a word that is unknown', { requiredFor: 'everybody', graceDays: 7 }],
  ])('%s', (_sentence, value) => expect(enrolmentOption.isValid(value)).toBe(false));
});
