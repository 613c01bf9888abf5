import type { AttemptLimits, Quota, SendLimits } from '@parse-factors/core/store';

/** The settings that the model and the store are compared with. */
export interface ModelRules {
  readonly limits: AttemptLimits;
  readonly sends: SendLimits & { readonly quotas: readonly [Quota] };
  readonly quota: Quota;
  readonly validityMs: number;
}

const DAY = 24 * 60 * 60_000;
const TOLERANCE = 15 * 60_000;

/** Whether a time lies ahead. A time too far ahead was written by a clock that ran ahead, and does not count. */
const isToCome = (time: number, now: number, mostMs: number): boolean => now < time && time <= now + mostMs + TOLERANCE;

/** A second implementation of the store contract for one subject, written to be read. */
export class StoreModel {
  readonly #rules: ModelRules;
  #live: { readonly digest: string; readonly expiresAt: number; attempts: number } | undefined;
  #sentAt = Number.NEGATIVE_INFINITY;
  #sentInWindow = 0;
  #sendWindow = Number.NEGATIVE_INFINITY;
  #failures = 0;
  #locks = 0;
  #lockedUntil = 0;
  #mark = -1;
  #claimedUntil = 0;
  #events = 0;
  #window = Number.NEGATIVE_INFINITY;

  constructor(rules: ModelRules) {
    this.#rules = rules;
  }

  issue(now: number, digest: string): 'issued' | 'locked' | 'cooldown' {
    const { cooldownMs, quotas } = this.#rules.sends;
    const [{ limit, windowMs }] = quotas;
    if (isToCome(this.#lockedUntil, now, DAY)) return 'locked';
    if (isToCome(this.#sentAt + cooldownMs, now, cooldownMs)) return 'cooldown';
    const isOpen = isToCome(this.#sendWindow + windowMs, now, windowMs);
    if (isOpen && this.#sentInWindow >= limit) return 'cooldown';
    if (!isOpen) [this.#sendWindow, this.#sentInWindow] = [now, 0];
    this.#sentInWindow += 1;
    this.#sentAt = now;
    this.#lockedUntil = 0;
    this.#live = { digest, expiresAt: now + this.#rules.validityMs, attempts: 0 };
    return 'issued';
  }

  attempt(now: number): { readonly digest: string | undefined; readonly mark: number } | 'locked' {
    const { maxAttempts, maxFailures, lockMs, maxLockMs } = this.#rules.limits;
    if (isToCome(this.#lockedUntil, now, DAY)) return 'locked';
    this.#lockedUntil = 0;
    this.#failures += 1;
    if (this.#failures >= maxFailures) {
      this.#lockedUntil = now + Math.min(lockMs * 2 ** this.#locks, maxLockMs);
      this.#locks += 1;
      this.#failures = 0;
    }
    if (this.#live === undefined) return { digest: undefined, mark: this.#mark };
    this.#live.attempts += 1;
    const { digest, attempts } = this.#live;
    return { digest: this.#isAlive(now) && attempts <= maxAttempts ? digest : undefined, mark: this.#mark };
  }

  guess(now: number): string | undefined {
    if (this.#live === undefined || !this.#isAlive(now)) return undefined;
    if (this.#live.attempts >= this.#rules.limits.maxAttempts) return undefined;
    this.#live.attempts += 1;
    return this.#live.digest;
  }

  redeem(now: number, digests: readonly string[]): 'locked' | 'absent' | 'wrong' | 'spent' {
    const attempt = this.attempt(now);
    if (attempt === 'locked') return 'locked';
    if (attempt.digest === undefined) return 'absent';
    if (!digests.includes(attempt.digest)) return 'wrong';
    this.consume(now, attempt.digest);
    return 'spent';
  }

  consume(now: number, digest: string): boolean {
    if (this.#live?.digest !== digest || !this.#isAlive(now)) return false;
    this.#live = undefined;
    this.#forgive();
    return true;
  }

  revoke(digest: string): void {
    if (this.#live?.digest === digest) this.#live = undefined;
  }

  advance(mark: number): boolean {
    if (mark <= this.#mark) return false;
    this.#mark = mark;
    // A success clears the failures, and also the attempts at the live code.
    if (this.#live !== undefined) this.#live.attempts = 0;
    this.#forgive();
    return true;
  }

  claim(now: number, expiresAt: number): boolean {
    if (isToCome(this.#claimedUntil, now, Math.max(expiresAt - now, DAY))) return false;
    this.#claimedUntil = expiresAt;
    return true;
  }

  count(now: number): boolean {
    const { windowMs } = this.#rules.quota;
    if (!isToCome(this.#window + windowMs, now, windowMs)) {
      this.#window = now;
      this.#events = 0;
    }
    if (this.#events >= this.#rules.quota.limit) return false;
    this.#events += 1;
    return true;
  }

  uncount(now: number): void {
    if (now < this.#window + this.#rules.quota.windowMs) this.#events = Math.max(0, this.#events - 1);
  }

  pardon(): void {
    this.#forgive();
  }

  forget(): void {
    this.#live = undefined;
    this.#sentAt = Number.NEGATIVE_INFINITY;
    this.#sentInWindow = 0;
    this.#sendWindow = Number.NEGATIVE_INFINITY;
    this.#forgive();
    this.#mark = -1;
  }

  /** Whether the live code can be answered. An expired code is removed for good. */
  #isAlive(now: number): boolean {
    if (this.#live !== undefined && !isToCome(this.#live.expiresAt, now, DAY)) this.#live = undefined;
    return this.#live !== undefined;
  }

  #forgive(): void {
    this.#failures = 0;
    this.#locks = 0;
    this.#lockedUntil = 0;
  }
}
