import { FactorError } from '../../error/factor-error.js';
import {
  type AttemptLimits,
  type AttemptResult,
  CLOCK_TOLERANCE_MS,
  type CountResult,
  isAhead,
  isLive,
  type IssueResult,
  type LiveCode,
  lockLength,
  LONGEST_AHEAD_MS,
  type OtpStore,
  type Quota,
  RETENTION_MS,
  type SendLimits,
} from '../../store/otp-store.js';
import { type Clock, systemClock } from '../../time/clock.js';
import type { ClassIncident } from './closed-class.js';
import type { ParseDatabase, ParseRow } from './parse-database.js';
import { ParseTable } from './parse-table.js';
import { ahead, numberIn, plus, QuotaColumns } from './quota-columns.js';

/** The class that {@link ParseOtpStore} keeps its rows in. */
export const FACTOR_STATE_CLASS = 'FactorState';

/**
 * The expiry of values that an adapter stores for itself in a {@link ParseOtpStore}. They never expire, are never pruned, and
 * are never sent to a user.
 */
export const NEVER: number = Date.UTC(9999, 0);

const NUMBERS = [
  'codeExpiresAt',
  'attempts',
  'failures',
  'locks',
  'lockedUntil',
  'sentAt',
  'mark',
  'deadAt',
  'count1',
  'count1Until',
  'count2',
  'count2Until',
];

const FIELDS = { digest: { type: 'String' }, ...Object.fromEntries(NUMBERS.map((name) => [name, { type: 'Number' }])) } as const;
const EMPTY: ParseRow = { digest: '', ...Object.fromEntries(NUMBERS.map((name) => [name, 0])), mark: -1 };
const NO_CODE: ParseRow = { digest: '', codeExpiresAt: 0 };
const NO_FAILURES: ParseRow = { attempts: 0, failures: 0, locks: 0, lockedUntil: 0 };

/** The limit of retries. A step that loses a race starts again; losing this often means that something else is wrong. */
const MAX_ROUNDS = 8;

/**
 * Stores the state of factors in the app's own database, Postgres or MongoDB. Only the master key can access its class {@link
 * FACTOR_STATE_CLASS}.
 *
 * The subject's digest is the `objectId`, so the primary key is the only index that is needed. Each method is one conditional
 * update. It needs a second statement only when the row is new or a limit was reached.
 */
export class ParseOtpStore implements OtpStore {
  readonly #table: ParseTable;
  readonly #clock: Clock;

  /**
   * @param database the request's `config.database`
   * @param options may be left out
   * @param options.clock returns the time in epoch milliseconds; `Date.now` by default
   * @param options.onIncident called when the class was deleted or opened while servers ran, and was restored
   */
  constructor(
    database: ParseDatabase,
    { clock = systemClock, onIncident }: { readonly clock?: Clock; readonly onIncident?: (incident: ClassIncident) => void } = {},
  ) {
    this.#table = new ParseTable(database, { className: FACTOR_STATE_CLASS, fields: FIELDS, onIncident });
    this.#clock = clock;
  }

  issue(subject: string, code: LiveCode, { cooldownMs, quotas }: SendLimits): Promise<IssueResult> {
    return this.#rounds(async () => {
      const now = this.#clock();
      const deadAt = Math.max(now, code.expiresAt) + RETENTION_MS;
      const made = { digest: code.digest, codeExpiresAt: code.expiresAt, attempts: 0, sentAt: now, lockedUntil: 0, deadAt };
      const columns = new QuotaColumns(quotas, now);
      const free = {
        objectId: subject,
        lockedUntil: { $lte: now },
        ...(cooldownMs > 0 && { sentAt: { $lte: now - cooldownMs } }),
      };
      // Without a cooldown, several callers could find the same expired window. Then the first statement counts open windows
      // only.
      const open = cooldownMs > 0 ? {} : columns.open;
      const row = await this.#table.update({ ...free, ...columns.below, ...open }, { ...made, ...columns.plusOne });
      if (row !== undefined) {
        const reopened = columns.reopened(row);
        if (Object.keys(reopened).length > 0) await this.#table.update({ objectId: subject, sentAt: now }, reopened);
        return { issued: true };
      }
      if (await this.#table.create({ ...EMPTY, objectId: subject, ...made, ...columns.reopened(EMPTY) })) return { issued: true };

      const current = await this.#table.find(subject);
      if (current === undefined) return undefined;
      const [lockedUntil, cooledAt] = [numberIn(current, 'lockedUntil'), numberIn(current, 'sentAt') + cooldownMs];
      if (isAhead(lockedUntil, now, LONGEST_AHEAD_MS)) return { issued: false, reason: 'locked', retryAt: lockedUntil };
      const waits = columns.waits(current);
      if (cooldownMs > 0 && isAhead(cooledAt, now, cooldownMs)) waits.push(cooledAt);
      if (waits.length > 0) return { issued: false, reason: 'cooldown', retryAt: Math.max(...waits) };
      // One caller reopens expired windows; the others count on from there. A lock or cooldown that is further ahead than
      // allowed is ignored: a wrong clock has set it.
      const ignored = {
        ...(lockedUntil > now && { lockedUntil }),
        ...(cooldownMs > 0 && cooledAt > now && { sentAt: cooledAt - cooldownMs }),
      };
      const issued = await this.#table.update(
        { ...free, ...ignored, ...columns.unchanged(current) },
        { ...made, ...columns.plusOne, ...columns.reopened(current) },
      );
      return issued === undefined ? undefined : { issued: true };
    });
  }

  attempt(subject: string, limits: AttemptLimits): Promise<AttemptResult> {
    return this.#rounds(async () => {
      const now = this.#clock();
      const deadAt = now + RETENTION_MS;
      const counted = { attempts: plus(1), failures: plus(1), lockedUntil: 0, deadAt };
      const row = await this.#table.update({ objectId: subject, lockedUntil: { $lte: now } }, counted);
      if (row !== undefined) return this.#judge(subject, row, limits);
      const first = { ...EMPTY, objectId: subject, attempts: 1, failures: 1, deadAt };
      if (await this.#table.create(first)) return this.#judge(subject, first, limits);
      const current = await this.#table.find(subject);
      const retryAt = current === undefined ? 0 : numberIn(current, 'lockedUntil');
      if (isAhead(retryAt, now, LONGEST_AHEAD_MS)) return { locked: true, retryAt };
      // A lock that ends further ahead than allowed is ignored: a wrong clock has set it.
      if (retryAt > now) await this.#table.update({ objectId: subject, lockedUntil: retryAt }, { lockedUntil: 0 });
      return undefined;
    });
  }

  async guess(subject: string, maxAttempts: number): Promise<string | undefined> {
    const issued = { objectId: subject, digest: { $ne: '' }, attempts: { $lt: maxAttempts } };
    const row = await this.#table.update(issued, { attempts: plus(1) });
    if (row === undefined) return undefined;
    const digest = String(row['digest']);
    if (isLive(numberIn(row, 'codeExpiresAt'), this.#clock())) return digest;
    // It has expired. It is deleted, so that it stays expired if the clock steps back.
    await this.revoke(subject, digest);
    return undefined;
  }

  async consume(subject: string, digest: string): Promise<boolean> {
    const live = { objectId: subject, digest, codeExpiresAt: ahead(this.#clock(), LONGEST_AHEAD_MS) };
    if ((await this.#table.update(live, { ...NO_CODE, ...NO_FAILURES })) !== undefined) return true;
    // If it exists, it has expired. It is deleted, so that it stays expired if the clock steps back.
    await this.revoke(subject, digest);
    return false;
  }

  async revoke(subject: string, digest: string): Promise<void> {
    await this.#table.update({ objectId: subject, digest }, NO_CODE);
  }

  async advance(subject: string, mark: number): Promise<boolean> {
    const change = { mark, ...NO_FAILURES, deadAt: this.#clock() + RETENTION_MS };
    if ((await this.#table.update({ objectId: subject, mark: { $lt: mark } }, change)) !== undefined) return true;
    return this.#table.create({ ...EMPTY, objectId: subject, ...change });
  }

  async claim(key: string, expiresAt: number): Promise<boolean> {
    if (await this.#table.create({ ...EMPTY, objectId: key, deadAt: expiresAt })) return true;
    const now = this.#clock();
    const furthest = Math.max(expiresAt, now + LONGEST_AHEAD_MS) + CLOCK_TOLERANCE_MS;
    const lapsed = { objectId: key, $or: [{ deadAt: { $lte: now } }, { deadAt: { $gt: furthest } }] };
    return (await this.#table.update(lapsed, { deadAt: expiresAt })) !== undefined;
  }

  count(bucket: string, { limit, windowMs }: Quota): Promise<CountResult> {
    return this.#rounds(async () => {
      const now = this.#clock();
      const opened = { count1: 1, count1Until: now + windowMs, deadAt: now + windowMs };
      const row = await this.#table.update({ objectId: bucket, count1: { $lt: limit } }, { count1: plus(1) });
      if (row === undefined && (await this.#table.create({ ...EMPTY, objectId: bucket, ...opened }))) return { allowed: true };
      const current = row ?? (await this.#table.find(bucket));
      if (current === undefined) return undefined;
      const until = numberIn(current, 'count1Until');
      if (isAhead(until, now, windowMs)) {
        if (row !== undefined) return { allowed: true };
        // The window is full, unless another caller has created or reopened it since.
        return numberIn(current, 'count1') >= limit ? { allowed: false, retryAt: until } : undefined;
      }
      const reopened = await this.#table.update({ objectId: bucket, count1Until: until }, opened);
      return reopened === undefined ? undefined : { allowed: true };
    });
  }

  async uncount(bucket: string): Promise<void> {
    const open = { objectId: bucket, count1: { $gt: 0 }, count1Until: { $gt: this.#clock() } };
    await this.#table.update(open, { count1: plus(-1) });
  }

  async pardon(subject: string): Promise<void> {
    await this.#table.update({ objectId: subject }, { failures: 0, locks: 0, lockedUntil: 0 });
  }

  async forget(subject: string): Promise<void> {
    await this.#table.destroy({ objectId: subject });
  }

  async prune(now: number, batch: number): Promise<number> {
    const dead = { deadAt: { $lte: now }, codeExpiresAt: { $ne: NEVER } };
    const ids = (await this.#table.list(dead, batch)).map(({ objectId }) => objectId);
    if (ids.length > 0) await this.#table.destroy({ objectId: { $in: ids }, ...dead });
    return ids.length;
  }

  /** Decides on an attempt that was counted. The attempt that reaches the limit sets the lock before its code is compared. */
  async #judge(subject: string, row: ParseRow, limits: AttemptLimits): Promise<AttemptResult> {
    const now = this.#clock();
    const excess = numberIn(row, 'failures') - limits.maxFailures;
    const lockedUntil = now + lockLength(numberIn(row, 'locks'), limits);
    if (excess >= 0) {
      const lock = { failures: 0, locks: plus(1), lockedUntil, deadAt: lockedUntil + RETENTION_MS };
      await this.#table.update({ objectId: subject, failures: { $gte: limits.maxFailures } }, lock);
    }
    if (excess > 0) return { locked: true, retryAt: lockedUntil };
    const [digest, codeExpiresAt] = [String(row['digest']), numberIn(row, 'codeExpiresAt')];
    const isDead = digest !== '' && codeExpiresAt !== NEVER && !isLive(codeExpiresAt, now);
    // A code that was refused as expired is deleted, so that it stays expired if the clock steps back.
    if (isDead) await this.#table.update({ objectId: subject, digest, codeExpiresAt }, NO_CODE);
    return {
      locked: false,
      digest: digest !== '' && !isDead && numberIn(row, 'attempts') <= limits.maxAttempts ? digest : undefined,
      mark: numberIn(row, 'mark'),
      locksUntil: excess === 0 ? lockedUntil : undefined,
    };
  }

  async #rounds<Result>(step: () => Promise<Result | undefined>): Promise<Result> {
    for (let round = 0; round < MAX_ROUNDS; round += 1) {
      const result = await step();
      if (result !== undefined) return result;
    }
    throw new FactorError('unavailable');
  }
}
