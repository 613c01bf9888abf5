/** An index that holds all rows of a class. */
export interface ClassIndex {
  /** The column that it begins with. */
  readonly first: string;
  /** Whether it keeps two rows from having the same value in this one column. */
  readonly isUnique: boolean;
}

/** Looks at the database itself, past Parse Server. It reads settings and counts of the database, and no rows. */
export interface DatabaseInspection {
  readonly kind: 'postgres' | 'mongodb';
  /** The version of the database, such as `17.4`. */
  version(): Promise<string>;
  /** What the clock of the database says, in epoch milliseconds. */
  time(): Promise<number | undefined>;
  /** Settings by which a write that was confirmed can be lost, such as `fsync = off`. */
  lossySettings(): Promise<readonly string[]>;
  /** How many rows a class has, as the database estimates; 0 if it has no such class. */
  estimateRows(className: string): Promise<number>;
  /** The indexes of a class that hold all of its rows. */
  indexesOf(className: string): Promise<readonly ClassIndex[]>;
  /** The statement that gives a class an index on a field, for the shell of the database. */
  indexStatement(className: string, field: string): string;
}
