import { FactorConfigError } from '@parse-factors/core';
import { afterEach, describe, expect, it, vi } from 'vitest';
import { SmsOtpFactor } from '../src/index.js';
import { normalisePhone, normaliseTestPhone } from '../src/phone-number.js';

const policy = { countries: ['US', 'FR'], allowFictional: false };
const smsWith = (addresses: Readonly<Record<string, string>>, more: object = {}): SmsOtpFactor =>
  new SmsOtpFactor({
    channel: () => undefined,
    countries: ['US', 'FR'],
    testCodes: { addresses, until: '2027-01-31' },
    ...more,
  });

afterEach(() => vi.unstubAllEnvs());

describe('a phone number of test codes', () => {
  it.each([
    ['+1 555 0100', '+15550100'],
    ['+15550199', '+15550199'],
    ['+1 (202) 555-0123', '+12025550123'],
    ['+1 555 123 4567', '+15551234567'],
    ['+33 6 12 34 56 78', '+33612345678'],
  ])('may be %s', (written, number) => expect(normaliseTestPhone(written, policy)).toBe(number));

  it.each(['+15550200', '+15551234', '+1555010', '+155501000', '+4915112345678', '+19005551234', '555 0100', 'x'])(
    'cannot be %s',
    (written) => expect(() => normaliseTestPhone(written, policy)).toThrow(/^(?:address_refused|invalid_input): /),
  );

  it('is refused as any other number', () => {
    for (const number of ['+15550100', '+12025550123'])
      expect(() => normalisePhone(number, policy)).toThrow(/^address_refused: /);
  });
});

describe('SmsOtpFactor with test codes', () => {
  it('works in production, unlike all fictional numbers', () => {
    vi.stubEnv('NODE_ENV', 'production');
    const { addressProof } = smsWith({ '+1 555 0100': '123456' });
    expect(addressProof.normalise('+1-555-0100')).toBe('+15550100');
    expect(() => addressProof.normalise('+15550101')).toThrow(/^address_refused: /);
  });

  it('imports no fictional number from another factor', () => {
    const { importer } = smsWith({ '+15550100': '123456', '+33612345678': '123456' });
    expect(() => importer?.importEnrolment({ address: '+15550100' })).toThrow(/^address_refused: /);
    expect(importer?.importEnrolment({ address: '+33612345678' })).toEqual({ address: '+33612345678' });
  });

  it.each<readonly [string, Readonly<Record<string, string>>, object]>([
    ['a number of another country', { '+4915112345678': '123456' }, {}],
    ['a code of another length', { '+15550100': '123456' }, { codeLength: 8 }],
    ['no day', { '+15550100': '123456' }, { testCodes: { addresses: { '+15550100': '123456' } } }],
  ])('refuses %s', (_what, addresses, more) => {
    expect(() => smsWith(addresses, more)).toThrow(FactorConfigError);
    expect(() => smsWith(addresses, more)).toThrow('SmsOtpFactor: option "testCodes');
  });
});
