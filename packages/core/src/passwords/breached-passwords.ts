import type { PasswordCheck } from '../account/password-check.js';
import { type Clock, systemClock } from '../time/clock.js';
import { baseUrlOption, choiceOption, functionOption, integerOption, resolveOptions } from '../validation/options.js';
import { RangeApi } from './range-api.js';
import { sha1 } from './sha1.js';

/** Options of {@link breachedPasswords}. */
export interface BreachedPasswordsOptions {
  /** Whether a password is refused with `unavailable` while the service does not answer; false by default. */
  readonly failClosed?: boolean;
  /** How long the service may take, in milliseconds, 50 to 10,000; 2000 by default. */
  readonly timeoutMs?: number;
  /** How long an answer is kept in memory, in milliseconds, up to a day; an hour by default. */
  readonly cacheMs?: number;
  /** Answers that are kept, about 40 KB each, 0 to 1,000; 100 by default. */
  readonly cacheSize?: number;
  /** The base URL of the service, such as a proxy of your own; that of Have I Been Pwned by default. HTTPS, or this machine. */
  readonly url?: string;
  /** Returns the time in epoch milliseconds; `Date.now` by default. */
  readonly clock?: Clock;
}

const RULES = {
  failClosed: choiceOption(true, false),
  timeoutMs: integerOption(50, 10_000),
  cacheMs: integerOption(0, 24 * 60 * 60_000),
  cacheSize: integerOption(0, 1000),
  url: baseUrlOption,
  clock: functionOption,
};

const DEFAULTS: Required<BreachedPasswordsOptions> = {
  failClosed: false,
  timeoutMs: 2000,
  cacheMs: 60 * 60_000,
  cacheSize: 100,
  url: 'https://api.pwnedpasswords.com',
  clock: systemClock,
};

/** Digits of the hash that leave the server: one of 1,048,576 ranges, each with hundreds of passwords. */
const PREFIX = 5;

/**
 * Refuses passwords that are known from data breaches, for the option `passwordCheck` (NIST SP 800-63B-4, section 3.1.1.2).
 *
 * It asks the service Have I Been Pwned for all known hashes that begin with the same five hexadecimal digits. Only these digits
 * of the SHA-1 hash leave the server. The answers are padded, so that their length reveals nothing.
 *
 * @throws FactorConfigError naming the option and what it accepts
 * @example
 * ```ts
 * import { breachedPasswords, composeFactors } from '@parse-factors/core';
 * import { TotpFactor } from '@parse-factors/totp';
 *
 * export const factors = (keys: string) =>
 *   composeFactors({ keys, factors: { totp: new TotpFactor({ issuer: 'Acme' }) }, passwordCheck: breachedPasswords() });
 * ```
 */
export function breachedPasswords(options: BreachedPasswordsOptions = {}): PasswordCheck {
  const resolved = resolveOptions<Required<BreachedPasswordsOptions>>('breachedPasswords', options, RULES, DEFAULTS);
  const api = new RangeApi(resolved);
  return async (password) => {
    const hash = sha1(password);
    try {
      return !(await api.find(hash.slice(0, PREFIX))).has(hash.slice(PREFIX));
    } catch (fault) {
      if (resolved.failClosed) throw fault;
      return 'unknown';
    }
  };
}
