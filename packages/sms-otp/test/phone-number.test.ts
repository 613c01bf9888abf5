import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { FactorConfigError, outbox } from '@parse-factors/core';
import { maskPhone, normalisePhone, SmsOtpFactor, type Country } from '../src/index.js';

const policy = { countries: ['US', 'FR', 'GB'], allowFictional: false };

describe('normalisePhone', () => {
  it.each([
    ['+14155552671', '+14155552671'],
    ['+1 (415) 555-2671', '+14155552671'],
    ['+33 6.12.34.56.78', '+33612345678'],
  ])('reads %s as %s', (input, number) => expect(normalisePhone(input, policy)).toBe(number));

  it.each([
    ['of a country that is not allowed', '+4915112345678'],
    ['that is a land line', '+33140205050'],
    ['that is free of charge', '+18005551234'],
    ['that is premium', '+19005551234'],
    ['that is by satellite', '+881612345678'],
    ['of shared cost', '+33810123456'],
    ['that does not exist', '+11234567890'],
    ['of Guernsey, which shares +44 with Britain', '+447911123456'],
    ['of Jamaica, which shares +1 with the United States', '+18762101234'],
    ['set aside for fiction', '+12025550123'],
    ['of an area code set aside', '+15551234567'],
  ])('refuses a number %s', (_name, input) => {
    expect(() => normalisePhone(input, policy)).toThrow(/^address_refused: /);
  });

  it('accepts fictional numbers where asked to', () => {
    expect(normalisePhone('+1 555 123 4567', { ...policy, allowFictional: true })).toBe('+15551234567');
    expect(normalisePhone('+12025550123', { ...policy, allowFictional: true })).toBe('+12025550123');
    expect(() => normalisePhone('+19005551234', { ...policy, allowFictional: true })).toThrow(/^address_refused: /);
  });

  it('gives E.164 or refuses, whatever comes, and is idempotent', () => {
    const digits = fc.string({ unit: fc.constantFrom(...'0123456789+ ().-'), maxLength: 24 });
    fc.assert(
      fc.property(
        fc.oneof(
          fc.string(),
          digits,
          digits.map((text) => `+1415${text}`),
        ),
        (input) => {
          let number: string;
          try {
            number = normalisePhone(input, policy);
          } catch (error) {
            expect(String(error)).toMatch(/invalid_input|address_refused/);
            return;
          }
          expect(number).toMatch(/^\+[1-9][0-9]{6,14}$/);
          expect(normalisePhone(number, policy)).toBe(number);
        },
      ),
    );
  });

  it('masks at constant length', () => {
    expect(maskPhone('+15551234567')).toBe('•••• 4567');
    expect(maskPhone('+33612345678')).toHaveLength(maskPhone('+15551234567').length);
  });
});

const TERRITORIES = [
  ['PR', '+17872345678', 'US'],
  ['GU', '+16713001234', 'US'],
  ['VI', '+13406421234', 'US'],
  ['GG', '+447781123456', 'GB'],
  ['JE', '+447797712345', 'GB'],
  ['IM', '+447624123456', 'GB'],
] as const;
/** Their numbers are those of the other country. */
const SHARED = [
  ['AX', '+358412345678', 'FI'],
  ['SJ', '+4741234567', 'NO'],
  ['VA', '+393123456789', 'IT'],
  ['EH', '+212650123456', 'MA'],
  ['BL', '+590690001234', 'GP'],
  ['MF', '+590690001234', 'GP'],
  ['CC', '+61412345678', 'AU'],
  ['CX', '+61412345678', 'AU'],
] as const;

describe('territories', () => {
  const allow = (...countries: string[]) => ({ countries, allowFictional: false });

  it.each(TERRITORIES)('%s is accepted when it is named, and told when only its parent is', (territory, number, parent) => {
    expect(normalisePhone(number, allow(territory))).toBe(number);
    const refused = new RegExp(`^address_refused: Codes are not sent to numbers of .+ \\(${territory}\\)\\.$`);
    expect(() => normalisePhone(number, allow(parent))).toThrow(refused);
  });

  it.each(SHARED)('%s is accepted when it is named, or the country whose numbers it has', (territory, number, parent) => {
    expect(normalisePhone(number, allow(territory))).toBe(number);
    expect(normalisePhone(number, allow(parent))).toBe(number);
    expect(() => normalisePhone(number, allow('DE'))).toThrow(/^address_refused: Codes are not sent to numbers of /);
  });

  it('are no way to numbers of no country', () => {
    for (const number of ['+870773111632', '+881612345678', '+88216123456'])
      expect(() => normalisePhone(number, allow('US'))).toThrow(/^address_refused: This number cannot be used for codes\.$/);
  });
});

describe('numbers that are written otherwise at home', () => {
  const policy = { countries: ['AR', 'MX', 'GB', 'SE'], allowFictional: false };

  it.each([
    ['+54 11 15 2345 6789', '+5491123456789'],
    ['+54 9 11 2345 6789', '+5491123456789'],
    ['+52 55 1234 5678', '+525512345678'],
    ['+44 (0)7400 123456', '+447400123456'],
    ['+46 073-123 45 67', '+46731234567'],
  ])('%s is %s', (typed, number) => expect(normalisePhone(typed, policy)).toBe(number));

  it.each([
    ['+54 11 2345 6789', /Write mobile numbers of Argentina as \+54 9/],
    ['+54 9 11 15 2345 6789', /Write mobile numbers of Argentina as \+54 9/],
    ['+52 1 55 1234 5678', /Write numbers of Mexico as \+52 and ten digits/],
  ])('%s is refused, and the answer says how it is written', (typed, hint) => {
    expect(() => normalisePhone(typed, policy)).toThrow(hint);
    expect(() => normalisePhone(typed, { ...policy, countries: ['US'] })).toThrow(/^address_refused: [^+]+$/);
  });

  it('is one number everywhere, where every country is allowed', () => {
    const everywhere = { countries: undefined, allowFictional: false };
    expect(normalisePhone('+44 07400 123456', everywhere)).toBe('+447400123456');
  });
});

describe('the option "countries"', () => {
  const build = (countries: unknown) => () => new SmsOtpFactor({ channel: outbox(), countries: countries as readonly Country[] });

  it.each([
    [['FR', 'UK'], `"UK" is not a country code; use 'GB' for United Kingdom (GB)`],
    [['us'], `"us" is not a country code; use 'US' for United States (US)`],
    [['Germany'], `"Germany" is not a country code; use 'DE' for Germany (DE)`],
    [['+33'], `"+33" is not a country code; use 'FR' for France (FR)`],
    [['ZZ'], '"ZZ" is not a country code'],
    ['UK', `"UK" is not a list; use ['GB'] for United Kingdom (GB)`],
  ])('given %j says what is wrong and what is meant', (countries, hint) => {
    const sentence = `SmsOtpFactor: option "countries" must be a list of at least one country code, such as ['FR', 'US']; ${hint}`;
    expect(build(countries)).toThrow(new FactorConfigError(sentence));
  });

  it.each([[[]], [undefined], [5], [[5]]])('given %j is refused', (countries) =>
    expect(build(countries)).toThrow(FactorConfigError),
  );
});
