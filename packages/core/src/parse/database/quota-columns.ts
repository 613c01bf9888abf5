import { CLOCK_TOLERANCE_MS, isAhead, type Quota } from '../../store/otp-store.js';
import type { ParseRow } from './parse-database.js';

/** The columns of the first and the second quota: the count of the window, and when the window ends. */
const COLUMNS = [
  ['count1', 'count1Until'],
  ['count2', 'count2Until'],
] as const;

/** Reads a number of a row; 0 when it is missing. */
export const numberIn = (row: ParseRow, column: string): number => Number(row[column] ?? 0);

/** Builds the query for {@link isAhead}. */
export const ahead = (now: number, mostMs: number): ParseRow => ({ $gt: now, $lte: now + mostMs + CLOCK_TOLERANCE_MS });

/** Builds an update that adds to a number. */
export const plus = (amount: number): ParseRow => ({ __op: 'Increment', amount });

type Column = Quota & { readonly count: string; readonly until: string };

/** The quotas of a subject as columns of its row, at one point in time. */
export class QuotaColumns {
  readonly #columns: readonly Column[];
  readonly #now: number;

  constructor(quotas: readonly Quota[], now: number) {
    this.#now = now;
    this.#columns = quotas.map((quota, index) => {
      const [count, until] = COLUMNS[index] ?? COLUMNS[0];
      return { ...quota, count, until };
    });
  }

  /** An update that counts one event in each window. */
  get plusOne(): ParseRow {
    return Object.fromEntries(this.#columns.map(({ count }) => [count, plus(1)]));
  }

  /** A query for rows whose counts are all below their limits. */
  get below(): ParseRow {
    return below(this.#columns);
  }

  /** A query for rows whose windows are all open. */
  get open(): ParseRow {
    return Object.fromEntries(this.#columns.map(({ until, windowMs }) => [until, ahead(this.#now, windowMs)]));
  }

  /** Returns an update that reopens the row's expired windows, with one event in each. */
  reopened(row: ParseRow): ParseRow {
    const lapsed = this.#columns.filter((column) => !this.#isOpen(row, column));
    return Object.fromEntries(
      lapsed.flatMap(({ count, until, windowMs }) => [
        [count, 1],
        [until, this.#now + windowMs],
      ]),
    );
  }

  /** Returns when the row's full windows end. */
  waits(row: ParseRow): number[] {
    return this.#columns
      .filter((column) => this.#isOpen(row, column) && numberIn(row, column.count) >= column.limit)
      .map(({ until }) => numberIn(row, until));
  }

  /** Returns a query that matches the row while its expired windows are unchanged and its open ones are below their limits. */
  unchanged(row: ParseRow): ParseRow {
    const open = this.#columns.filter((column) => this.#isOpen(row, column));
    const lapsed = this.#columns.filter((column) => !open.includes(column));
    return { ...below(open), ...Object.fromEntries(lapsed.map(({ until }) => [until, numberIn(row, until)])) };
  }

  #isOpen(row: ParseRow, { until, windowMs }: Column): boolean {
    return isAhead(numberIn(row, until), this.#now, windowMs);
  }
}

const below = (columns: readonly Column[]): ParseRow =>
  Object.fromEntries(columns.map(({ count, limit }) => [count, { $lt: limit }]));
