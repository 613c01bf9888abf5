import { describe, expect, it } from 'vitest';
import { factorsByRole } from '../../test/unit-stage.js';
import type { Factor } from '../factor/factor.js';
import { backupFactors, backupOf, identityFactors, linkedFactors, secondFactors, storedAmong } from './factor-roles.js';

const APP = {
  factors: factorsByRole({
    codes: 'backup',
    fields: 'found',
    mailLogin: 'linked',
    otp: 'second',
    smsLogin: 'linked',
    totp: 'second',
  }),
};

const NONE = { factors: {} };

describe('the factors of an application', () => {
  it.each([
    ['second factors', secondFactors, ['otp', 'totp']],
    ['primary factors', identityFactors, ['fields', 'mailLogin', 'smsLogin']],
    ['primary factors that are linked', linkedFactors, ['mailLogin', 'smsLogin']],
    ['backup authenticators', backupFactors, ['codes']],
  ] as const)('are told apart: %s', (_name, keysOf, expected) => {
    expect(keysOf(APP)).toEqual(expected);
    expect(keysOf(NONE)).toEqual([]);
  });

  it('are each a second factor, a primary factor or a backup authenticator, and only one of these', () => {
    const keys = [...secondFactors(APP), ...identityFactors(APP), ...backupFactors(APP)];
    expect(keys.toSorted()).toEqual(Object.keys(APP.factors));
  });
});

describe('the backup authenticator that counts', () => {
  const others = { paper: { backup: 'after-step-up' } as Factor<object>, help: { backup: 'by-administrator' } as Factor<object> };
  const mixed = { factors: { ...APP.factors, ...others } };

  it.each<readonly [string, readonly string[], string | undefined]>([
    ['is none among other factors', ['otp', 'unknown'], undefined],
    ['is a trusted device', ['codes', 'otp'], 'after-sign-in'],
    ['is the recovery code of both', ['codes', 'paper'], 'after-step-up'],
    ['is the help code of all', ['codes', 'paper', 'help'], 'by-administrator'],
  ])('%s', (_sentence, keys, expected) => expect(backupOf(mixed, keys)).toBe(expected));
});

describe('what is stored among keys', () => {
  it.each<readonly [string, Readonly<Record<string, unknown>>, readonly string[]]>([
    ['is nothing of an empty account', {}, []],
    ['is what has a record, in the order of the keys', { totp: {}, otp: {} }, ['otp', 'totp']],
    ['is not what was removed', { otp: null, totp: {} }, ['totp']],
    ['is not what is undefined', { otp: undefined }, []],
    ['is not what no key names', { google: {} }, []],
    ['is even what is no record', { otp: false }, ['otp']],
  ])('%s', (_sentence, authData, expected) => expect(storedAmong(authData, ['otp', 'totp'])).toEqual(expected));
});
