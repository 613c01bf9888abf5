import assert from 'node:assert/strict';
import { randomUUID } from 'node:crypto';
import type {
  AttemptLimits,
  AttemptResult,
  LiveCode,
  OtpStore,
  Quota,
  RedeemResult,
  SendLimits,
} from '@parse-factors/core/store';
import type { FakeClock } from './fake-clock.js';

export const SECOND = 1000;
export const MINUTE: number = 60 * SECOND;
export const HOUR: number = 60 * MINUTE;

export const LIMITS: AttemptLimits = { maxAttempts: 5, maxFailures: 10, lockMs: 15 * MINUTE, maxLockMs: 24 * HOUR };
export const SENDS: SendLimits & { readonly quotas: readonly [Quota, Quota] } = {
  cooldownMs: MINUTE,
  quotas: [
    { limit: 3, windowMs: 10 * MINUTE },
    { limit: 5, windowMs: 24 * HOUR },
  ],
};
export const FREE: SendLimits = { cooldownMs: 0, quotas: [] };

/** What a case of the suite works with. */
export interface StoreStage {
  readonly store: OtpStore;
  readonly clock: FakeClock;
  /** Returns a subject that the store does not know. */
  readonly subject: () => string;
  /** Creates a code with this digest that is valid for five minutes. */
  readonly code: (digest: string) => LiveCode;
}

/** Cases of the suite, by group and name. */
export type StoreCases = Readonly<Record<string, Readonly<Record<string, (stage: StoreStage) => Promise<void>>>>>;

/** Creates the stage for one case. */
export const storeStage = (store: OtpStore, clock: FakeClock): StoreStage => ({
  store,
  clock,
  subject: () => randomUUID(),
  code: (digest) => ({ digest, expiresAt: clock() + 5 * MINUTE }),
});

/** Runs `work` this many times in parallel. */
export const parallel = <Result>(times: number, work: (index: number) => Promise<Result>): Promise<Result[]> =>
  Promise.all(Array.from({ length: times }, (_, index) => work(index)));

/** Counts the true results. */
export const trues = (results: readonly boolean[]): number => results.filter(Boolean).length;

/** Returns a subject with a live code `x`. */
export async function withCode({ store, subject, code }: StoreStage): Promise<string> {
  const s = subject();
  assert.deepEqual(await store.issue(s, code('x'), SENDS), { issued: true });
  return s;
}

/** Returns the digest that an attempt is compared with. */
export const digestOf = (result: AttemptResult): string | undefined => (result.locked ? undefined : result.digest);

/** Redeems a code as factors do: in one step if the store has `redeem`, else in two. */
export async function redeem(
  store: OtpStore,
  subject: string,
  digests: readonly string[],
  limits: AttemptLimits,
): Promise<RedeemResult> {
  if (store.redeem !== undefined) return store.redeem(subject, digests, limits);
  const attempt = await store.attempt(subject, limits);
  if (attempt.locked) return attempt;
  const { digest, locksUntil } = attempt;
  if (digest === undefined) return { locked: false, outcome: 'absent', locksUntil };
  if (!digests.includes(digest)) return { locked: false, outcome: 'wrong', locksUntil };
  return (await store.consume(subject, digest))
    ? { locked: false, outcome: 'spent', locksUntil: undefined }
    : { locked: false, outcome: 'absent', locksUntil };
}
