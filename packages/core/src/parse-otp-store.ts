import { systemClock, type Clock } from './clock.js';
import { FactorError } from './factor-error.js';
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
import { ParseTable, type ParseDatabase, type ParseRow } from './parse-database.js';

/** The class that {@link ParseOtpStore} keeps its rows in. */
export const FACTOR_STATE_CLASS = 'FactorState';

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
] as const;
type NumberField = (typeof NUMBERS)[number];
const FIELDS = { digest: { type: 'String' }, ...Object.fromEntries(NUMBERS.map((name) => [name, { type: 'Number' }])) } as const;
const EMPTY: ParseRow = { digest: '', ...Object.fromEntries(NUMBERS.map((name) => [name, 0])), mark: -1 };
const NO_CODE: ParseRow = { digest: '', codeExpiresAt: 0 };
const NO_FAILURES: ParseRow = { attempts: 0, failures: 0, locks: 0, lockedUntil: 0 };

const QUOTA_FIELDS = [
  ['count1', 'count1Until'],
  ['count2', 'count2Until'],
] as const;

/** A step that lost a race is taken again from the start; losing this often means something else is wrong. */
const MAX_ROUNDS = 8;

const plusOne = { __op: 'Increment', amount: 1 };
const read = (row: ParseRow, field: NumberField): number => Number(row[field] ?? 0);

/**
 * Keeps the state of factors in the app's own database, Postgres or MongoDB, in the class
 * {@link FACTOR_STATE_CLASS}, which only the master key can reach. The subject's digest is the
 * `objectId`, so the primary key is the only index a verb needs; each verb is one conditional
 * update, and a second statement only where the row is new or a limit was reached.
 */
export class ParseOtpStore implements OtpStore {
  readonly #table: ParseTable;
  readonly #clock: Clock;

  /**
   * @param database the request's `config.database`
   * @param options may be left out
   * @param options.clock the time in epoch milliseconds, `Date.now` by default
   */
  constructor(database: ParseDatabase, { clock = systemClock }: { readonly clock?: Clock } = {}) {
    this.#table = ParseTable.of(database, FACTOR_STATE_CLASS, FIELDS);
    this.#clock = clock;
  }

  issue(subject: string, code: LiveCode, limits: SendLimits): Promise<IssueResult> {
    return this.#rounds(async () => {
      const now = this.#clock();
      const change = {
        digest: code.digest,
        codeExpiresAt: code.expiresAt,
        attempts: 0,
        sentAt: now,
        deadAt: Math.max(now, code.expiresAt) + RETENTION_MS,
      };
      const quotas = limits.quotas.map((quota, index) => ({ ...quota, fields: QUOTA_FIELDS[index] ?? QUOTA_FIELDS[0] }));
      const allowed = { objectId: subject, lockedUntil: { $lte: now }, sentAt: { $lte: now - limits.cooldownMs } };
      const below = (counted: typeof quotas): ParseRow =>
        Object.fromEntries(counted.map(({ fields: [count], limit }) => [count, { $lt: limit }]));
      const plus = Object.fromEntries(quotas.map(({ fields: [count] }) => [count, plusOne]));
      // Without a cooldown several could find the same lapsed window; then only what is open is counted in one go.
      const open = limits.cooldownMs > 0 ? [] : quotas.map(({ fields: [, until] }) => [until, { $gt: now }] as const);
      const row = await this.#table.update({ ...allowed, ...below(quotas), ...Object.fromEntries(open) }, { ...change, ...plus });
      const reopen = (lapsed: ParseRow): ParseRow =>
        Object.fromEntries(
          quotas
            .filter(({ fields: [, until] }) => read(lapsed, until) <= now)
            .flatMap(({ fields: [count, until], windowMs }) => [
              [count, 1],
              [until, now + windowMs],
            ]),
        );
      if (row !== undefined) {
        const reopened = reopen(row);
        if (Object.keys(reopened).length > 0) await this.#table.update({ objectId: subject, sentAt: now }, reopened);
        return { issued: true };
      }
      if (await this.#table.create({ ...EMPTY, objectId: subject, ...change, ...reopen(EMPTY) })) return { issued: true };

      const current = await this.#table.find(subject);
      if (current === undefined) return undefined;
      if (read(current, 'lockedUntil') > now) return { issued: false, reason: 'locked', retryAt: read(current, 'lockedUntil') };
      const waits = quotas
        .filter(({ fields: [count, until], limit }) => read(current, until) > now && read(current, count) >= limit)
        .map(({ fields: [, until] }) => read(current, until));
      const cooledAt = read(current, 'sentAt') + limits.cooldownMs;
      if (cooledAt > now) waits.push(cooledAt);
      if (waits.length > 0) return { issued: false, reason: 'cooldown', retryAt: Math.max(...waits) };
      // Windows that have lapsed are opened again by one caller; the others count on from there.
      const lapsed = quotas.filter(({ fields: [, until] }) => read(current, until) <= now);
      if (lapsed.length === 0) return undefined;
      const unchanged = Object.fromEntries(lapsed.map(({ fields: [, until] }) => [until, read(current, until)]));
      const others = below(quotas.filter((quota) => !lapsed.includes(quota)));
      const issued = await this.#table.update(
        { ...allowed, ...others, ...unchanged },
        { ...change, ...plus, ...reopen(current) },
      );
      return issued === undefined ? undefined : { issued: true };
    });
  }

  attempt(subject: string, limits: AttemptLimits): Promise<AttemptResult> {
    return this.#rounds(async () => {
      const now = this.#clock();
      const deadAt = now + RETENTION_MS;
      const counted = { attempts: plusOne, failures: plusOne, deadAt };
      const row = await this.#table.update({ objectId: subject, lockedUntil: { $lte: now } }, counted);
      if (row !== undefined) return this.#judge(subject, row, limits);
      const first = { ...EMPTY, objectId: subject, attempts: 1, failures: 1, deadAt };
      if (await this.#table.create(first)) return this.#judge(subject, first, limits);
      const current = await this.#table.find(subject);
      const retryAt = current === undefined ? 0 : read(current, 'lockedUntil');
      return retryAt > now ? { locked: true, retryAt } : undefined;
    });
  }

  async guess(subject: string, maxAttempts: number): Promise<string | undefined> {
    const live = { objectId: subject, codeExpiresAt: { $gt: this.#clock() }, attempts: { $lt: maxAttempts } };
    const row = await this.#table.update(live, { attempts: plusOne });
    return row === undefined ? undefined : String(row['digest']);
  }

  async consume(subject: string, digest: string): Promise<boolean> {
    const live = { objectId: subject, digest, codeExpiresAt: { $gt: this.#clock() } };
    return (await this.#table.update(live, { ...NO_CODE, ...NO_FAILURES })) !== undefined;
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
    const lapsed = { objectId: key, deadAt: { $lte: this.#clock() } };
    return (await this.#table.update(lapsed, { deadAt: expiresAt })) !== undefined;
  }

  count(bucket: string, { limit, windowMs }: Quota): Promise<CountResult> {
    return this.#rounds(async () => {
      const now = this.#clock();
      const opened = { count1: 1, count1Until: now + windowMs, deadAt: now + windowMs };
      const row = await this.#table.update({ objectId: bucket, count1: { $lt: limit } }, { count1: plusOne });
      if (row === undefined && (await this.#table.create({ ...EMPTY, objectId: bucket, ...opened }))) return { allowed: true };
      const current = row ?? (await this.#table.find(bucket));
      if (current === undefined) return undefined;
      const until = read(current, 'count1Until');
      if (until > now) {
        if (row !== undefined) return { allowed: true };
        // Full, unless somebody made or reopened it since.
        return read(current, 'count1') >= limit ? { allowed: false, retryAt: until } : undefined;
      }
      const reopened = await this.#table.update({ objectId: bucket, count1Until: until }, opened);
      return reopened === undefined ? undefined : { allowed: true };
    });
  }

  async uncount(bucket: string): Promise<void> {
    const open = { objectId: bucket, count1: { $gt: 0 }, count1Until: { $gt: this.#clock() } };
    await this.#table.update(open, { count1: { __op: 'Increment', amount: -1 } });
  }

  async pardon(subject: string): Promise<void> {
    await this.#table.update({ objectId: subject }, { failures: 0, locks: 0, lockedUntil: 0 });
  }

  async forget(subject: string): Promise<void> {
    await this.#table.destroy({ objectId: subject });
  }

  async prune(now: number, batch: number): Promise<number> {
    const dead = { deadAt: { $lte: now } };
    const ids = (await this.#table.list(dead, batch)).map(({ objectId }) => objectId);
    if (ids.length > 0) await this.#table.destroy({ objectId: { $in: ids }, ...dead });
    return ids.length;
  }

  /** Decides on an attempt that has been counted; the one that reaches the limit locks before it is compared. */
  async #judge(subject: string, row: ParseRow, limits: AttemptLimits): Promise<AttemptResult> {
    const now = this.#clock();
    const excess = read(row, 'failures') - limits.maxFailures;
    const lockedUntil = now + lockLength(read(row, 'locks'), limits);
    if (excess >= 0) {
      const lock = { failures: 0, locks: plusOne, lockedUntil, deadAt: lockedUntil + RETENTION_MS };
      await this.#table.update({ objectId: subject, failures: { $gte: limits.maxFailures } }, lock);
    }
    if (excess > 0) return { locked: true, retryAt: lockedUntil };
    const live = read(row, 'codeExpiresAt') > now && read(row, 'attempts') <= limits.maxAttempts;
    return {
      locked: false,
      digest: live ? String(row['digest']) : undefined,
      mark: read(row, 'mark'),
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
