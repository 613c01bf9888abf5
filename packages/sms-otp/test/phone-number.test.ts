import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { maskPhone, normalisePhone } from '../src/phone-number.js';

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
