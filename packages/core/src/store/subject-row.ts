/** Everything that is kept under one name. It survives JSON unchanged. */
export interface SubjectRow {
  /** The live code's digest; empty if there is none. */
  readonly digest: string;
  /** When that code expires, in epoch milliseconds. */
  readonly codeExpiresAt: number;
  /** Attempts at that code. */
  readonly attempts: number;
  /** Failures in a row since the last lock. */
  readonly failures: number;
  /** Locks in a row. */
  readonly locks: number;
  /** Until when the subject is locked, in epoch milliseconds. */
  readonly lockedUntil: number;
  /** When a code was last made, in epoch milliseconds; 0 if never. */
  readonly sentAt: number;
  /** The high-water mark so far; -1 if there is none. */
  readonly mark: number;
  /** From when on the row neither allows nor refuses anything, in epoch milliseconds. */
  readonly deadAt: number;
  /** Events in the window of the first quota. */
  readonly count1: number;
  /** When that window ends, in epoch milliseconds. */
  readonly count1Until: number;
  /** Events in the window of the second quota. */
  readonly count2: number;
  /** When that window ends, in epoch milliseconds. */
  readonly count2Until: number;
}

/** The row of a name that nothing is kept under. */
export const EMPTY_ROW: SubjectRow = Object.freeze({
  digest: '',
  codeExpiresAt: 0,
  attempts: 0,
  failures: 0,
  locks: 0,
  lockedUntil: 0,
  sentAt: 0,
  mark: -1,
  deadAt: 0,
  count1: 0,
  count1Until: 0,
  count2: 0,
  count2Until: 0,
});

/** A column of a row. */
export type Column = keyof SubjectRow;

/** The columns of a row, in order. */
export const COLUMNS: readonly Column[] = Object.keys(EMPTY_ROW) as Column[];

/**
 * Reads a row as a database returns it. A column that is missing or empty counts as in an empty row.
 *
 * @throws TypeError for a column of another type, which none of our statements has written
 */
export function subjectRow(stored: Readonly<Record<string, unknown>>): SubjectRow {
  const columns = COLUMNS.map((column) => {
    const value = stored[column] ?? EMPTY_ROW[column];
    if (typeof value !== typeof EMPTY_ROW[column]) throw new TypeError(`${column} has another type`);
    return [column, value];
  });
  return Object.fromEntries(columns);
}
