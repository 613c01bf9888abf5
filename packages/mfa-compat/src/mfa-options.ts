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

/** A way to prove oneself that the built-in adapter knows. */
export type MfaMethod = 'SMS' | 'TOTP';

type SendLimitName = 'cooldownMs' | 'maxSendsPer10Minutes' | 'maxSendsPerDay' | 'maxSendsPerIp' | 'budget' | 'allow';

/** Options of `mfaCompat`: those of the built-in adapter, and the limits that it lacks. */
export interface MfaCompatOptions extends Partial<AttemptLimits>, Pick<CodeFactorOptions, SendLimitName> {
  /** Which ways are offered. Users who have set up another one go on with it, as long as its options are there. */
  readonly options: readonly MfaMethod[];
  /** As it stood in `auth.mfa`, where Parse Server has it; true, and nothing else. */
  readonly enabled?: true;
  /** Digits of a code, 6 to 9; 6 by default. */
  readonly digits?: number;
  /**
   * Length of a TOTP time step in seconds, 10 to 600; 30 by default. A code by SMS lives as long, but not less than
   * a minute.
   */
  readonly period?: number;
  /** Hash function of TOTP, also spelled `SHA-1`; `SHA1` by default. */
  readonly algorithm?: string;
  /** Sends a code to a number; needed for `SMS`. */
  readonly sendSMS?: (token: string, mobile: string) => unknown;
  /**
   * The countries that codes may be sent to, by ISO 3166-1 alpha-2 code; needed for `SMS`. `any` is everywhere, as with the
   * built-in adapter, but for premium, satellite and other numbers that are no mobile phone's: whoever signs up can then
   * have messages sent to the dearest of countries, within the limits.
   */
  readonly countries?: readonly Country[] | 'any';
  /** Messages to numbers that differ in their last four digits only, in an hour; 30 by default. */
  readonly maxSendsPerPrefix?: number;
  /**
   * Whether records that the built-in adapter has left are taken; true by default. To be switched off once
   * everybody was moved: then a record that is not sealed lets nobody in.
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
  accepts: 'true or left out; to switch mfa off, take it out of "factors"',
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
    throw new FactorConfigError('mfaCompat: option "sendSMS" must be a function where option "options" has \'SMS\'');
  }
  if (resolved.options.includes('SMS') && resolved.countries === undefined) {
    throw new FactorConfigError(`mfaCompat: option "countries" must be ${COUNTRIES.accepts} where option "options" has 'SMS'`);
  }
  return { ...resolved, algorithm: resolved.algorithm.replace(SPELLING, 'SHA$1') as TotpAlgorithm };
}

/**
 * The E.164 form of a number.
 *
 * @throws FactorError `invalid_input`, `address_refused`
 */
export const normaliseMobile = (mobile: string, { countries }: Pick<ResolvedMfaOptions, 'countries'>): string =>
  normalisePhone(mobile.replaceAll('/', ''), { countries: countries === 'any' ? undefined : countries, allowFictional: false });
