import type { OptionRule } from '@parse-factors/core/factor';
import { getCountries, getCountryCallingCode, isSupportedCountry } from 'libphonenumber-js/max';

/** Common wrong names of countries: none of ISO 3166-1 alpha-2 code, name and calling code. */
const MISNOMERS: Readonly<Record<string, string>> = { UK: 'GB', GBR: 'GB', EN: 'GB', ENGLAND: 'GB', USA: 'US', EL: 'GR' };

/**
 * Territories whose mobile numbers cannot be told from those of another country. Listing the territory allows that country's
 * numbers. The tariff is the same.
 */
const SHARED_NUMBERS: Readonly<Record<string, string>> = {
  AX: 'FI',
  BL: 'GP',
  CC: 'AU',
  CX: 'AU',
  EH: 'MA',
  MF: 'GP',
  SJ: 'NO',
  VA: 'IT',
};

const NAMES = new Intl.DisplayNames('en', { type: 'region', fallback: 'code' });

/** Returns a country's name, such as `Puerto Rico (PR)`. */
export const countryName = (country: string): string => `${NAMES.of(country) ?? country} (${country})`;

/** Returns the country that a country's numbers are told apart as: `FI` for `AX`. */
export const ownerOfNumbers = (country: string): string => SHARED_NUMBERS[country] ?? country;

/** Whether a list of countries and territories includes a country's numbers. */
export const includesCountry = (countries: readonly string[], country: string): boolean =>
  countries.some((named) => named === country || SHARED_NUMBERS[named] === country);

const isCountry = (value: unknown): boolean => typeof value === 'string' && isSupportedCountry(value);

/** Guesses the country code that an entry means. Undefined if it cannot tell. */
function meantBy(entry: string): string | undefined {
  const given = entry.trim().toUpperCase();
  const isMeant = (country: string): boolean => country === given || (NAMES.of(country) ?? '').toUpperCase() === given;
  const [named] = getCountries().filter(isMeant);
  const [first] = getCountries().filter((country) => `+${getCountryCallingCode(country)}` === given);
  return named ?? MISNOMERS[given] ?? first;
}

/** Names the entry of a list that is not a country, and the code to use instead. */
function hint(value: unknown): string | undefined {
  const wrong: unknown = Array.isArray(value) ? value.find((entry) => !isCountry(entry)) : value;
  if (typeof wrong !== 'string') return undefined;
  const meant = meantBy(wrong);
  const what = `${JSON.stringify(wrong.slice(0, 64))} is not a ${Array.isArray(value) ? 'country code' : 'list'}`;
  return meant === undefined
    ? what
    : `${what}; use ${Array.isArray(value) ? `'${meant}'` : `['${meant}']`} for ${countryName(meant)}`;
}

/**
 * Accepts a list of countries and territories as ISO 3166-1 alpha-2 codes. Its hint names the wrong entry and the code to use
 * instead.
 */
export const countriesOption: OptionRule = {
  accepts: "a list of at least one country code, such as ['FR', 'US']",
  isValid: (value) => Array.isArray(value) && value.length > 0 && value.every(isCountry),
  hint,
};
