import assert from 'node:assert/strict';
import { digestOf, FREE, HOUR, LIMITS, MINUTE, parallel, SENDS, withCode, type StoreCases } from './store-stage.js';

const issuedOf = (results: readonly { readonly issued: boolean }[]): number => results.filter(({ issued }) => issued).length;

/** Issuing codes. */
export const ISSUE_CASES: StoreCases = {
  issue: {
    'makes the newest code the live one': async (stage) => {
      const { store, clock, code } = stage;
      const s = await withCode(stage);
      clock.advance(MINUTE);
      assert.deepEqual(await store.issue(s, code('second'), SENDS), { issued: true });
      assert.equal(await store.consume(s, 'x'), false);
      assert.equal(digestOf(await store.attempt(s, LIMITS)), 'second');
    },
    'refuses within the cooldown, to the millisecond, and keeps the live code': async (stage) => {
      const { store, clock, code } = stage;
      const s = await withCode(stage);
      const retryAt = clock() + MINUTE;
      clock.set(retryAt - 1);
      assert.deepEqual(await store.issue(s, code('second'), SENDS), { issued: false, reason: 'cooldown', retryAt });
      assert.equal(digestOf(await store.attempt(s, LIMITS)), 'x');
      clock.set(retryAt);
      assert.deepEqual(await store.issue(s, code('second'), SENDS), { issued: true });
    },
    'counts every quota, says when the last of them opens, and opens again': async ({ store, clock, subject, code }) => {
      const [s, start] = [subject(), clock()];
      const ask = (after: number): Promise<unknown> => {
        clock.set(start + after);
        return store.issue(s, code('x'), SENDS);
      };
      for (const minute of [0, 1, 2]) assert.deepEqual(await ask(minute * MINUTE), { issued: true });
      assert.deepEqual(await ask(3 * MINUTE), { issued: false, reason: 'cooldown', retryAt: start + 10 * MINUTE });
      for (const minute of [10, 11]) assert.deepEqual(await ask(minute * MINUTE), { issued: true });
      assert.deepEqual(await ask(12 * MINUTE), { issued: false, reason: 'cooldown', retryAt: start + 24 * HOUR });
      assert.deepEqual(await ask(24 * HOUR - 1), { issued: false, reason: 'cooldown', retryAt: start + 24 * HOUR });
      for (const minute of [0, 1, 2]) assert.deepEqual(await ask(24 * HOUR + minute * MINUTE), { issued: true });
      assert.deepEqual(await ask(24 * HOUR + 3 * MINUTE), {
        issued: false,
        reason: 'cooldown',
        retryAt: start + 24 * HOUR + 10 * MINUTE,
      });
    },
    'remembers what a quota has counted when another call counts by none': async ({ store, subject, code }) => {
      const s = subject();
      const once = { cooldownMs: 0, quotas: [{ limit: 1, windowMs: HOUR }] };
      assert.deepEqual(await store.issue(s, code('first'), once), { issued: true });
      assert.deepEqual(await store.issue(s, code('second'), { cooldownMs: 0, quotas: [] }), { issued: true });
      assert.equal((await store.issue(s, code('third'), once)).issued, false);
    },
    'lets exactly one of 50 parallel callers through': async ({ store, subject, code }) => {
      const s = subject();
      assert.equal(issuedOf(await parallel(50, (index) => store.issue(s, code(`c${index}`), SENDS))), 1);
    },
    'lets exactly one of 50 through when all windows have lapsed': async ({ store, clock, subject, code }) => {
      const s = subject();
      for (let sent = 0; sent < 3; sent += 1, clock.advance(MINUTE)) await store.issue(s, code('x'), SENDS);
      clock.advance(25 * HOUR);
      assert.equal(issuedOf(await parallel(50, (index) => store.issue(s, code(`c${index}`), SENDS))), 1);
    },
    'lets no more than a quota of 50 parallel callers through, window after window': async ({ store, clock, subject, code }) => {
      const s = subject();
      const sends = { cooldownMs: 0, quotas: [{ limit: 7, windowMs: HOUR }] };
      for (let window = 0; window < 3; window += 1, clock.advance(HOUR)) {
        assert.equal(issuedOf(await parallel(50, (index) => store.issue(s, code(`c${index}`), sends))), 7);
      }
    },
    'counts two quotas where there is no cooldown, for 50 at once, window after window': async ({
      store,
      clock,
      subject,
      code,
    }) => {
      const s = subject();
      const sends = {
        cooldownMs: 0,
        quotas: [
          { limit: 7, windowMs: HOUR },
          { limit: 10, windowMs: 24 * HOUR },
        ],
      };
      for (const expected of [7, 3, 0]) {
        assert.equal(issuedOf(await parallel(50, (index) => store.issue(s, code(`c${index}`), sends))), expected);
        clock.advance(HOUR);
      }
      clock.advance(21 * HOUR);
      assert.equal(issuedOf(await parallel(50, (index) => store.issue(s, code(`c${index}`), sends))), 7);
    },
    'refuses while the subject is locked, to the millisecond': async ({ store, clock, subject, code }) => {
      const s = subject();
      await parallel(10, () => store.attempt(s, LIMITS));
      const retryAt = clock() + LIMITS.lockMs;
      clock.set(retryAt - 1);
      assert.deepEqual(await store.issue(s, code('x'), SENDS), { issued: false, reason: 'locked', retryAt });
      clock.set(retryAt);
      assert.deepEqual(await store.issue(s, code('x'), SENDS), { issued: true });
    },
    'resets no failures': async (stage) => {
      const { store, clock, subject, code } = stage;
      const s = subject();
      for (let sent = 0; sent < 2; sent += 1, clock.advance(MINUTE)) {
        assert.deepEqual(await store.issue(s, code(`c${sent}`), SENDS), { issued: true });
        await parallel(5, () => store.attempt(s, LIMITS));
      }
      assert.equal((await store.attempt(s, LIMITS)).locked, true);
    },
    'keeps a digest of 1024 characters': async ({ store, clock, subject }) => {
      const [s, digest] = [subject(), `1.key.${'Aa-_'.repeat(255)}`.padEnd(1024, '=')];
      await store.issue(s, { digest, expiresAt: clock() + 1 }, FREE);
      assert.equal(digestOf(await store.attempt(s, LIMITS)), digest);
      assert.equal(await store.consume(s, digest), true);
    },
  },
};
