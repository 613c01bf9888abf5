/** A row of a class, by the names that Parse Server's API has. A pointer is the id of its object. */
export type Row = Readonly<Record<string, unknown>>;

/** Columns that must have exactly these values. Empty, it is true of every row. */
export type RowFilter = Readonly<Record<string, string | number | boolean>>;

/**
 * The rows of a test server's database, read and written behind the server's back. The names are those of Parse Server's API:
 * `objectId`, `createdAt`, `authData`. Each database stores some of them under other names.
 */
export interface DatabaseRows {
  /** Finds rows in the order of their ids. A class that does not exist rejects on Postgres and is empty on MongoDB. */
  find(className: string, filter?: RowFilter): Promise<readonly Row[]>;
  insert(className: string, rows: readonly Row[]): Promise<void>;
  /** Sets columns of every row that the filter finds. `authData` is replaced as a whole. */
  update(className: string, filter: RowFilter, values: Row): Promise<void>;
  delete(className: string, filter?: RowFilter): Promise<void>;
  hasClass(className: string): Promise<boolean>;
  /** Deletes a class with its rows and its schema. */
  dropClass(className: string): Promise<void>;
  /** Replaces the class-level permissions in the schema of a class. */
  setPermissions(className: string, permissions: object): Promise<void>;
  /** Returns everything in the database as text. */
  dump(): Promise<string>;
  close(): Promise<void>;
}
