import type { AttemptLimits, SendLimits } from '../src/doors/store.js';

/** Limits for the tests of stores. */
export const LIMITS: AttemptLimits = { maxAttempts: 5, maxFailures: 10, lockMs: 900_000, maxLockMs: 86_400_000 };

/** Limits on codes, with two quotas. */
export const SENDS: SendLimits = {
  cooldownMs: 1000,
  quotas: [
    { limit: 5, windowMs: 600_000 },
    { limit: 10, windowMs: 86_400_000 },
  ],
};
