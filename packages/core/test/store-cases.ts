import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import type { AttemptLimits, OtpStore } from '../src/otp-store.js';
import { RETENTION_MS } from '../src/otp-store.js';

/** A store under test, and the clock it reads. */
export interface StoreUnderTest {
  readonly store: OtpStore;
  readonly time: { now: number };
  readonly subject: () => string;
}

const SECOND = 1000;
const MINUTE = 60 * SECOND;
const HOUR = 60 * MINUTE;
const LIMITS: AttemptLimits = { maxAttempts: 5, maxFailures: 10, lockMs: 15 * MINUTE, maxLockMs: 24 * HOUR };
const SENDS = {
  cooldownMs: MINUTE,
  quotas: [
    { limit: 3, windowMs: 10 * MINUTE },
    { limit: 5, windowMs: 24 * HOUR },
  ],
} as const;
const FREE = { cooldownMs: 0, quotas: [] } as const;
const parallel = <Result>(times: number, work: (index: number) => Promise<Result>): Promise<Result[]> =>
  Promise.all(Array.from({ length: times }, (_, index) => work(index)));
const trues = (results: readonly boolean[]): number => results.filter(Boolean).length;

/**
 * What every store must do; run on each of them.
 *
 * @param options.prunes whether dead rows wait for `prune`; they die by themselves otherwise
 */
export function storeCases(setUp: () => StoreUnderTest, { prunes = true }: { readonly prunes?: boolean } = {}): void {
  const begin = (): StoreUnderTest & { s: string; code: (digest: string) => { digest: string; expiresAt: number } } => {
    const under = setUp();
    return { ...under, s: under.subject(), code: (digest) => ({ digest, expiresAt: under.time.now + 5 * MINUTE }) };
  };

  describe('issue', () => {
    it('makes the newest code the live one', async () => {
      const { store, time, s, code } = begin();
      expect(await store.issue(s, code('first'), SENDS)).toEqual({ issued: true });
      time.now += MINUTE;
      expect(await store.issue(s, code('second'), SENDS)).toEqual({ issued: true });
      expect(await store.attempt(s, LIMITS)).toMatchObject({ digest: 'second' });
      expect(await store.consume(s, 'first')).toBe(false);
    });

    it('refuses within the cooldown, to the millisecond, and keeps the live code', async () => {
      const { store, time, s, code } = begin();
      const retryAt = time.now + MINUTE;
      await store.issue(s, code('first'), SENDS);
      time.now = retryAt - 1;
      expect(await store.issue(s, code('second'), SENDS)).toEqual({ issued: false, reason: 'cooldown', retryAt });
      expect(await store.attempt(s, LIMITS)).toMatchObject({ digest: 'first' });
      time.now = retryAt;
      expect(await store.issue(s, code('second'), SENDS)).toEqual({ issued: true });
    });

    it('counts every quota, says when the last of them opens, and opens again', async () => {
      const { store, time, s, code } = begin();
      const start = time.now;
      const ask = async (after: number): Promise<unknown> => {
        time.now = start + after;
        return store.issue(s, code('x'), SENDS);
      };
      for (const minute of [0, 1, 2]) expect(await ask(minute * MINUTE)).toEqual({ issued: true });
      expect(await ask(3 * MINUTE)).toEqual({ issued: false, reason: 'cooldown', retryAt: start + 10 * MINUTE });
      for (const minute of [10, 11]) expect(await ask(minute * MINUTE)).toEqual({ issued: true });
      expect(await ask(12 * MINUTE)).toEqual({ issued: false, reason: 'cooldown', retryAt: start + 24 * HOUR });
      expect(await ask(24 * HOUR - 1)).toMatchObject({ issued: false });
      for (const minute of [0, 1, 2]) expect(await ask(24 * HOUR + minute * MINUTE)).toEqual({ issued: true });
      expect(await ask(24 * HOUR + 3 * MINUTE)).toMatchObject({ issued: false });
    });

    it('lets exactly one of 50 parallel callers through', async () => {
      const { store, s, code } = begin();
      const results = await parallel(50, (index) => store.issue(s, code(`c${index}`), SENDS));
      expect(results.filter(({ issued }) => issued)).toHaveLength(1);
    });

    it('lets exactly one of 50 through when all windows have lapsed', async () => {
      const { store, time, s, code } = begin();
      for (let sent = 0; sent < 3; sent += 1, time.now += MINUTE) await store.issue(s, code('x'), SENDS);
      time.now += 25 * HOUR;
      const results = await parallel(50, (index) => store.issue(s, code(`c${index}`), SENDS));
      expect(results.filter(({ issued }) => issued)).toHaveLength(1);
    });

    it('refuses while the subject is locked', async () => {
      const { store, time, s, code } = begin();
      await parallel(10, () => store.attempt(s, LIMITS));
      expect(await store.issue(s, code('x'), SENDS)).toEqual({
        issued: false,
        reason: 'locked',
        retryAt: time.now + 15 * MINUTE,
      });
      time.now += 15 * MINUTE;
      expect(await store.issue(s, code('x'), SENDS)).toEqual({ issued: true });
    });
  });

  describe('attempt', () => {
    it('gives no digest when nothing was issued, and counts all the same', async () => {
      const { store, s } = begin();
      expect(await store.attempt(s, LIMITS)).toEqual({ locked: false, digest: undefined, mark: -1, locksUntil: undefined });
      await parallel(9, () => store.attempt(s, LIMITS));
      expect(await store.attempt(s, LIMITS)).toMatchObject({ locked: true });
    });

    it('gives the digest until the moment it expires', async () => {
      const { store, time, s, code } = begin();
      await store.issue(s, code('x'), SENDS);
      time.now += 5 * MINUTE - 1;
      expect(await store.attempt(s, LIMITS)).toMatchObject({ digest: 'x' });
      time.now += 1;
      expect(await store.attempt(s, LIMITS)).toMatchObject({ digest: undefined });
      expect(await store.consume(s, 'x')).toBe(false);
    });

    it('gives the digest five times per code, of 50 parallel callers too', async () => {
      const { store, s, code } = begin();
      await store.issue(s, code('x'), SENDS);
      const results = await parallel(50, () => store.attempt(s, { ...LIMITS, maxFailures: 100 }));
      expect(results.filter((result) => !result.locked && result.digest === 'x')).toHaveLength(5);
    });

    it('evaluates ten of 200 parallel guesses, then locks', async () => {
      const { store, time, s } = begin();
      const results = await parallel(200, () => store.attempt(s, LIMITS));
      expect(results.filter(({ locked }) => !locked)).toHaveLength(10);
      expect(results.filter((result) => !result.locked && result.locksUntil === time.now + 15 * MINUTE)).toHaveLength(1);
      expect(await store.attempt(s, LIMITS)).toEqual({ locked: true, retryAt: time.now + 15 * MINUTE });
    });

    it('counts failures across codes: a resend resets nothing', async () => {
      const { store, time, s, code } = begin();
      for (let sent = 0; sent < 2; sent += 1, time.now += MINUTE) {
        expect(await store.issue(s, code(`c${sent}`), SENDS)).toEqual({ issued: true });
        await parallel(5, () => store.attempt(s, LIMITS));
      }
      expect(await store.attempt(s, LIMITS)).toMatchObject({ locked: true });
    });

    it('locks twice as long each time, up to the longest', async () => {
      const { store, time, s } = begin();
      const locks: number[] = [];
      for (let round = 0; round < 9; round += 1) {
        await parallel(10, () => store.attempt(s, LIMITS));
        const result = await store.attempt(s, LIMITS);
        if (!result.locked) throw new Error('not locked');
        locks.push((result.retryAt - time.now) / MINUTE);
        time.now = result.retryAt - 1;
        expect(await store.attempt(s, LIMITS)).toMatchObject({ locked: true });
        time.now = result.retryAt;
      }
      expect(locks).toEqual([15, 30, 60, 120, 240, 480, 960, 1440, 1440]);
    });

    it('forgives failures after a success', async () => {
      const { store, s, code } = begin();
      await store.issue(s, code('x'), SENDS);
      await parallel(9, () => store.attempt(s, LIMITS));
      expect(await store.consume(s, 'x')).toBe(true);
      const results = await parallel(10, () => store.attempt(s, LIMITS));
      expect(results.every(({ locked }) => !locked)).toBe(true);
    });

    it('forgives the tenth attempt too when it was the right one', async () => {
      const { store, s, code } = begin();
      await store.issue(s, code('x'), SENDS);
      await parallel(10, () => store.attempt(s, LIMITS));
      expect(await store.consume(s, 'x')).toBe(true);
      expect(await store.attempt(s, LIMITS)).toMatchObject({ locked: false });
    });
  });

  describe('consume', () => {
    it('is true for exactly one of 50 parallel callers', async () => {
      const { store, s, code } = begin();
      await store.issue(s, code('x'), SENDS);
      expect(trues(await parallel(50, () => store.consume(s, 'x')))).toBe(1);
      expect(await store.consume(s, 'x')).toBe(false);
      expect(await store.attempt(s, LIMITS)).toMatchObject({ digest: undefined });
    });

    it('spends nothing for a digest that is not the live one', async () => {
      const { store, s, code } = begin();
      await store.issue(s, code('x'), SENDS);
      expect(await store.consume(s, 'y')).toBe(false);
      expect(await store.consume(`${s}2`, 'x')).toBe(false);
      expect(await store.consume(s, 'x')).toBe(true);
    });

    it('leaves the cooldown standing', async () => {
      const { store, s, code } = begin();
      await store.issue(s, code('x'), SENDS);
      await store.consume(s, 'x');
      expect(await store.issue(s, code('y'), SENDS)).toMatchObject({ issued: false });
    });
  });

  describe('revoke', () => {
    it('kills that code and no other, and leaves what was counted', async () => {
      const { store, s, code } = begin();
      await store.issue(s, code('x'), SENDS);
      await parallel(9, () => store.attempt(s, LIMITS));
      await store.revoke(s, 'y');
      await store.revoke(`${s}2`, 'x');
      expect(await store.consume(s, 'y')).toBe(false);
      await store.revoke(s, 'x');
      expect(await store.consume(s, 'x')).toBe(false);
      expect(await store.issue(s, code('z'), SENDS)).toMatchObject({ issued: false, reason: 'cooldown' });
      expect(await store.attempt(s, LIMITS)).toMatchObject({ locked: false, digest: undefined });
      expect(await store.attempt(s, LIMITS)).toMatchObject({ locked: true });
    });
  });

  describe('advance', () => {
    it('is true for exactly one of 50 parallel callers per mark, new subject or not', async () => {
      const { store, s } = begin();
      expect(trues(await parallel(50, () => store.advance(s, 7)))).toBe(1);
      expect(trues(await parallel(50, () => store.advance(s, 8)))).toBe(1);
      expect(await store.attempt(s, LIMITS)).toMatchObject({ mark: 8 });
    });

    it('refuses an older mark and the same again, and takes 0 as the first', async () => {
      const { store, s } = begin();
      expect(await store.advance(s, 0)).toBe(true);
      expect(await store.advance(s, 0)).toBe(false);
      expect(await store.advance(s, 5)).toBe(true);
      expect(await store.advance(s, 4)).toBe(false);
    });

    it('clears failures and the lock, but only when it advances', async () => {
      const { store, s } = begin();
      await store.advance(s, 5);
      await parallel(10, () => store.attempt(s, LIMITS));
      expect(await store.advance(s, 5)).toBe(false);
      expect(await store.attempt(s, LIMITS)).toMatchObject({ locked: true });
      expect(await store.advance(s, 6)).toBe(true);
      expect(await store.attempt(s, LIMITS)).toMatchObject({ locked: false });
    });
  });

  describe('claim', () => {
    it('is true for exactly one of 50 parallel callers, until it expires', async () => {
      const { store, time, s } = begin();
      const expiresAt = time.now + MINUTE;
      expect(trues(await parallel(50, () => store.claim(s, expiresAt)))).toBe(1);
      time.now = expiresAt - 1;
      expect(await store.claim(s, expiresAt)).toBe(false);
      time.now = expiresAt;
      expect(trues(await parallel(50, () => store.claim(s, expiresAt + MINUTE)))).toBe(1);
    });
  });

  describe('count', () => {
    it('allows the limit of 50 parallel callers in a window, then says when', async () => {
      const { store, time, s } = begin();
      const quota = { limit: 20, windowMs: 10 * MINUTE };
      const retryAt = time.now + quota.windowMs;
      const results = await parallel(50, () => store.count(s, quota));
      expect(results.filter(({ allowed }) => allowed)).toHaveLength(20);
      expect(await store.count(s, quota)).toEqual({ allowed: false, retryAt });
      time.now = retryAt - 1;
      expect(await store.count(s, quota)).toEqual({ allowed: false, retryAt });
      time.now = retryAt;
      expect((await parallel(50, () => store.count(s, quota))).filter(({ allowed }) => allowed)).toHaveLength(20);
    });

    it('takes events of an open window back, and never more than there were', async () => {
      const { store, time, s } = begin();
      const quota = { limit: 3, windowMs: MINUTE };
      await store.uncount(s);
      await parallel(3, () => store.count(s, quota));
      await parallel(5, () => store.uncount(s));
      expect((await parallel(10, () => store.count(s, quota))).filter(({ allowed }) => allowed)).toHaveLength(3);
      time.now += MINUTE;
      await store.uncount(s);
      expect((await parallel(10, () => store.count(s, quota))).filter(({ allowed }) => allowed)).toHaveLength(3);
    });

    it('opens a new window when a window that was not full has lapsed', async () => {
      const { store, time, s } = begin();
      const quota = { limit: 2, windowMs: MINUTE };
      await store.count(s, quota);
      time.now += MINUTE;
      expect((await parallel(10, () => store.count(s, quota))).filter(({ allowed }) => allowed)).toHaveLength(2);
    });
  });

  it('keeps subjects apart', async () => {
    const { store, subject, code } = begin();
    const [a, b] = [subject(), subject()];
    await store.issue(a, code('x'), SENDS);
    await parallel(10, () => store.attempt(a, LIMITS));
    expect(await store.attempt(b, LIMITS)).toEqual({ locked: false, digest: undefined, mark: -1, locksUntil: undefined });
    expect(await store.issue(b, code('y'), SENDS)).toEqual({ issued: true });
  });

  it('pardons failures and locks, and leaves the code, its attempts and the mark', async () => {
    const { store, subject, code } = begin();
    const [s, other] = [subject(), subject()];
    await store.advance(s, 7);
    await store.issue(s, code('x'), SENDS);
    for (const name of [s, other]) await parallel(10, () => store.attempt(name, { ...LIMITS, maxAttempts: 11 }));
    expect((await store.attempt(s, LIMITS)).locked).toBe(true);
    await store.pardon(s);
    await store.pardon(subject()); // of nobody: nothing happens
    expect(await store.attempt(s, { ...LIMITS, maxAttempts: 11 })).toEqual({
      locked: false,
      digest: 'x',
      mark: 7,
      locksUntil: undefined,
    });
    expect(await store.attempt(s, { ...LIMITS, maxAttempts: 11 })).toMatchObject({ digest: undefined });
    expect(await store.advance(s, 7)).toBe(false);
    expect((await store.attempt(other, LIMITS)).locked).toBe(true);
  });

  it('forgets all of a subject, and of nobody else', async () => {
    const { store, subject, code } = begin();
    const [a, b] = [subject(), subject()];
    await store.issue(a, code('x'), SENDS);
    await store.issue(b, code('y'), SENDS);
    await store.forget(a);
    await store.forget(a);
    expect(await store.consume(a, 'x')).toBe(false);
    expect(await store.consume(b, 'y')).toBe(true);
  });

  const prunesDead = (): void => {
    it('prunes what is dead, in batches, and nothing else', async () => {
      const { store, time, subject } = begin();
      while ((await store.prune(time.now, 100)) > 0); // what earlier cases left
      const dead = [subject(), subject(), subject()];
      for (const s of dead) await store.claim(s, time.now + 1);
      const [locked, lasting] = [subject(), subject()];
      await parallel(10, () => store.attempt(locked, LIMITS));
      const year = time.now + 365 * 24 * HOUR;
      await store.issue(lasting, { digest: 'x', expiresAt: year }, FREE);
      time.now += 1;
      expect(await store.prune(time.now, 2)).toBe(2);
      expect(await store.prune(time.now, 2)).toBe(1);
      expect(await store.prune(time.now, 2)).toBe(0);
      expect(await store.attempt(locked, LIMITS)).toMatchObject({ locked: true });
      time.now += RETENTION_MS + 15 * MINUTE;
      expect(await store.prune(time.now, 100)).toBeGreaterThan(0);
      time.now = year - 1;
      while ((await store.prune(time.now, 100)) > 0);
      expect(await store.consume(lasting, 'x')).toBe(true);
    });
  };
  if (prunes) prunesDead();

  it('agrees with a model over random histories', async () => {
    const { store, time, subject } = begin();
    const step = fc.oneof(
      fc.record({ verb: fc.constant('issue' as const), digest: fc.constantFrom('a', 'b', 'c') }),
      fc.record({ verb: fc.constant('attempt' as const) }),
      fc.record({ verb: fc.constant('consume' as const), digest: fc.constantFrom('a', 'b', 'c') }),
      fc.record({ verb: fc.constant('advance' as const), mark: fc.integer({ min: 0, max: 6 }) }),
      fc.record({ verb: fc.constant('wait' as const), ms: fc.constantFrom(1, 1000, 2000, 5000, 60_000) }),
    );
    const limits = { maxAttempts: 2, maxFailures: 4, lockMs: 4000, maxLockMs: 8000 };
    const sends = { cooldownMs: 1000, quotas: [{ limit: 2, windowMs: 5000 }] };
    await fc.assert(
      fc.asyncProperty(fc.array(step, { maxLength: 25 }), async (history) => {
        const s = subject();
        const model = new Model();
        for (const event of history) {
          if (event.verb === 'wait') time.now += event.ms;
          else if (event.verb === 'issue') {
            const code = { digest: event.digest, expiresAt: time.now + 3000 };
            expect(await store.issue(s, code, sends)).toMatchObject({ issued: model.issue(time.now, event.digest) });
          } else if (event.verb === 'attempt') {
            const result = await store.attempt(s, limits);
            expect(result.locked ? 'locked' : result.digest).toBe(model.attempt(time.now));
          } else if (event.verb === 'consume')
            expect(await store.consume(s, event.digest)).toBe(model.consume(time.now, event.digest));
          else expect(await store.advance(s, event.mark)).toBe(model.advance(event.mark));
        }
      }),
      { numRuns: 60 },
    );
  });

  it('accepts a sealed secret as a digest', async () => {
    const { store, s, time } = begin();
    const digest = `1.key.${'x'.repeat(1000)}`;
    await store.issue(s, { digest, expiresAt: time.now + 1 }, FREE);
    expect(await store.attempt(s, LIMITS)).toMatchObject({ digest });
    expect(await store.consume(s, digest)).toBe(true);
  });
}

/** The contract once more, written for reading: lists of events instead of counters. */
class Model {
  #live: { digest: string; expiresAt: number; attempts: number } | undefined;
  #sent: number[] = [];
  #windowStart = Number.NEGATIVE_INFINITY;
  #failures = 0;
  #locks = 0;
  #lockedUntil = 0;
  #mark = -1;

  issue(now: number, digest: string): boolean {
    if (now < this.#lockedUntil || now - (this.#sent.at(-1) ?? Number.NEGATIVE_INFINITY) < 1000) return false;
    if (now >= this.#windowStart + 5000) this.#windowStart = now;
    if (this.#sent.filter((at) => at >= this.#windowStart).length >= 2) return false;
    this.#sent.push(now);
    this.#live = { digest, expiresAt: now + 3000, attempts: 0 };
    return true;
  }

  attempt(now: number): string | undefined {
    if (now < this.#lockedUntil) return 'locked';
    this.#failures += 1;
    if (this.#failures === 4) {
      this.#lockedUntil = now + Math.min(4000 * 2 ** this.#locks, 8000);
      this.#locks += 1;
      this.#failures = 0;
    }
    if (this.#live === undefined) return undefined;
    this.#live.attempts += 1;
    return this.#live.attempts <= 2 && now < this.#live.expiresAt ? this.#live.digest : undefined;
  }

  consume(now: number, digest: string): boolean {
    if (this.#live?.digest !== digest || now >= this.#live.expiresAt) return false;
    this.#live = undefined;
    this.#forgive();
    return true;
  }

  advance(mark: number): boolean {
    if (mark <= this.#mark) return false;
    this.#mark = mark;
    this.#forgive();
    return true;
  }

  #forgive(): void {
    if (this.#live !== undefined) this.#live.attempts = 0;
    this.#failures = 0;
    this.#locks = 0;
    this.#lockedUntil = 0;
  }
}
