import { FactorError } from '../../error/factor-error.js';
import { type ClassIncident, ClosedClass } from './closed-class.js';
import type { ParseDatabase, ParseFields, ParseRow, ParseStorage } from './parse-database.js';

const OBJECT_NOT_FOUND = 101;
const DUPLICATE_VALUE = 137;

const hasCode = (error: unknown, code: number | string): boolean =>
  typeof error === 'object' && error !== null && 'code' in error && error.code === code;

/** What Postgres says of a table that is gone, or was made by somebody else: 42P01 and 42_703. */
const GONE = ['42P01', '42703'];

/** Which class is meant, and what a request has to do with it. */
export interface TableOptions {
  readonly className: string;
  readonly fields: ParseFields;
  /** Hears of it when the class was deleted or opened while servers ran, and had to be made anew. */
  readonly onIncident?: ((incident: ClassIncident) => void) | undefined;
  /** Whether a request waits for what is done; true by default. */
  readonly isAwaited?: boolean;
}

/**
 * One class of the app's own database, made on first use and closed to everybody but the
 * master key. Each method is one statement.
 *
 * It speaks to the storage adapter and not to the controller above it. That costs a third of the
 * time; and a request's controller may be inside the transaction of a batch, where everything
 * that is counted would be taken back when the batch fails.
 *
 * So each statement takes a connection of the pool. A request inside a transaction holds one already: enough of them
 * at the same moment hold all there are, and each would wait for another one for good. Such a request is refused.
 */
export class ParseTable {
  readonly #database: ParseDatabase;
  readonly #className: string;
  readonly #class: ClosedClass;
  readonly #isAwaited: boolean;

  /** The table of that name in the database that a request runs on. */
  constructor(database: ParseDatabase, { className, fields, onIncident, isAwaited = true }: TableOptions) {
    this.#database = database;
    this.#className = className;
    this.#class = ClosedClass.of(database, className, fields);
    this.#class.onIncident = onIncident ?? this.#class.onIncident;
    this.#isAwaited = isAwaited;
  }

  /** The row of that id. */
  async find(objectId: string): Promise<ParseRow | undefined> {
    return (await this.list({ objectId }, 1))[0];
  }

  /** Up to `limit` rows that match. */
  list(query: ParseRow, limit: number): Promise<ParseRow[]> {
    return this.#run((storage, schema) => storage.find(this.#className, schema, query, { limit }), []);
  }

  /** Makes a row; false when there is one of that id. */
  create(row: ParseRow): Promise<boolean> {
    const now = { __type: 'Date', iso: new Date().toISOString() };
    const create = async (storage: ParseStorage, schema: object): Promise<boolean> => {
      await storage.createObject(this.#className, schema, { ...row, createdAt: now, updatedAt: now });
      return true;
    };
    return this.#run(create, false, DUPLICATE_VALUE);
  }

  /** Changes the row that matches and gives it as it is then; undefined when none matches. */
  async update(query: ParseRow, change: ParseRow): Promise<ParseRow | undefined> {
    const row = await this.#run((storage, schema) => storage.findOneAndUpdate(this.#className, schema, query, change), undefined);
    return row ?? undefined;
  }

  /** Deletes what matches. */
  async destroy(query: ParseRow): Promise<void> {
    const destroy = (storage: ParseStorage, schema: object): Promise<unknown> =>
      storage.deleteObjectsByQuery(this.#className, schema, query);
    await this.#run(destroy, undefined, OBJECT_NOT_FOUND);
  }

  /** Every fault of the database but the expected one is `unavailable`. */
  async #run<Result>(
    statement: (storage: ParseStorage, schema: object) => Promise<Result>,
    otherwise: Result,
    expected?: number,
  ): Promise<Result> {
    const { adapter } = this.#database;
    if (this.#isAwaited) assertNoTransaction(this.#database);
    try {
      return await statement(adapter, await this.#class.schema()).catch(async (fault: unknown) => {
        if (!GONE.some((code) => hasCode(fault, code))) throw fault;
        return statement(adapter, await this.#class.remake());
      });
    } catch (cause) {
      if (expected !== undefined && hasCode(cause, expected)) return otherwise;
      throw new FactorError('unavailable', { cause });
    }
  }
}

/** Whether a request is inside the transaction of a batch. */
export const isInTransaction = ({ _transactionalSession: session }: ParseDatabase): boolean =>
  (session ?? undefined) !== undefined;

/**
 * Refuses what would take a second connection while it holds that of a transaction.
 *
 * @throws FactorError `invalid_input`
 */
export function assertNoTransaction(database: ParseDatabase): void {
  if (isInTransaction(database))
    throw new FactorError('invalid_input', { sentence: 'Send this request outside of a transaction.' });
}
