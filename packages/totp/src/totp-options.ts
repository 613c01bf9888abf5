import {
  accountName,
  assertLocks,
  ATTEMPT_LIMIT_RULES,
  choiceOption,
  DEFAULT_ATTEMPT_LIMITS,
  functionOption,
  integerOption,
  resolveOptions,
  type FactorUser,
  type OptionRule,
} from '@parse-factors/core/factor';
import type { AttemptLimits } from '@parse-factors/core/store';
import type { TotpAlgorithm } from './totp-code.js';

/** Options of {@link TotpFactor}. */
export interface TotpOptions extends Partial<AttemptLimits> {
  /** The issuer that authenticator apps show; 1 to 64 characters, no colon. */
  readonly issuer: string;
  /** The account's name in the app; by default the user's `username`, `email` or another address. */
  readonly accountName?: (user: FactorUser) => string;
  /** Hash function; `SHA1` by default, the only one that every app supports. */
  readonly algorithm?: TotpAlgorithm;
  /** Digits of a code, 6 by default. */
  readonly digits?: 6 | 8;
  /** Length of a time step in seconds, 15 to 60; 30 by default (RFC 6238, section 4.1). */
  readonly stepSeconds?: number;
  /** Accepted time steps before and after the current one, 0 or 1; 1 by default (RFC 6238, section 5.2). */
  readonly driftSteps?: 0 | 1;
  /** How long a pending enrolment is valid, in milliseconds, 1 to 60 minutes; 600,000 by default. */
  readonly pendingMs?: number;
  /**
   * The most authenticator apps per user, 1 to 10; 1 by default. With 1, another enrolment replaces the app. With more, it adds
   * one. A wrong code then counts as one failure for each of the user's apps, as it is compared with each.
   */
  readonly maxAuthenticators?: number;
}

/** Options with every default filled in. */
export type ResolvedTotpOptions = Required<TotpOptions>;

const ISSUER: OptionRule = {
  accepts: 'a string of 1 to 64 characters without a colon',
  isValid: (value) => typeof value === 'string' && /^[^:\p{Cc}]{1,64}$/u.test(value) && value.trim() !== '',
};

/**
 * Checks the options and fills in the defaults.
 * @throws FactorConfigError naming the option and what it accepts
 */
export function resolveTotpOptions(options: TotpOptions): ResolvedTotpOptions {
  const resolved = resolveOptions<ResolvedTotpOptions>(
    'TotpFactor',
    options,
    {
      ...ATTEMPT_LIMIT_RULES,
      issuer: ISSUER,
      accountName: functionOption,
      algorithm: choiceOption('SHA1', 'SHA256', 'SHA512'),
      digits: choiceOption(6, 8),
      stepSeconds: integerOption(15, 60),
      driftSteps: choiceOption(0, 1),
      pendingMs: integerOption(60_000, 60 * 60_000),
      maxAuthenticators: integerOption(1, 10),
    },
    {
      ...DEFAULT_ATTEMPT_LIMITS,
      accountName,
      algorithm: 'SHA1',
      digits: 6,
      stepSeconds: 30,
      driftSteps: 1,
      pendingMs: 10 * 60_000,
      maxAuthenticators: 1,
    },
  );
  assertLocks('TotpFactor', resolved);
  return resolved;
}
