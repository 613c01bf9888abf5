import assert from 'node:assert/strict';
import type { Clock, OtpStore } from '@parse-factors/core/store';
import { fakeClock } from './fake-clock.js';
import type { TestRunner } from './runner.js';
import { FAULT_CASES } from './store-cases-faults.js';
import { CODE_CASES } from './store-cases-codes.js';
import { COUNTER_CASES } from './store-cases-counters.js';
import { GUESS_CASES } from './store-cases-guesses.js';
import { historyCase } from './store-cases-histories.js';
import { ISSUE_CASES } from './store-cases-issue.js';
import { PRUNE_CASES } from './store-cases-prune.js';
import { storeStage, type StoreCases } from './store-stage.js';

/** A store under test. */
export interface StoreSuiteOptions {
  /**
   * Returns the store, which must read this clock. Called once per case. The store may keep data of earlier cases, because each
   * case uses new names.
   */
  readonly open: (clock: Clock) => OtpStore | Promise<OtpStore>;
  /**
   * Makes the store's backend unreachable. Returns a function that resolves once it is reachable again. Without this option,
   * cases on outages are skipped; leave it out only if there is no backend.
   */
  readonly outage?: () => Promise<() => Promise<void>>;
  /**
   * Whether expired rows stay until `prune`, `true` by default. Use `false` if they expire by themselves. These cases prune
   * everything, so the store should have its own database.
   */
  readonly prunes?: boolean;
  /** How many random histories are compared with the model, 100 by default. */
  readonly histories?: number;
}

/**
 * Tests what every store must do, so that codes and limits can rely on it:
 * - all verbs, at the exact instants where something expires, and with separate subjects
 * - races of 50 to 200 parallel callers
 * - a clock that jumps back, and an outage of the backend
 * - random histories, compared with a model
 * Cases take milliseconds on a store in memory. On a database the histories take seconds, so raise the runner's timeout.
 * @example
 * ```ts
 * import { MemoryOtpStore } from '@parse-factors/core';
 * import { storeSuite } from '@parse-factors/testing';
 * import { describe, it } from 'vitest';
 *
 * describe('MemoryOtpStore', () => storeSuite({ describe, it }, { open: (clock) => new MemoryOtpStore({ clock }) }));
 * ```
 */
export function storeSuite(runner: TestRunner, { open, outage, prunes = true, histories = 100 }: StoreSuiteOptions): void {
  const groups: StoreCases = {
    ...ISSUE_CASES,
    ...CODE_CASES,
    ...GUESS_CASES,
    ...COUNTER_CASES,
    ...(prunes && PRUNE_CASES),
    'random histories': { 'agree with the model': historyCase(histories) },
    ...(outage !== undefined && { 'an outage': outageCases(outage) }),
    ...FAULT_CASES,
  };
  for (const [group, cases] of Object.entries(groups)) {
    runner.describe(group, () => {
      for (const [name, run] of Object.entries(cases)) {
        runner.it(name, async () => {
          const clock = fakeClock();
          await run(storeStage(await open(clock), clock));
        });
      }
    });
  }
}

const outageCases = (outage: () => Promise<() => Promise<void>>): StoreCases[string] => ({
  'rejects every verb in time, and never resolves as absent': async (stage) => {
    const { store, clock, subject, code } = stage;
    const limits = { maxAttempts: 5, maxFailures: 10, lockMs: 60_000, maxLockMs: 60_000 };
    const known = subject();
    await store.issue(known, code('x'), { cooldownMs: 0, quotas: [] });
    const verbs: Record<string, () => Promise<unknown>> = {
      issue: () => store.issue(known, code('y'), { cooldownMs: 0, quotas: [] }),
      attempt: () => store.attempt(known, limits),
      ...(store.redeem !== undefined && { redeem: async () => store.redeem?.(known, ['x'], limits) }),
      ...(store.guess !== undefined && { guess: async () => store.guess?.(known, 5) }),
      consume: () => store.consume(known, 'x'),
      revoke: () => store.revoke(known, 'x'),
      advance: () => store.advance(known, 1),
      claim: () => store.claim(subject(), clock() + 1000),
      count: () => store.count(subject(), { limit: 5, windowMs: 1000 }),
      uncount: () => store.uncount(subject()),
      pardon: () => store.pardon(known),
      forget: () => store.forget(known),
    };
    const end = await outage();
    const outcomes: Record<string, string> = {};
    try {
      for (const [verb, call] of Object.entries(verbs)) outcomes[verb] = await outcomeOf(call);
    } finally {
      await end();
    }
    assert.deepEqual(outcomes, Object.fromEntries(Object.keys(verbs).map((verb) => [verb, 'rejected'])));
  },
  'ends once the backend is back, and locks no user out': async ({ store, clock, subject, code }) => {
    const limits = { maxAttempts: 5, maxFailures: 10, lockMs: 60_000, maxLockMs: 60_000 };
    const known = subject();
    const end = await outage();
    try {
      for (let attempt = 0; attempt < 12; attempt += 1) await outcomeOf(() => store.attempt(known, limits));
    } finally {
      await end();
    }
    assert.deepEqual(await store.issue(known, code('x'), { cooldownMs: 0, quotas: [] }), { issued: true });
    assert.equal((await store.attempt(known, limits)).locked, false);
    assert.equal(await store.consume(known, 'x'), true);
    assert.equal(await store.claim(subject(), clock() + 1000), true);
  },
});

const OUTAGE_PATIENCE_MS = 20_000;

/** How a call ends. During an outage, only a rejection in time is correct. */
async function outcomeOf(call: () => Promise<unknown>): Promise<string> {
  let timer: NodeJS.Timeout | undefined;
  const hanging = new Promise<string>((resolve) => {
    timer = setTimeout(() => resolve('hanging'), OUTAGE_PATIENCE_MS);
  });
  const done = call().then(
    (value) => `resolved with ${JSON.stringify(value)}`,
    () => 'rejected',
  );
  const outcome = await Promise.race([done, hanging]);
  clearTimeout(timer);
  return outcome;
}
