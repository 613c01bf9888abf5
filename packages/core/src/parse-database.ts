import { FactorError } from './factor-error.js';
import { asObject } from './payload.js';

/** The part of Parse Server's database controller (`request.config.database`) that is used here. */
export interface ParseDatabase {
  /** The storage adapter: Postgres or MongoDB. */
  readonly adapter: ParseStorage;
  /** The configuration that it was made for: that of one HTTP request. */
  readonly options?: object;
  /** Set inside the transaction of a batch. */
  readonly _transactionalSession?: unknown;
  loadSchema(options?: { clearCache: boolean }): Promise<ParseSchema>;
  find(
    className: string,
    query: ParseRow,
    options: { limit?: number; sort?: Readonly<Record<string, 1 | -1>> },
  ): Promise<ParseRow[]>;
  update(
    className: string,
    query: ParseRow,
    update: ParseRow,
    options: object,
    skipSanitization?: boolean,
    validateOnly?: boolean,
    schema?: unknown,
  ): Promise<unknown>;
  create(className: string, object: ParseRow, options: object, validateOnly?: boolean, schema?: unknown): Promise<unknown>;
  destroy(className: string, query: ParseRow): Promise<unknown>;
}

/** The part of Parse Server's storage adapters that is used here. Each call is one statement. */
export interface ParseStorage {
  find(className: string, schema: object, query: ParseRow, options: { limit: number }): Promise<ParseRow[]>;
  createObject(className: string, schema: object, object: ParseRow): Promise<unknown>;
  findOneAndUpdate(className: string, schema: object, query: ParseRow, update: ParseRow): Promise<ParseRow | null | undefined>;
  deleteObjectsByQuery(className: string, schema: object, query: ParseRow): Promise<unknown>;
}

/** The part of Parse Server's schema controller that is used here. */
export interface ParseSchema {
  hasClass(className: string): Promise<boolean>;
  addClassIfNotExists(className: string, fields: object, classLevelPermissions: object): Promise<unknown>;
  getOneSchema(className: string, allowVolatileClasses: boolean): Promise<{ readonly classLevelPermissions?: unknown }>;
}

/** A row as the database controller takes and gives it. */
export type ParseRow = Readonly<Record<string, unknown>>;

const OBJECT_NOT_FOUND = 101;
const DUPLICATE_VALUE = 137;

const hasCode = (error: unknown, code: number): boolean =>
  typeof error === 'object' && error !== null && 'code' in error && error.code === code;

/** Fields of a class, by name. */
export type ParseFields = Readonly<Record<string, { readonly type: 'String' | 'Number' }>>;

const MASTER_KEY_ONLY = { find: {}, get: {}, count: {}, create: {}, update: {}, delete: {}, addField: {}, protectedFields: {} };

const isClosed = (permissions: unknown): boolean => {
  const given = asObject(permissions) ?? {};
  const operations = Object.keys(MASTER_KEY_ONLY).filter((operation) => operation !== 'protectedFields');
  return operations.every((operation) => Object.keys(asObject(given[operation]) ?? { open: true }).length === 0);
};

/**
 * One class of the app's own database, made on first use and closed to everybody but the
 * master key. Each method is one statement.
 *
 * It speaks to the storage adapter and not to the controller above it. That costs a third of the
 * time; and a request's controller may be inside the transaction of a batch, where everything
 * that is counted would be taken back when the batch fails.
 */
export class ParseTable {
  static readonly #tables = new WeakMap<ParseStorage, Map<string, ParseTable>>();
  readonly #database: ParseDatabase;
  readonly #className: string;
  readonly #fields: ParseFields;
  #schema: Promise<object> | undefined;

  private constructor(database: ParseDatabase, className: string, fields: ParseFields) {
    this.#database = database;
    this.#className = className;
    this.#fields = fields;
  }

  /** The table of that name in the database that a request runs on. */
  static of(database: ParseDatabase, className: string, fields: ParseFields): ParseTable {
    const tables = ParseTable.#tables.get(database.adapter) ?? new Map<string, ParseTable>();
    ParseTable.#tables.set(database.adapter, tables);
    const table = tables.get(className) ?? new ParseTable(database, className, fields);
    tables.set(className, table);
    return table;
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
    try {
      this.#schema ??= this.#make();
      const schema = await this.#schema.catch((fault: unknown) => {
        this.#schema = undefined; // the next request tries again
        throw fault;
      });
      return await statement(this.#database.adapter, schema);
    } catch (cause) {
      if (expected !== undefined && hasCode(cause, expected)) return otherwise;
      throw new FactorError('unavailable', { cause });
    }
  }

  async #make(): Promise<object> {
    const schema = await this.#database.loadSchema();
    if (!(await schema.hasClass(this.#className))) {
      try {
        await schema.addClassIfNotExists(this.#className, this.#fields, MASTER_KEY_ONLY);
      } catch (fault) {
        // Another server may have made it at the same moment.
        const reloaded = await this.#database.loadSchema({ clearCache: true });
        if (!(await reloaded.hasClass(this.#className))) throw fault;
      }
    }
    const made = await (await this.#database.loadSchema()).getOneSchema(this.#className, true);
    // Where clients may create classes, somebody may have made it first, open to himself.
    if (!isClosed(made.classLevelPermissions)) throw Object.assign(new Error(this.#className), { code: 'class_is_open' });
    return made;
  }
}
