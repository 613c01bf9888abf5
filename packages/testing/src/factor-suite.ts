import assert from 'node:assert/strict';
import {
  assertRefused,
  assertStatus,
  DAY,
  FactorStage,
  MALFORMED,
  MINUTE,
  toLogIn,
  toProve,
  type FactorSuiteOptions,
} from './factor-stage.js';
import type { TestRunner } from './runner.js';
import { slugOf } from './suite-user.js';
import { assertUsedForOnePurpose } from './two-purposes.js';

/** The functions of a test runner, with hooks around a group. */
export interface FactorTestRunner extends TestRunner {
  beforeAll(body: () => Promise<void>): unknown;
  afterAll(body: () => Promise<void>): unknown;
}

/**
 * Tests what every second factor must do, over HTTP on a real Parse Server:
 * - It is required once it is enrolled, and not before.
 * - A correct answer works once, for one user, also if a login and a step-up proof wait for the same answer.
 * - Attempts are limited, also when they arrive in parallel.
 * - Replacing or removing it needs a step-up proof.
 * - No reply contains what was sent.
 * @example
 * ```ts
 * import type { AnyFactor } from '@parse-factors/core';
 * import { factorSuite, type FactorServer, type FakeClock } from '@parse-factors/testing';
 * import { afterAll, beforeAll, describe, it } from 'vitest';
 *
 * // Starts a Parse Server with the factor under the key "card"; see the guide "Write your own factor".
 * declare const startServer: (factor: AnyFactor, clock: FakeClock) => Promise<FactorServer>;
 * declare const factor: AnyFactor;
 *
 * factorSuite(
 *   { describe, it, beforeAll, afterAll },
 *   {
 *     key: 'card',
 *     start: (clock) => startServer(factor, clock),
 *     async begin(user) {
 *       const [first = '', second = ''] = (await user.challenge(true))['codes']?.split(' ') ?? [];
 *       return { confirmation: first, wrongConfirmation: '000000', answers: { right: () => second, wrong: () => '000000' } };
 *     },
 *   },
 * );
 * ```
 */
export function factorSuite(runner: FactorTestRunner, options: FactorSuiteOptions): void {
  const { key, begin, isChallenged = true, answersExpire = true, maxFailures = 10 } = options;
  const stage = new FactorStage(options);
  const { clock, pauseMs } = stage;

  runner.describe(`the factor "${key}"`, () => {
    runner.beforeAll(() => stage.start());
    runner.afterAll(() => stage.stop());

    runner.it('is not demanded until it is set up', async () => {
      const user = await stage.newUser();
      assertStatus(await user.logIn(), 200);
      const { wrongConfirmation, answers } = await begin(user);
      assertStatus(await user.logIn(), 200);
      assertRefused(await user.save(wrongConfirmation));
      assertStatus(await user.logIn(), 200);
      assertRefused(await user.logIn(answers.wrong()));
    });

    runner.it('is set up only by the user who began the enrolment', async () => {
      const [user, other] = [await stage.newUser(), await stage.newUser()];
      const { confirmation } = await begin(user);
      assertRefused(await other.save(confirmation));
      assertStatus(await other.logIn(), 200);
      assertStatus(await user.save(confirmation), 200);
      await stage.assertDemanded(user);
    });

    runner.it('is confirmed in time, by few guesses, and by what does nothing else afterwards', async () => {
      const [late, guessing, user] = [await stage.newUser(), await stage.newUser(), await stage.newUser()];
      const { confirmation: old } = await begin(late);
      clock.advance(DAY);
      assertRefused(await late.save(old));
      const { confirmation, wrongConfirmation } = await begin(guessing);
      await Promise.all(Array.from({ length: 50 }, () => guessing.save(wrongConfirmation)));
      assertRefused(await guessing.save(confirmation));
      const { confirmation: own } = await begin(user);
      assertStatus(await user.save(own), 200);
      const answer: unknown = typeof own === 'object' && own !== null && 'code' in own ? own.code : own;
      assertRefused(await user.logIn(answer));
      assertRefused(await user.save(answer));
      for (const other of [late, guessing]) assertStatus(await other.logIn(), 200);
    });

    runner.it('takes one answer for one purpose, and one proof of 20 at once', async () => {
      const enrolled = await stage.enrolled();
      const { user } = enrolled;
      const login = await toLogIn(enrolled);
      if (isChallenged) assertRefused(await user.save(login));
      assertStatus(await user.logIn(login), 200);
      assertRefused(await user.save(login));
      clock.advance(pauseMs);
      const proof = await toProve(enrolled);
      if (isChallenged) assertRefused(await user.logIn(proof));
      const proofs = await Promise.all(Array.from({ length: 20 }, () => user.save(proof)));
      assert.equal(proofs.filter(({ status }) => status === 200).length, 1);
      assertRefused(await user.logIn(proof));
      clock.advance(pauseMs);
      const old = await toLogIn(enrolled);
      clock.advance(DAY);
      if (!answersExpire) assertStatus(await user.logIn(await toLogIn(enrolled)), 200);
      assertRefused(await user.logIn(old));
    });

    runner.it('takes an answer once if a login and a proof wait for the same one', async () => {
      await assertUsedForOnePurpose(await stage.enrolled(), clock);
    });

    runner.it('is demanded once it is set up, and takes a right answer once', async () => {
      const enrolled = await stage.enrolled();
      const { user } = enrolled;
      await stage.assertDemanded(user);
      const right = await toLogIn(enrolled);
      const { body } = assertStatus(await user.logIn(right), 200);
      assert.match(String(body['sessionToken']), /^r:/);
      assertRefused(await user.logIn(right));
      await stage.assertDemanded(user);
      clock.advance(pauseMs);
      assertStatus(await user.logIn(await toLogIn(enrolled)), 200);
    });

    runner.it('opens one session for 20 logins at once with one answer', async () => {
      const enrolled = await stage.enrolled();
      const { user } = enrolled;
      const right = await toLogIn(enrolled);
      const all = await Promise.all(Array.from({ length: 20 }, () => user.logIn(right)));
      assert.equal(all.filter(({ status }) => status === 200).length, 1);
    });

    runner.it('refuses a wrong answer, and takes the right one after it', async () => {
      const enrolled = await stage.enrolled();
      const { user, answers } = enrolled;
      const right = await toLogIn(enrolled);
      assert.equal(slugOf(await user.logIn(answers.wrong())), 'code_rejected');
      assertStatus(await user.logIn(right), 200);
    });

    runner.it('is locked by wrong answers, 50 at once too, and opens by itself', async () => {
      const enrolled = await stage.enrolled();
      const { user, answers } = enrolled;
      const right = await toLogIn(enrolled);
      const guesses = await Promise.all(Array.from({ length: 50 }, () => user.logIn(answers.wrong())));
      assert.equal(guesses.filter(({ status }) => status === 200).length, 0);
      assert.ok(guesses.filter((answer) => slugOf(answer) === 'locked').length >= 50 - maxFailures);
      assert.equal(slugOf(await user.logIn(right)), 'locked');
      clock.advance(DAY);
      assertStatus(await user.logIn(await toLogIn(enrolled)), 200);
    });

    runner.it("does not take another user's answer", async () => {
      const [one, other] = [await stage.enrolled(), await stage.enrolled()];
      const theirs = await toLogIn(other);
      assertRefused(await one.user.logIn(theirs));
      assertStatus(await other.user.logIn(theirs), 200);
    });

    runner.it('refuses malformed input clearly, which counts as no guess and spends nothing', async () => {
      const enrolled = await stage.enrolled();
      const { user } = enrolled;
      const right = await toLogIn(enrolled);
      for (const payload of MALFORMED) {
        const { status, body } = await user.logIn(payload);
        assert.ok(status >= 400 && status < 500, `${JSON.stringify(payload)} gives ${status} ${JSON.stringify(body)}`);
        assert.equal(typeof body['error'], 'string');
      }
      assertStatus(await user.logIn(right), 200);
    });

    runner.it('is replaced and removed only with a fresh proof', async () => {
      const enrolled = await stage.enrolled();
      const { user, answers } = enrolled;
      clock.advance(10 * MINUTE); // the enrolment counts as a step-up proof: wait until that ends
      const replacing = begin(user).then(({ confirmation }) => user.save(confirmation));
      await replacing.then(assertRefused, () => undefined);
      assert.equal(slugOf(await user.save(null)), 'fresh_proof_required');
      await stage.assertDemanded(user);
      assertRefused(await user.save(answers.wrong()));
      assert.equal(slugOf(await user.save(null)), 'fresh_proof_required');
      clock.advance(pauseMs);
      assertStatus(await user.save(await toProve(enrolled)), 200);
      assertStatus(await user.save(null), 200);
      assertStatus(await user.logIn(), 200);
    });

    runner.it('shows its user a status, which changes nothing when it is sent back, and others nothing', async () => {
      const enrolled = await stage.enrolled();
      const { user } = enrolled;
      const shown = ((await user.me())['authData'] as Record<string, Record<string, unknown>>)[key] ?? {};
      assert.equal(shown['status'], 'enabled');
      assert.ok(Object.values(shown).every((value) => typeof value === 'string'));
      assert.equal(Object.hasOwn(shown, 'sealed'), false);
      assertStatus(await user.save(shown), 200);
      assertRefused(await user.logIn(shown));
      const seen = JSON.stringify(await user.seenByAll());
      for (const hidden of ['sealed', ...Object.values(shown).map(String)]) assert.ok(!seen.includes(hidden), seen);
      await stage.assertDemanded(user);
      assertStatus(await user.logIn(await toLogIn(enrolled)), 200);
    });
  });
}
