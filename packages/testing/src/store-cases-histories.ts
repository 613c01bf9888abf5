import assert from 'node:assert/strict';
import type { OtpStore } from '@parse-factors/core/store';
import fc from 'fast-check';
import { StoreModel, type ModelRules } from './store-model.js';
import { HOUR, MINUTE, redeem, type StoreStage } from './store-stage.js';

const RULES: ModelRules = {
  limits: { maxAttempts: 2, maxFailures: 4, lockMs: 4000, maxLockMs: 8000 },
  sends: { cooldownMs: 1000, quotas: [{ limit: 2, windowMs: 5000 }] },
  quota: { limit: 3, windowMs: 5000 },
  validityMs: 3000,
};
const CLAIM_MS = 2000;
const DAY = 24 * HOUR;

/** One event with its arguments. Each verb uses the ones it needs. */
interface Event {
  readonly verb: keyof typeof VERBS;
  readonly digest: string;
  readonly mark: number;
  readonly ms: number;
}

/** The names used in one history. */
interface Names {
  readonly subject: string;
  readonly claim: string;
  readonly bucket: string;
}

interface Verb {
  /** The store's result, in the model's terms. */
  readonly ask: (store: OtpStore, names: Names, now: number, event: Event) => Promise<unknown>;
  /** The model's result. */
  readonly expected: (model: StoreModel, now: number, event: Event) => unknown;
}

const VERBS = {
  issue: {
    async ask(store, { subject }, now, { digest }) {
      const result = await store.issue(subject, { digest, expiresAt: now + RULES.validityMs }, RULES.sends);
      return result.issued ? 'issued' : result.reason;
    },
    expected: (model, now, { digest }) => model.issue(now, digest),
  },
  attempt: {
    async ask(store, { subject }) {
      const result = await store.attempt(subject, RULES.limits);
      return result.locked ? 'locked' : { digest: result.digest, mark: result.mark };
    },
    expected: (model, now) => model.attempt(now),
  },
  guess: {
    ask: async (store, { subject }) => store.guess?.(subject, RULES.limits.maxAttempts),
    expected: (model, now) => model.guess(now),
  },
  redeem: {
    async ask(store, { subject }, _now, { digest }) {
      const result = await redeem(store, subject, ['other', digest], RULES.limits);
      return result.locked ? 'locked' : result.outcome;
    },
    expected: (model, now, { digest }) => model.redeem(now, ['other', digest]),
  },
  consume: {
    ask: (store, { subject }, _now, { digest }) => store.consume(subject, digest),
    expected: (model, now, { digest }) => model.consume(now, digest),
  },
  revoke: {
    ask: (store, { subject }, _now, { digest }) => store.revoke(subject, digest),
    expected: (model, _now, { digest }) => model.revoke(digest),
  },
  advance: {
    ask: (store, { subject }, _now, { mark }) => store.advance(subject, mark),
    expected: (model, _now, { mark }) => model.advance(mark),
  },
  claim: {
    ask: (store, { claim }, now) => store.claim(claim, now + CLAIM_MS),
    expected: (model, now) => model.claim(now, now + CLAIM_MS),
  },
  count: {
    ask: async (store, { bucket }) => (await store.count(bucket, RULES.quota)).allowed,
    expected: (model, now) => model.count(now),
  },
  uncount: {
    ask: (store, { bucket }) => store.uncount(bucket),
    expected: (model, now) => model.uncount(now),
  },
  pardon: {
    ask: (store, { subject }) => store.pardon(subject),
    expected: (model) => model.pardon(),
  },
  forget: {
    ask: (store, { subject }) => store.forget(subject),
    expected: (model) => model.forget(),
  },
  /** Only time passes; the store is not called. */
  wait: { ask: async () => undefined, expected: () => undefined },
} satisfies Record<string, Verb>;

const EVENT: fc.Arbitrary<Event> = fc.record({
  verb: fc.constantFrom(...(Object.keys(VERBS) as Event['verb'][])),
  digest: fc.constantFrom('a', 'b', 'c'),
  mark: fc.integer({ min: 0, max: 6 }),
  ms: fc.constantFrom(0, 0, 1, 999, 1000, 2000, 5000, 60_000, -500, -2000, DAY, -DAY, -20 * MINUTE),
});

/**
 * Compares random histories of one subject with the model, on a clock that jumps back and forth. A failure reports the shortest
 * history that shows it.
 */
export const historyCase =
  (runs: number) =>
  async ({ store, clock, subject }: StoreStage): Promise<void> => {
    const property = fc.asyncProperty(fc.array(EVENT, { maxLength: 30 }), async (history) => {
      const model = new StoreModel(RULES);
      const names = { subject: subject(), claim: subject(), bucket: subject() };
      for (const event of history) {
        clock.advance(event.ms);
        if (event.verb === 'guess' && store.guess === undefined) continue;
        const { ask, expected }: Verb = VERBS[event.verb];
        assert.deepEqual(await ask(store, names, clock(), event), expected(model, clock(), event), event.verb);
      }
    });
    await fc.assert(property, { numRuns: runs });
  };
