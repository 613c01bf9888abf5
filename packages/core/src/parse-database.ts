import { FactorError } from './factor-error.js';

/** The part of Parse Server's database controller (`request.config.database`) that is used here. */
export interface ParseDatabase {
  readonly adapter: object;
  readonly options?: unknown;
  loadSchema(options?: { clearCache: boolean }): Promise<ParseSchema>;
  find(className: string, query: ParseRow, options: { limit: number }): Promise<ParseRow[]>;
  create(className: string, object: ParseRow, options: object): Promise<unknown>;
  update(className: string, query: ParseRow, update: ParseRow, options: object, skipSanitization: true): Promise<ParseRow>;
  destroy(className: string, query: ParseRow, options: object): Promise<unknown>;
}

/** The part of Parse Server's schema controller that is used here. */
export interface ParseSchema {
  addClassIfNotExists(className: string, fields: object, classLevelPermissions: object): Promise<unknown>;
  hasClass(className: string): Promise<boolean>;
}

/** A row as the database controller takes and gives it. */
export type ParseRow = Readonly<Record<string, unknown>>;

const OBJECT_NOT_FOUND = 101;
const DUPLICATE_VALUE = 137;

const hasCode = (error: unknown, code: number): boolean =>
  typeof error === 'object' && error !== null && 'code' in error && error.code === code;

/** Every fault of the database but the awaited answer is `unavailable`. */
async function unless<Result>(code: number, statement: Promise<Result>): Promise<Result | undefined> {
  try {
    return await statement;
  } catch (cause) {
    if (hasCode(cause, code)) return undefined;
    throw new FactorError('unavailable', { cause });
  }
}

const faultIsUnavailable = <Result>(statement: Promise<Result>): Promise<Result> =>
  statement.catch((cause: unknown) => {
    throw new FactorError('unavailable', { cause });
  });

/** Fields of a class, by name. */
export type ParseFields = Readonly<Record<string, { readonly type: 'String' | 'Number' }>>;

const MASTER_KEY_ONLY = { find: {}, get: {}, count: {}, create: {}, update: {}, delete: {}, addField: {}, protectedFields: {} };

/**
 * One class of the app's own database, made on first use and closed to everybody but the
 * master key. Each method is one statement.
 */
export class ParseTable {
  static readonly #tables = new WeakMap<object, Map<string, ParseTable>>();
  readonly #database: ParseDatabase;
  readonly #className: string;
  readonly #fields: ParseFields;
  #ready: Promise<void> | undefined;

  private constructor(database: ParseDatabase, className: string, fields: ParseFields) {
    this.#database = database;
    this.#className = className;
    this.#fields = fields;
  }

  /**
   * The table of that name in the database that a request runs on.
   *
   * It works on a controller of its own: the request's may be inside the transaction of a
   * batch, and what is counted there would be taken back when the batch fails.
   */
  static of(database: ParseDatabase, className: string, fields: ParseFields): ParseTable {
    const tables = ParseTable.#tables.get(database.adapter) ?? new Map<string, ParseTable>();
    ParseTable.#tables.set(database.adapter, tables);
    const known = tables.get(className);
    if (known !== undefined) return known;
    const Controller = database.constructor as new (adapter: object, options: unknown) => ParseDatabase;
    const table = new ParseTable(new Controller(database.adapter, database.options), className, fields);
    tables.set(className, table);
    return table;
  }

  /** The row of that id. */
  async find(objectId: string): Promise<ParseRow | undefined> {
    await this.#exists();
    return (await faultIsUnavailable(this.#database.find(this.#className, { objectId }, { limit: 1 })))[0];
  }

  /** Up to `limit` rows that match. */
  async list(query: ParseRow, limit: number): Promise<ParseRow[]> {
    await this.#exists();
    return faultIsUnavailable(this.#database.find(this.#className, query, { limit }));
  }

  /** Makes a row; false when there is one of that id. */
  async create(row: ParseRow): Promise<boolean> {
    await this.#exists();
    const now = new Date().toISOString();
    const created = this.#database.create(this.#className, { ...row, createdAt: now, updatedAt: now }, {});
    return (
      (await unless(
        DUPLICATE_VALUE,
        created.then(() => true),
      )) ?? false
    );
  }

  /** Changes the row that matches and gives it as it is then; undefined when none matches. */
  async update(query: ParseRow, change: ParseRow): Promise<ParseRow | undefined> {
    await this.#exists();
    return unless(OBJECT_NOT_FOUND, this.#database.update(this.#className, query, change, {}, true));
  }

  /** Deletes what matches. */
  async destroy(query: ParseRow): Promise<void> {
    await this.#exists();
    await unless(OBJECT_NOT_FOUND, this.#database.destroy(this.#className, query, {}));
  }

  #exists(): Promise<void> {
    this.#ready ??= faultIsUnavailable(this.#make()).catch((fault: unknown) => {
      this.#ready = undefined; // the next request tries again
      throw fault;
    });
    return this.#ready;
  }

  async #make(): Promise<void> {
    const schema = await this.#database.loadSchema();
    if (await schema.hasClass(this.#className)) return;
    try {
      await schema.addClassIfNotExists(this.#className, this.#fields, MASTER_KEY_ONLY);
    } catch (fault) {
      // Another server may have made it at the same moment.
      const reloaded = await this.#database.loadSchema({ clearCache: true });
      if (!(await reloaded.hasClass(this.#className))) throw fault;
    }
  }
}
