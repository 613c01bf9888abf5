import { FactorConfigError } from '../error/config-error.js';
import type { Factor } from '../factor/factor.js';
import { DAY_MS } from '../time/durations.js';

const MAX_DAYS = 90;

/**
 * Checks that the test codes of each factor end soon: forgotten ones must not stay for years.
 *
 * @param now in epoch milliseconds
 * @throws FactorConfigError when they last for more than 90 days
 */
export function assertTestCodes(factors: Readonly<Record<string, Factor<object>>>, now: number): void {
  for (const [key, { addressProof }] of Object.entries(factors)) {
    const period = addressProof?.testCodes;
    if (period === undefined || period.startsLastDay - now <= MAX_DAYS * DAY_MS) continue;
    throw new FactorConfigError(
      `composeFactors: option "testCodes.until" of factors.${key} must be at most ${MAX_DAYS} days ahead; ${period.lastDay} is later`,
    );
  }
}
