import { FactorError } from '@parse-factors/core';
import { parsePhoneNumberFromString, type CountryCode } from 'libphonenumber-js/max';
import { countryName, includesCountry } from './countries.js';

/** Ranges that carry text messages to a person. Premium, shared-cost, satellite, pager and fixed lines do not. */
const TEXT_CAPABLE = new Set(['MOBILE', 'FIXED_LINE_OR_MOBILE']);

/** What people put between digits: spaces, hyphens and dashes, dots, parentheses. Everything else, full-width digits too, is refused. */
const SEPARATORS = /[\p{Zs}().\-\u2010-\u2013]/gu;
/** A trunk prefix, written as what is left out in calls from abroad: `+44 (0)7400 123456`. */
const OPTIONAL_TRUNK = /\(0\)/;
const E164 = /^\+[1-9][0-9]{6,14}$/;

/** Freephone, satellite, premium and other services that belong to no country (ITU-T E.164.1). */
const NO_COUNTRY = /^\+(?:800|808|870|878|88[1238]|979)/;

/** North American numbers set aside for fiction: an area code that is not assigned, and 555-0100 to 555-0199. */
const FICTIONAL = /^\+1(?:555[0-9]{7}|[2-9][0-9]{2}55501[0-9]{2})$/;

/** Which numbers are accepted. */
export interface PhonePolicy {
  /**
   * Countries by ISO 3166-1 alpha-2 code. Undefined is everywhere, numbers that no plan knows included; only what is
   * known not to carry text messages to a person is refused then.
   */
  readonly countries: readonly string[] | undefined;
  /** Whether numbers set aside for fiction are accepted besides. */
  readonly allowFictional: boolean;
}

/**
 * The E.164 form (ITU-T E.164) of a number written with its country code. Spaces, dots, dashes and parentheses are left
 * out, and so is a trunk prefix that callers from abroad do not dial: `+44 (0)7400 123456`, `+46 073 123 45 67`.
 *
 * @throws FactorError `invalid_input` when it is not a number; `address_refused` when it does not
 *   exist, is not mobile, or is of a country that is not allowed
 */
export function normalisePhone(input: string, { countries, allowFictional }: PhonePolicy): string {
  const digits = input.length <= 32 ? input.replace(OPTIONAL_TRUNK, '').replace(SEPARATORS, '') : '';
  if (!E164.test(digits)) {
    throw new FactorError('invalid_input', {
      sentence: 'Field "phone" must be a number with its country code, such as +12025550123.',
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

const refused = (sentence: string): FactorError => new FactorError('address_refused', { sentence });

/** Where numbers are written otherwise at home than from abroad, how they are written from abroad. */
function wayToWrite(digits: string, countries: readonly string[]): string {
  if (digits.startsWith('+54') && countries.includes('AR'))
    return ' Mobile numbers of Argentina are written as +54 9, the area code and the number, without 15.';
  if (digits.startsWith('+521') && countries.includes('MX'))
    return ' Numbers of Mexico are written as +52 and ten digits, without a 1 between them.';
  return '';
}

/** The last four digits, behind a mask of constant length. */
export const maskPhone = (number: string): string => `•••• ${number.slice(-4)}`;

/** The country of a number, and what the numbers of its range have in common: all but the last four digits. */
export const regionOf = (number: string): { readonly country: string; readonly prefix: string } => ({
  country: parsePhoneNumberFromString(number)?.country ?? 'ZZ',
  prefix: number.slice(0, -4),
});

/** A country as libphonenumber knows it. */
export type Country = CountryCode;
