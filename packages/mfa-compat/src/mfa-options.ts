import { FactorConfigError } from '@parse-factors/core';
import {
  ATTEMPT_LIMIT_RULES,
  choiceOption,
  CODE_FACTOR_RULES,
  DEFAULT_ATTEMPT_LIMITS,
  DEFAULT_CODE_FACTOR_OPTIONS,
  functionOption,
  integerOption,
  optional,
  resolveOptions,
  type CodeFactorOptions,
  type OptionRule,
} from '@parse-factors/core/factor';
import type { AttemptLimits } from '@parse-factors/core/store';
import { countriesOption, normalisePhone, type Country } from '@parse-factors/sms-otp';
import type { TotpAlgorithm } from '@parse-factors/totp';

/** A method of the built-in adapter. */
export type MfaMethod = 'SMS' | 'TOTP';

type SendLimitName = 'cooldownMs' | 'maxSendsPer10Minutes' | 'maxSendsPerDay' | 'maxSendsPerIp' | 'budget' | 'allow';

/** Options of `mfaCompat`: those of the built-in adapter, and the rate limits that it lacks. */
export interface MfaCompatOptions extends Partial<AttemptLimits>, Pick<CodeFactorOptions, SendLimitName> {
  /** The methods that users may enrol. Users with another method keep it, as long as its options are set. */
  readonly options: readonly MfaMethod[];
  /** Accepted for compatibility with Parse Server's `auth.mfa`. Only true is valid. */
  readonly enabled?: true;
  /** Digits of a code, 6 to 9; 6 by default. */
  readonly digits?: number;
  /**
   * Length of a TOTP time step in seconds, 10 to 600; 30 by default. A code by SMS is valid for as long, but for at least a
   * minute.
   */
  readonly period?: number;
  /** Hash function of TOTP; `SHA1` by default. The spelling `SHA-1` works too. */
  readonly algorithm?: string;
  /** Sends a code to a number. Required for `SMS`. */
  readonly sendSMS?: (token: string, mobile: string) => unknown;
  /**
   * The countries that codes may be sent to, as ISO 3166-1 alpha-2 codes. Required for `SMS`.
   * `any` allows every country, as the built-in adapter does, except premium, satellite and other non-mobile numbers. Anyone
   * who signs up can then cause messages to the most expensive countries, within the limits (SMS pumping).
   */
  readonly countries?: readonly Country[] | 'any';
  /** Messages in an hour to numbers that differ only in their last four digits, 1 to 1,000,000; 30 by default. */
  readonly maxSendsPerPrefix?: number;
  /**
   * Whether records of the built-in adapter are imported; true by default. Set it to false after all users were migrated:
   * unsealed records are then refused.
   */
  readonly adoptRecords?: boolean;
}

type Optional = 'enabled' | 'sendSMS' | 'countries' | 'budget' | 'allow';

/** {@link MfaCompatOptions} with every default filled in. */
export type ResolvedMfaOptions = Required<Omit<MfaCompatOptions, Optional | 'algorithm'>> &
  Pick<MfaCompatOptions, Optional> & { readonly algorithm: TotpAlgorithm };

const SPELLING = /^sha-?(1|256|512)$/i;

const METHODS: OptionRule = {
  accepts: "a list of 'SMS', 'TOTP' or both",
  isValid: (value) =>
    Array.isArray(value) && value.length > 0 && value.every((method) => choiceOption('SMS', 'TOTP').isValid(method)),
};

const COUNTRIES: OptionRule = {
  ...countriesOption,
  accepts: `${countriesOption.accepts}, or 'any'`,
  isValid: (value) => value === 'any' || countriesOption.isValid(value),
};

const ENABLED: OptionRule = {
  accepts: 'true, or left out; to turn mfa off, remove it from "factors"',
  isValid: (value) => value === undefined || value === true,
};

/**
 * Fills in the defaults.
 *
 * @throws FactorConfigError naming the option and what it accepts
 */
export function resolveMfaOptions(options: MfaCompatOptions): ResolvedMfaOptions {
  const { cooldownMs, maxSendsPer10Minutes, maxSendsPerDay, maxSendsPerIp } = DEFAULT_CODE_FACTOR_OPTIONS;
  const resolved = resolveOptions<Omit<ResolvedMfaOptions, 'algorithm'> & { algorithm: string }>(
    'mfaCompat',
    options,
    {
      ...ATTEMPT_LIMIT_RULES,
      options: METHODS,
      enabled: ENABLED,
      digits: integerOption(6, 9),
      period: integerOption(10, 600),
      algorithm: {
        accepts: "'SHA1', 'SHA256' or 'SHA512'",
        isValid: (value) => typeof value === 'string' && SPELLING.test(value),
      },
      sendSMS: optional(functionOption),
      countries: optional(COUNTRIES),
      cooldownMs: CODE_FACTOR_RULES.cooldownMs,
      maxSendsPer10Minutes: CODE_FACTOR_RULES.maxSendsPer10Minutes,
      maxSendsPerDay: CODE_FACTOR_RULES.maxSendsPerDay,
      maxSendsPerIp: CODE_FACTOR_RULES.maxSendsPerIp,
      maxSendsPerPrefix: integerOption(1, 1e6),
      budget: CODE_FACTOR_RULES.budget,
      allow: CODE_FACTOR_RULES.allow,
      adoptRecords: choiceOption(true, false),
    },
    {
      ...DEFAULT_ATTEMPT_LIMITS,
      digits: 6,
      period: 30,
      algorithm: 'SHA1',
      cooldownMs,
      maxSendsPer10Minutes,
      maxSendsPerDay,
      maxSendsPerIp,
      maxSendsPerPrefix: 30,
      adoptRecords: true,
    },
  );
  if (resolved.options.includes('SMS') && resolved.sendSMS === undefined) {
    throw new FactorConfigError('mfaCompat: option "sendSMS" must be a function when option "options" contains \'SMS\'');
  }
  if (resolved.options.includes('SMS') && resolved.countries === undefined) {
    throw new FactorConfigError(
      `mfaCompat: option "countries" must be ${COUNTRIES.accepts} when option "options" contains 'SMS'`,
    );
  }
  return { ...resolved, algorithm: resolved.algorithm.replace(SPELLING, 'SHA$1') as TotpAlgorithm };
}

/**
 * Returns the E.164 form of a number.
 * @throws FactorError `invalid_input`, `address_refused`
 */
export const normaliseMobile = (mobile: string, { countries }: Pick<ResolvedMfaOptions, 'countries'>): string =>
  normalisePhone(mobile.replaceAll('/', ''), { countries: countries === 'any' ? undefined : countries, allowFictional: false });
