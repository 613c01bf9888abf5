import { FactorError } from '../../error/factor-error.js';
import { type ClassIncident, ClosedClass } from './closed-class.js';
import { hasClosed } from './has-closed.js';
import { insertRows } from './insert-rows.js';
import type { ParseDatabase, ParseFields, ParseRow, ParseStorage } from './parse-database.js';

const OBJECT_NOT_FOUND = 101;
const DUPLICATE_VALUE = 137;

const hasCode = (error: unknown, code: number | string): boolean =>
  typeof error === 'object' && error !== null && 'code' in error && error.code === code;

/**
 * Postgres errors for a table that is gone or was created with other columns: undefined table (42P01) and undefined column
 * (42703).
 */
const GONE = ['42P01', '42703'];

/** The class, and how a request uses it. */
export interface TableOptions {
  readonly className: string;
  readonly fields: ParseFields;
  /** Called when the class was deleted or opened while servers ran, and had to be restored. */
  readonly onIncident?: ((incident: ClassIncident) => void) | undefined;
  /** Whether a request waits for the statements; true by default. */
  readonly isAwaited?: boolean;
}

/**
 * A table of the app's own database, created on first use and closed to all but the master key. Each method is one statement.
 *
 * It uses the storage adapter and not the controller above it. That saves a third of the time. It also keeps counters out of a
 * batch's transaction: a failing batch would roll them back, and an attacker could retry without limit.
 *
 * So each statement takes a connection of the pool. A request inside a transaction already holds one. Enough such requests
 * would hold all connections and wait for another forever (deadlock), so they are refused.
 */
export class ParseTable {
  readonly #database: ParseDatabase;
  readonly #className: string;
  readonly #fields: ParseFields;
  readonly #class: ClosedClass;
  readonly #isAwaited: boolean;

  /** Opens the table of that name in the database of a request. */
  constructor(database: ParseDatabase, { className, fields, onIncident, isAwaited = true }: TableOptions) {
    this.#database = database;
    this.#className = className;
    this.#fields = fields;
    this.#class = ClosedClass.of(database, className, fields);
    this.#class.onIncident = onIncident ?? this.#class.onIncident;
    this.#isAwaited = isAwaited;
  }

  /** Returns the row of that id; undefined when there is none. */
  async find(objectId: string): Promise<ParseRow | undefined> {
    return (await this.list({ objectId }, 1))[0];
  }

  /** Returns up to `limit` rows that match. */
  list(query: ParseRow, limit: number): Promise<ParseRow[]> {
    return this.#run((storage, schema) => storage.find(this.#className, schema, query, { limit, readPreference: 'PRIMARY' }), []);
  }

  /** Counts the rows that match. The query must have a condition: without one, Postgres only estimates. */
  count(query: ParseRow): Promise<number> {
    return this.#run((storage, schema) => storage.count(this.#className, schema, query, 'PRIMARY', false), 0);
  }

  /** Creates a row. Returns false when the id is taken. */
  create(row: ParseRow): Promise<boolean> {
    const now = { __type: 'Date', iso: new Date().toISOString() };
    const create = async (storage: ParseStorage, schema: object): Promise<boolean> => {
      await storage.createObject(this.#className, schema, { ...row, createdAt: now, updatedAt: now });
      return true;
    };
    return this.#run(create, false, DUPLICATE_VALUE);
  }

  /**
   * Creates rows, all or none on Postgres. Fields that a row does not have stay empty.
   *
   * @throws FactorError `unavailable`, also if the server has closed its database while the rows waited
   */
  async createAll(rows: readonly ParseRow[]): Promise<void> {
    if (hasClosed(this.#database.adapter)) throw new FactorError('unavailable');
    const insert = (storage: ParseStorage, schema: object): Promise<void> =>
      insertRows(storage, { className: this.#className, schema, fields: this.#fields, rows });
    await this.#run(insert, undefined);
  }

  /** Changes the row that matches and returns it as changed; undefined when none matches. */
  async update(query: ParseRow, change: ParseRow): Promise<ParseRow | undefined> {
    const row = await this.#run((storage, schema) => storage.findOneAndUpdate(this.#className, schema, query, change), undefined);
    return row ?? undefined;
  }

  /** Deletes the rows that match. */
  async destroy(query: ParseRow): Promise<void> {
    const destroy = (storage: ParseStorage, schema: object): Promise<unknown> =>
      storage.deleteObjectsByQuery(this.#className, schema, query);
    await this.#run(destroy, undefined, OBJECT_NOT_FOUND);
  }

  /**
   * Runs statements of the caller's own on the table, while it is closed. They may run twice.
   *
   * @throws FactorError `invalid_input` inside a transaction
   */
  async whileClosed<Result>(statements: (schema: object) => Promise<Result>): Promise<Result> {
    if (this.#isAwaited) assertNoTransaction(this.#database);
    return statements(await this.#class.schema()).catch(async (fault: unknown) => {
      if (!GONE.some((code) => hasCode(fault, code))) throw fault;
      return statements(await this.#class.remake());
    });
  }

  /** Runs a statement. Every database error except the expected one becomes `unavailable`. */
  async #run<Result>(
    statement: (storage: ParseStorage, schema: object) => Promise<Result>,
    otherwise: Result,
    expected?: number,
  ): Promise<Result> {
    try {
      return await this.whileClosed((schema) => statement(this.#database.adapter, schema));
    } catch (cause) {
      if (expected !== undefined && hasCode(cause, expected)) return otherwise;
      throw cause instanceof FactorError ? cause : new FactorError('unavailable', { cause });
    }
  }
}

/** Whether a request is inside a batch's transaction. */
export const isInTransaction = ({ _transactionalSession: session }: ParseDatabase): boolean =>
  (session ?? undefined) !== undefined;

/**
 * Refuses a request that holds a transaction's connection and would need a second one.
 *
 * @throws FactorError `invalid_input`
 */
export function assertNoTransaction(database: ParseDatabase): void {
  if (isInTransaction(database))
    throw new FactorError('invalid_input', { sentence: 'Send this request outside of a transaction.' });
}
