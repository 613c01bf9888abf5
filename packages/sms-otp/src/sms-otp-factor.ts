import {
  choiceOption,
  CODE_FACTOR_RULES,
  CodeFactor,
  DEFAULT_CODE_FACTOR_OPTIONS,
  FactorConfigError,
  resolveOptions,
  type CodeFactorOptions,
  type ResolvedCodeFactorOptions,
} from '@parse-factors/core';
import { isSupportedCountry } from 'libphonenumber-js/max';
import { maskPhone, normalisePhone, type Country } from './phone-number.js';

/** Options of {@link SmsOtpFactor}. */
export interface SmsOtpOptions extends CodeFactorOptions {
  /** The countries that codes may be sent to, by ISO 3166-1 alpha-2 code, such as `['FR', 'US']`. At least one. */
  readonly countries: readonly Country[];
  /**
   * Accepts numbers set aside for fiction (+1 555 …), which nobody has. For tests and
   * development; refused with `NODE_ENV=production`. Off by default.
   */
  readonly allowFictional?: boolean;
}

type Resolved = ResolvedCodeFactorOptions & Required<Pick<SmsOtpOptions, 'countries' | 'allowFictional'>>;

const isCountryList = (value: unknown): boolean =>
  Array.isArray(value) &&
  value.length > 0 &&
  value.every((country) => typeof country === 'string' && isSupportedCountry(country));

/**
 * One-time codes by SMS as a second factor. A user proves a mobile number once; from then on a
 * login needs a code sent there. Payload field: `phone`, in E.164.
 */
export class SmsOtpFactor extends CodeFactor {
  /**
   * Codes live 5 minutes unless `validityMs` says otherwise.
   *
   * @throws FactorConfigError naming the option and what it accepts
   */
  constructor(options: SmsOtpOptions) {
    const resolved = resolveOptions<Resolved>(
      'SmsOtpFactor',
      options,
      {
        ...CODE_FACTOR_RULES,
        countries: { accepts: "a list of at least one country code, such as ['FR', 'US']", isValid: isCountryList },
        allowFictional: choiceOption(true, false),
      },
      { ...DEFAULT_CODE_FACTOR_OPTIONS, validityMs: 5 * 60_000, allowFictional: false },
    );
    if (resolved.allowFictional && process.env['NODE_ENV'] === 'production') {
      throw new FactorConfigError('SmsOtpFactor: option "allowFictional" must not be set with NODE_ENV=production');
    }
    super({ field: 'phone', noun: 'number', normalise: (input) => normalisePhone(input, resolved), mask: maskPhone }, resolved);
  }
}
