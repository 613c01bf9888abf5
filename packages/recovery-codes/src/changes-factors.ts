import { asObject, integerOption, type OptionRule } from '@parse-factors/core/factor';

/** When recovery codes may change factors: see `RecoveryCodesOptions.changesFactors`. */
export type ChangesFactors = 'at-once' | 'never' | { readonly afterMs: number };

const HOUR_MS = 60 * 60_000;
/** How long the wait may be: an hour to 30 days. */
const WAIT = integerOption(HOUR_MS, 30 * 24 * HOUR_MS);
/** How long a wait that is over is good for; then another begins. */
const USE_MS = 7 * 24 * HOUR_MS;

/** A wait for changing factors, as it is kept with the codes. */
export interface Wait {
  /** When it ends, in epoch milliseconds. */
  readonly until: number;
  /** The session that has begun it, which needs not be opened with a code again. */
  readonly session: string;
}

/** Accepts {@link ChangesFactors}. */
export const CHANGES_FACTORS: OptionRule = {
  accepts: `"at-once", "never" or { afterMs: ${HOUR_MS} to ${30 * 24 * HOUR_MS} }`,
  isValid: (value) => {
    const { afterMs, ...others } = asObject(value) ?? {};
    return value === 'at-once' || value === 'never' || (WAIT.isValid(afterMs) && Object.keys(others).length === 0);
  },
};

/** Whether the wait goes on, or is over and good. One that ends later than any that begins now is none: a clock was wrong. */
export const isGood = ({ until }: Wait, now: number, afterMs: number): boolean => until + USE_MS > now && until <= now + afterMs;
