import assert from 'node:assert/strict';
import type { OtpStore } from '@parse-factors/core';
import fc from 'fast-check';
import { StoreModel, type ModelRules } from './store-model.js';
import { redeem, type StoreStage } from './store-stage.js';

const RULES: ModelRules = {
  limits: { maxAttempts: 2, maxFailures: 4, lockMs: 4000, maxLockMs: 8000 },
  sends: { cooldownMs: 1000, quotas: [{ limit: 2, windowMs: 5000 }] },
  quota: { limit: 3, windowMs: 5000 },
  validityMs: 3000,
};

const digest = fc.constantFrom('a', 'b', 'c');

const EVENT = fc.oneof(
  {
    weight: 3,
    arbitrary: fc.record({ verb: fc.constant('wait' as const), ms: fc.constantFrom(1, 999, 1000, 2000, 5000, 60_000) }),
  },
  { weight: 3, arbitrary: fc.record({ verb: fc.constant('issue' as const), digest }) },
  { weight: 3, arbitrary: fc.record({ verb: fc.constant('attempt' as const) }) },
  {
    weight: 2,
    arbitrary: fc.record({ verb: fc.constant('redeem' as const), digests: fc.array(digest, { minLength: 1, maxLength: 2 }) }),
  },
  { weight: 2, arbitrary: fc.record({ verb: fc.constant('consume' as const), digest }) },
  { weight: 1, arbitrary: fc.record({ verb: fc.constant('revoke' as const), digest }) },
  { weight: 1, arbitrary: fc.record({ verb: fc.constant('advance' as const), mark: fc.integer({ min: 0, max: 6 }) }) },
  { weight: 1, arbitrary: fc.record({ verb: fc.constantFrom('claim' as const, 'pardon' as const, 'forget' as const) }) },
  { weight: 2, arbitrary: fc.record({ verb: fc.constantFrom('count' as const, 'uncount' as const) }) },
);
type Event = typeof EVENT extends fc.Arbitrary<infer Value> ? Value : never;

/** Names of one history: a subject, a claim and a bucket. */
interface Names {
  readonly subject: string;
  readonly claim: string;
  readonly bucket: string;
}

/** What the store says to an event, in the words of the model. */
async function ask(store: OtpStore, { subject, claim, bucket }: Names, now: number, event: Event): Promise<unknown> {
  switch (event.verb) {
    case 'issue': {
      const result = await store.issue(subject, { digest: event.digest, expiresAt: now + RULES.validityMs }, RULES.sends);
      return result.issued ? 'issued' : result.reason;
    }
    case 'attempt': {
      const result = await store.attempt(subject, RULES.limits);
      return result.locked ? 'locked' : { digest: result.digest, mark: result.mark };
    }
    case 'redeem': {
      const result = await redeem(store, subject, event.digests, RULES.limits);
      return result.locked ? 'locked' : result.outcome;
    }
    case 'consume':
      return store.consume(subject, event.digest);
    case 'revoke':
      return store.revoke(subject, event.digest);
    case 'advance':
      return store.advance(subject, event.mark);
    case 'claim':
      return store.claim(claim, now + 2000);
    case 'count':
      return (await store.count(bucket, RULES.quota)).allowed;
    case 'uncount':
      return store.uncount(bucket);
    case 'pardon':
      return store.pardon(subject);
    case 'forget':
      return store.forget(subject);
    case 'wait':
      return undefined;
  }
}

function expected(model: StoreModel, now: number, event: Event): unknown {
  switch (event.verb) {
    case 'issue':
      return model.issue(now, event.digest);
    case 'attempt':
      return model.attempt(now);
    case 'redeem':
      return model.redeem(now, event.digests);
    case 'consume':
      return model.consume(now, event.digest);
    case 'revoke':
      return model.revoke(event.digest);
    case 'advance':
      return model.advance(event.mark);
    case 'claim':
      return model.claim(now, now + 2000);
    case 'count':
      return model.count(now);
    case 'uncount':
      return model.uncount(now);
    case 'pardon':
      return model.pardon();
    case 'forget':
      return model.forget();
    case 'wait':
      return undefined;
  }
}

/** Random histories of one subject; a failure names the shortest that shows it. */
export const historyCase =
  (runs: number) =>
  async ({ store, clock, subject }: StoreStage): Promise<void> => {
    const property = fc.asyncProperty(fc.array(EVENT, { maxLength: 30 }), async (history) => {
      const model = new StoreModel(RULES);
      const names = { subject: subject(), claim: subject(), bucket: subject() };
      for (const event of history) {
        if (event.verb === 'wait') clock.advance(event.ms);
        assert.deepEqual(await ask(store, names, clock(), event), expected(model, clock(), event));
      }
    });
    await fc.assert(property, { numRuns: runs });
  };
