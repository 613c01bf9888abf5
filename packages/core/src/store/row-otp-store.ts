import { FactorError } from '../error/factor-error.js';
import { type Clock, systemClock } from '../time/clock.js';
import {
  type AttemptLimits,
  type AttemptResult,
  type CountResult,
  isAhead,
  isClaimed,
  isLive,
  type IssueResult,
  type LiveCode,
  lockLength,
  LONGEST_AHEAD_MS,
  type OtpStore,
  type Quota,
  type RedeemResult,
  RETENTION_MS,
  type SendLimits,
} from './otp-store.js';

/** A window of a quota. */
export interface QuotaWindow {
  /** Events in it. */
  readonly count: number;
  /** When it ends, in epoch milliseconds. */
  readonly endsAt: number;
}

/** Everything that is kept under one name. It survives JSON unchanged. */
export interface SubjectRow {
  /** The live code's digest; empty if there is none. */
  readonly digest: string;
  /** When that code expires, in epoch milliseconds. */
  readonly expiresAt: number;
  /** Attempts at that code. */
  readonly attempts: number;
  /** Failures in a row since the last lock. */
  readonly failures: number;
  /** Locks in a row. */
  readonly locks: number;
  /** Until when the subject is locked, in epoch milliseconds. */
  readonly lockedUntil: number;
  /** When a code was last made, in epoch milliseconds; null if never. */
  readonly sentAt: number | null;
  /** The windows of the quotas, in the order of the quotas. */
  readonly windows: readonly QuotaWindow[];
  /** The high-water mark so far; -1 if there is none. */
  readonly mark: number;
  /** From when on the row neither allows nor refuses anything, in epoch milliseconds. */
  readonly deadAt: number;
}

/** The decision of a step. */
export interface RowChange<Result> {
  readonly result: Result;
  /** The new row; undefined to keep the current one. */
  readonly row?: SubjectRow;
}

/** Decides about a row. It may be called again if the row has changed meanwhile, so it must have no side effects. */
export type RowStep<Result> = (row: SubjectRow | undefined) => RowChange<Result>;

const NOTHING: SubjectRow = {
  digest: '',
  expiresAt: 0,
  attempts: 0,
  failures: 0,
  locks: 0,
  lockedUntil: 0,
  sentAt: null,
  windows: [],
  mark: -1,
  deadAt: 0,
};

const NO_CODE = { digest: '', expiresAt: 0 } as const;
const NO_FAILURES = { attempts: 0, failures: 0, locks: 0, lockedUntil: 0 } as const;

/**
 * The base class of a store that keeps rows. It implements every verb. A subclass that can change a row atomically,
 * by a lock or by compare-and-set, implements {@link change}, {@link remove} and {@link removeDead}. Errors that
 * these throw become `unavailable`.
 */
export abstract class RowOtpStore implements OtpStore {
  readonly #clock: Clock;

  /**
   * @param options may be left out
   * @param options.clock the time in epoch milliseconds, `Date.now` by default
   */
  constructor({ clock = systemClock }: { readonly clock?: Clock } = {}) {
    this.#clock = clock;
  }

  /** Reads the row of that name, calls `step`, and writes its row, as one atomic step. Rejects if it cannot. */
  protected abstract change<Result>(name: string, step: RowStep<Result>): Promise<Result>;

  /** Deletes the row of that name, if there is one. */
  protected abstract remove(name: string): Promise<void>;

  /** Deletes up to `batch` rows whose `deadAt` is `now` or earlier. Returns how many. */
  protected abstract removeDead(now: number, batch: number): Promise<number>;

  issue(subject: string, { digest, expiresAt }: LiveCode, { cooldownMs, quotas }: SendLimits): Promise<IssueResult> {
    const now = this.#clock();
    return this.#step<IssueResult>(subject, (row) => {
      if (isLocked(row, now)) return { result: { issued: false, reason: 'locked', retryAt: row.lockedUntil } };
      const windows = quotas.map(({ windowMs }, index) => openWindow(row.windows[index], now, windowMs));
      const waits = windows.filter(({ count }, index) => count >= (quotas[index]?.limit ?? 0)).map(({ endsAt }) => endsAt);
      const cooledAt = row.sentAt === null || cooldownMs === 0 ? 0 : row.sentAt + cooldownMs;
      if (isAhead(cooledAt, now, cooldownMs)) waits.push(cooledAt);
      if (waits.length > 0) return { result: { issued: false, reason: 'cooldown', retryAt: Math.max(...waits) } };
      // Windows of quotas that this call does not use stay as they are.
      const others = row.windows.slice(windows.length);
      const counted = [...windows.map(({ count, endsAt }) => ({ count: count + 1, endsAt })), ...others];
      const deadAt = keptUntil(row.deadAt, Math.max(now, expiresAt) + RETENTION_MS);
      const code = { digest, expiresAt, attempts: 0, sentAt: now };
      return { result: { issued: true }, row: { ...row, ...code, lockedUntil: 0, windows: counted, deadAt } };
    });
  }

  attempt(subject: string, limits: AttemptLimits): Promise<AttemptResult> {
    const now = this.#clock();
    return this.#step(subject, (row) => attempted(row, now, limits));
  }

  guess(subject: string, maxAttempts: number): Promise<string | undefined> {
    const now = this.#clock();
    return this.#step<string | undefined>(subject, (row) => {
      if (row.digest === '') return { result: undefined };
      if (!isLive(row.expiresAt, now)) return { result: undefined, row: { ...row, ...NO_CODE } };
      if (row.attempts >= maxAttempts) return { result: undefined };
      return { result: row.digest, row: { ...row, attempts: row.attempts + 1 } };
    });
  }

  redeem(subject: string, digests: readonly string[], limits: AttemptLimits): Promise<RedeemResult> {
    const now = this.#clock();
    return this.#step<RedeemResult>(subject, (before) => {
      const { result, row = before } = attempted(before, now, limits);
      if (result.locked) return { result };
      const { digest, locksUntil } = result;
      if (digest === undefined) return { result: { locked: false, outcome: 'absent', locksUntil }, row };
      if (!digests.includes(digest)) return { result: { locked: false, outcome: 'wrong', locksUntil }, row };
      return { result: { locked: false, outcome: 'spent', locksUntil: undefined }, row: { ...row, ...NO_CODE, ...NO_FAILURES } };
    });
  }

  consume(subject: string, digest: string): Promise<boolean> {
    const now = this.#clock();
    return this.#step(subject, (row) => {
      if (row.digest === '' || row.digest !== digest) return { result: false };
      if (!isLive(row.expiresAt, now)) return { result: false, row: { ...row, ...NO_CODE } };
      return { result: true, row: { ...row, ...NO_CODE, ...NO_FAILURES } };
    });
  }

  async revoke(subject: string, digest: string): Promise<void> {
    await this.#step(subject, (row) => ({ result: undefined, ...(row.digest === digest && { row: { ...row, ...NO_CODE } }) }));
  }

  advance(subject: string, mark: number): Promise<boolean> {
    const now = this.#clock();
    return this.#step(subject, (row) => {
      if (mark <= row.mark) return { result: false };
      return { result: true, row: { ...row, ...NO_FAILURES, mark, deadAt: keptUntil(row.deadAt, now + RETENTION_MS) } };
    });
  }

  claim(key: string, expiresAt: number): Promise<boolean> {
    const now = this.#clock();
    return this.#step(key, (row) => {
      if (isClaimed(row.deadAt, now, expiresAt)) return { result: false };
      return { result: true, row: { ...row, deadAt: expiresAt } };
    });
  }

  count(bucket: string, { limit, windowMs }: Quota): Promise<CountResult> {
    const now = this.#clock();
    return this.#step<CountResult>(bucket, (row) => {
      const { count, endsAt } = openWindow(row.windows[0], now, windowMs);
      if (count >= limit) return { result: { allowed: false, retryAt: endsAt } };
      return { result: { allowed: true }, row: { ...row, windows: [{ count: count + 1, endsAt }], deadAt: endsAt } };
    });
  }

  async uncount(bucket: string): Promise<void> {
    const now = this.#clock();
    await this.#step(bucket, (row) => {
      const [window] = row.windows;
      if (window === undefined || window.endsAt <= now || window.count === 0) return { result: undefined };
      return { result: undefined, row: { ...row, windows: [{ ...window, count: window.count - 1 }] } };
    });
  }

  async pardon(subject: string): Promise<void> {
    await this.#step(subject, (row) => {
      if (row === NOTHING) return { result: undefined };
      return { result: undefined, row: { ...row, failures: 0, locks: 0, lockedUntil: 0 } };
    });
  }

  async forget(subject: string): Promise<void> {
    await unavailable(() => this.remove(subject));
  }

  prune(now: number, batch: number): Promise<number> {
    return unavailable(() => this.removeDead(now, batch));
  }

  #step<Result>(name: string, step: (row: SubjectRow) => RowChange<Result>): Promise<Result> {
    return unavailable(() => this.change(name, (row) => step(row ?? NOTHING)));
  }
}

function attempted(before: SubjectRow, now: number, limits: AttemptLimits): RowChange<AttemptResult> {
  if (isLocked(before, now)) return { result: { locked: true, retryAt: before.lockedUntil } };
  const attempts = before.attempts + 1;
  const failures = before.failures + 1;
  const locksUntil = failures >= limits.maxFailures ? now + lockLength(before.locks, limits) : undefined;
  const lock =
    locksUntil === undefined ? { failures, lockedUntil: 0 } : { failures: 0, locks: before.locks + 1, lockedUntil: locksUntil };
  const code = isLive(before.expiresAt, now) ? { digest: before.digest, expiresAt: before.expiresAt } : NO_CODE;
  const deadAt = keptUntil(before.deadAt, Math.max(now, locksUntil ?? 0, code.expiresAt) + RETENTION_MS);
  const isOpen = code.digest !== '' && attempts <= limits.maxAttempts;
  return {
    result: { locked: false, digest: isOpen ? code.digest : undefined, mark: before.mark, locksUntil },
    row: { ...before, ...code, attempts, ...lock, deadAt },
  };
}

const isLocked = ({ lockedUntil }: SubjectRow, now: number): boolean => isAhead(lockedUntil, now, LONGEST_AHEAD_MS);

/**
 * Returns until when to keep a row: never shorter than before. An old time more than two days beyond the need was
 * written by a clock that ran ahead, and is ignored.
 */
const keptUntil = (before: number, needed: number): number =>
  before > needed + 2 * LONGEST_AHEAD_MS ? needed : Math.max(before, needed);

const openWindow = (window: QuotaWindow | undefined, now: number, windowMs: number): QuotaWindow =>
  window !== undefined && isAhead(window.endsAt, now, windowMs) ? window : { count: 0, endsAt: now + windowMs };

async function unavailable<Result>(work: () => Promise<Result>): Promise<Result> {
  try {
    return await work();
  } catch (cause) {
    throw cause instanceof FactorError ? cause : new FactorError('unavailable', { cause });
  }
}
