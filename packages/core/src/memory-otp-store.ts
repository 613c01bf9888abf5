import { systemClock, type Clock } from './clock.js';
import {
  lockLength,
  RETENTION_MS,
  type AttemptLimits,
  type AttemptResult,
  type CountResult,
  type IssueResult,
  type LiveCode,
  type OtpStore,
  type Quota,
  type SendLimits,
} from './otp-store.js';

interface Window {
  count: number;
  endsAt: number;
}

interface Subject {
  code: LiveCode | undefined;
  attempts: number;
  failures: number;
  locks: number;
  lockedUntil: number;
  sentAt: number;
  windows: Window[];
  mark: number;
  deadAt: number;
}

/**
 * Keeps everything in this process. For tests, and for an application that runs as one
 * process and may forget limits at a restart.
 */
export class MemoryOtpStore implements OtpStore {
  readonly #clock: Clock;
  readonly #subjects = new Map<string, Subject>();
  readonly #claims = new Map<string, number>();
  readonly #counts = new Map<string, Window>();

  /** @param options.clock the time in epoch milliseconds, `Date.now` by default */
  constructor({ clock = systemClock }: { readonly clock?: Clock } = {}) {
    this.#clock = clock;
  }

  async issue(name: string, code: LiveCode, limits: SendLimits): Promise<IssueResult> {
    const now = this.#clock();
    const subject = this.#touch(name, now);
    if (subject.lockedUntil > now) return { issued: false, reason: 'locked', retryAt: subject.lockedUntil };
    const windows = limits.quotas.map(({ windowMs }, index) => openWindow(subject.windows[index], now, windowMs));
    const waits = windows.filter(({ count }, index) => count >= (limits.quotas[index]?.limit ?? 0)).map(({ endsAt }) => endsAt);
    if (subject.sentAt + limits.cooldownMs > now) waits.push(subject.sentAt + limits.cooldownMs);
    if (waits.length > 0) return { issued: false, reason: 'cooldown', retryAt: Math.max(...waits) };
    subject.windows = windows.map(({ count, endsAt }) => ({ count: count + 1, endsAt }));
    subject.sentAt = now;
    subject.code = code;
    subject.deadAt = Math.max(subject.deadAt, code.expiresAt + RETENTION_MS);
    subject.attempts = 0;
    return { issued: true };
  }

  async attempt(name: string, limits: AttemptLimits): Promise<AttemptResult> {
    const now = this.#clock();
    const subject = this.#touch(name, now);
    if (subject.lockedUntil > now) return { locked: true, retryAt: subject.lockedUntil };
    subject.attempts += 1;
    subject.failures += 1;
    const locks = subject.failures >= limits.maxFailures;
    if (locks) {
      subject.lockedUntil = now + lockLength(subject.locks, limits);
      subject.deadAt = subject.lockedUntil + RETENTION_MS;
      subject.locks += 1;
      subject.failures = 0;
    }
    const live = subject.code !== undefined && subject.code.expiresAt > now && subject.attempts <= limits.maxAttempts;
    return {
      locked: false,
      digest: live ? subject.code?.digest : undefined,
      mark: subject.mark,
      locksUntil: locks ? subject.lockedUntil : undefined,
    };
  }

  async consume(name: string, digest: string): Promise<boolean> {
    const now = this.#clock();
    const subject = this.#subjects.get(name);
    if (subject?.code?.digest !== digest || subject.code.expiresAt <= now) return false;
    subject.code = undefined;
    clearFailures(subject);
    return true;
  }

  async revoke(name: string, digest: string): Promise<void> {
    const subject = this.#subjects.get(name);
    if (subject?.code?.digest === digest) subject.code = undefined;
  }

  async advance(name: string, mark: number): Promise<boolean> {
    const subject = this.#touch(name, this.#clock());
    if (mark <= subject.mark) return false;
    subject.mark = mark;
    clearFailures(subject);
    return true;
  }

  async claim(key: string, expiresAt: number): Promise<boolean> {
    if ((this.#claims.get(key) ?? 0) > this.#clock()) return false;
    this.#claims.set(key, expiresAt);
    return true;
  }

  async count(bucket: string, { limit, windowMs }: Quota): Promise<CountResult> {
    const window = openWindow(this.#counts.get(bucket), this.#clock(), windowMs);
    if (window.count >= limit) return { allowed: false, retryAt: window.endsAt };
    this.#counts.set(bucket, { count: window.count + 1, endsAt: window.endsAt });
    return { allowed: true };
  }

  async uncount(bucket: string): Promise<void> {
    const window = this.#counts.get(bucket);
    if (window !== undefined && window.endsAt > this.#clock() && window.count > 0) window.count -= 1;
  }

  async pardon(name: string): Promise<void> {
    const subject = this.#subjects.get(name);
    if (subject !== undefined) Object.assign(subject, { failures: 0, locks: 0, lockedUntil: 0 });
  }

  async forget(name: string): Promise<void> {
    this.#subjects.delete(name);
  }

  async prune(now: number, batch: number): Promise<number> {
    let left = batch;
    const sweep = <Row>(rows: Map<string, Row>, deadAt: (row: Row) => number): void => {
      for (const [key, row] of rows) {
        if (left === 0) return;
        if (deadAt(row) <= now && rows.delete(key)) left -= 1;
      }
    };
    sweep(this.#subjects, ({ deadAt }) => deadAt);
    sweep(this.#claims, (expiresAt) => expiresAt);
    sweep(this.#counts, ({ endsAt }) => endsAt);
    return batch - left;
  }

  #touch(name: string, now: number): Subject {
    const known = this.#subjects.get(name);
    const subject = known ?? {
      code: undefined,
      attempts: 0,
      failures: 0,
      locks: 0,
      lockedUntil: 0,
      sentAt: Number.NEGATIVE_INFINITY,
      windows: [],
      mark: -1,
      deadAt: 0,
    };
    subject.deadAt = Math.max(subject.deadAt, now + RETENTION_MS);
    if (known === undefined) this.#subjects.set(name, subject);
    return subject;
  }
}

const openWindow = (window: Window | undefined, now: number, windowMs: number): Window =>
  window !== undefined && window.endsAt > now ? window : { count: 0, endsAt: now + windowMs };

function clearFailures(subject: Subject): void {
  subject.attempts = 0;
  subject.failures = 0;
  subject.locks = 0;
  subject.lockedUntil = 0;
}
