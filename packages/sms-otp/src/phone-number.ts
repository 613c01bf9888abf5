import { FactorError } from '@parse-factors/core';
import { parsePhoneNumberFromString, type CountryCode } from 'libphonenumber-js/max';
import { countryName, includesCountry } from './countries.js';

/** Number types that receive text messages. Premium, shared-cost, satellite, pager and fixed lines do not. */
const TEXT_CAPABLE = new Set(['MOBILE', 'FIXED_LINE_OR_MOBILE']);

/**
 * Separators between digits: spaces, hyphens and dashes, dots, parentheses. Everything else is refused, full-width digits too.
 */
const SEPARATORS = /[\p{Zs}().\-\u2010-\u2013]/gu;
/** A trunk prefix in parentheses, which is not dialled from abroad: `+44 (0)7400 123456`. */
const OPTIONAL_TRUNK = /\(0\)/;
const E164 = /^\+[1-9][0-9]{6,14}$/;

/** Freephone, satellite, premium and other services without a country (ITU-T E.164.1). */
const NO_COUNTRY = /^\+(?:800|808|870|878|88[1238]|979)/;

/** North American numbers reserved for fiction: an unassigned area code, and 555-0100 to 555-0199. */
const FICTIONAL = /^\+1(?:555[0-9]{7}|[2-9][0-9]{2}55501[0-9]{2})$/;

/** Which phone numbers are accepted. */
export interface PhonePolicy {
  /**
   * Countries as ISO 3166-1 alpha-2 codes. Undefined allows every country, including numbers of unknown plans. Only numbers
   * known not to receive text messages are then refused.
   */
  readonly countries: readonly string[] | undefined;
  /** Whether numbers reserved for fiction are accepted too. */
  readonly allowFictional: boolean;
}

/**
 * Returns the E.164 form (ITU-T E.164) of a number with a country code. It removes spaces, dots, dashes, parentheses and a
 * trunk prefix: `+44 (0)7400 123456`, `+46 073 123 45 67`.
 * @throws FactorError `invalid_input` if it is not a number; `address_refused` if it does not exist, is not mobile, or its
 * country is not allowed
 */
export function normalisePhone(input: string, { countries, allowFictional }: PhonePolicy): string {
  const digits = digitsOf(input);
  if (!E164.test(digits)) {
    throw new FactorError('invalid_input', {
      sentence: 'Field "phone" must be a phone number with its country code, such as +12025550123.',
    });
  }
  if (allowFictional && FICTIONAL.test(digits)) return digits;
  const number = parsePhoneNumberFromString(digits);
  if (countries === undefined) {
    const type = number?.getType();
    if (!NO_COUNTRY.test(digits) && (type === undefined || TEXT_CAPABLE.has(type)))
      return number?.isValid() === true ? number.number : digits;
  }
  const { country } = number ?? {};
  const isCapable = number !== undefined && number.isValid() && TEXT_CAPABLE.has(number.getType() ?? '');
  if (!isCapable || FICTIONAL.test(number.number) || countries === undefined || country === undefined) {
    throw refused(`This number cannot be used for codes.${wayToWrite(digits, countries ?? [])}`);
  }
  if (!includesCountry(countries, country)) throw refused(`Codes are not sent to numbers of ${countryName(country)}.`);
  return number.number;
}

/** A fictional North American number without an area code. */
const FICTIONAL_LOCAL = /^\+155501[0-9]{2}$/;

/**
 * As {@link normalisePhone}, but also accepts numbers reserved for fiction, with or without an area code. They belong to no
 * subscriber.
 *
 * @throws FactorError as {@link normalisePhone}
 */
export function normaliseTestPhone(input: string, policy: PhonePolicy): string {
  const digits = digitsOf(input);
  return FICTIONAL_LOCAL.test(digits) ? digits : normalisePhone(input, { ...policy, allowFictional: true });
}

const digitsOf = (input: string): string => (input.length <= 32 ? input.replace(OPTIONAL_TRUNK, '').replace(SEPARATORS, '') : '');

const refused = (sentence: string): FactorError => new FactorError('address_refused', { sentence });

/** Explains how to write a number for calls from abroad, in countries where that differs from the national form. */
function wayToWrite(digits: string, countries: readonly string[]): string {
  if (digits.startsWith('+54') && countries.includes('AR'))
    return ' Write mobile numbers of Argentina as +54 9, the area code and the number, without 15.';
  if (digits.startsWith('+521') && countries.includes('MX'))
    return ' Write numbers of Mexico as +52 and ten digits, without a 1 between them.';
  return '';
}

/** Masks a number: the last four digits behind a mask of constant length. */
export const maskPhone = (number: string): string => `•••• ${number.slice(-4)}`;

/** Returns a number's country, and its range: all digits but the last four. */
export const regionOf = (number: string): { readonly country: string; readonly prefix: string } => ({
  country: parsePhoneNumberFromString(number)?.country ?? 'ZZ',
  prefix: number.slice(0, -4),
});

/** A country code of libphonenumber. */
export type Country = CountryCode;
