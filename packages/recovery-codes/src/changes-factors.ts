import { asObject, integerOption, type OptionRule } from '@parse-factors/core/factor';

/** When recovery codes may be used to change factors: see `RecoveryCodesOptions.changesFactors`. */
export type ChangesFactors = 'at-once' | 'never' | { readonly afterMs: number };

const HOUR_MS = 60 * 60_000;
/** Bounds of the wait: an hour to 30 days. */
const WAIT = integerOption(HOUR_MS, 30 * 24 * HOUR_MS);
/** How long a finished wait allows changes. After that, a new wait begins. */
const USABLE_MS = 7 * 24 * HOUR_MS;

/** A wait before factors may be changed. It is stored with the codes. */
export interface Wait {
  /** When it ends, in epoch milliseconds. */
  readonly until: number;
  /** The session that began it. That session needs no second login with a recovery code. */
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

/**
 * Whether the wait is still running, or is over and usable. A wait that ends later than a new one would is ignored: a clock was
 * wrong.
 */
export const isUsable = ({ until }: Wait, now: number, afterMs: number): boolean =>
  until + USABLE_MS > now && until <= now + afterMs;
