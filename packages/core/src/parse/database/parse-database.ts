/** The part of Parse Server's database controller (`request.config.database`) that is used here. */

export interface ParseDatabase {
  /** The storage adapter: Postgres or MongoDB. */
  readonly adapter: ParseStorage;
  /** The configuration that the controller was made for: that of one HTTP request. */
  readonly options?: object;
  /** Set while the request is inside a batch's transaction, which holds a connection of its own. */
  readonly _transactionalSession?: unknown;
  loadSchema(options?: { clearCache: boolean }): Promise<ParseSchema>;
  find(
    className: string,
    query: ParseRow,
    options: { limit?: number; sort?: Readonly<Record<string, 1 | -1>>; caseInsensitive?: boolean; readPreference: 'PRIMARY' },
  ): Promise<ParseRow[]>;
  find(className: string, query: ParseRow, options: { count: true; readPreference: 'PRIMARY' }): Promise<number>;
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
  /** Checks fields against the class, and adds those that it lacks. */
  validateObject(className: string, object: ParseRow, query: ParseRow, options: object): Promise<unknown>;
  destroy(className: string, query: ParseRow): Promise<unknown>;
}
/** The part of Parse Server's storage adapters that is used here. Each call is one statement. */

export interface ParseStorage {
  /** Set by the MongoDB adapter while it is connected. */
  readonly connectionPromise?: unknown;
  /** The driver's database, of the MongoDB adapter while it is connected. */
  readonly database?: unknown;
  /** The driver's client, of the MongoDB adapter while it is connected. */
  readonly client?: { readonly readPreference?: { readonly mode?: unknown }; readonly writeConcern?: unknown };
  /** What the MongoDB adapter puts before the names of collections. */
  readonly _collectionPrefix?: unknown;
  /** The database object of `pg-promise`, of the Postgres adapter. */
  readonly _client?: { readonly $pool?: unknown };
  /** Connects the MongoDB adapter, if it is not connected. */
  connect?(): Promise<unknown>;
  getClass(className: string): Promise<SchemaOfClass>;
  find(
    className: string,
    schema: object,
    query: ParseRow,
    options: { limit: number; readPreference: 'PRIMARY' },
  ): Promise<ParseRow[]>;
  count(className: string, schema: object, query: ParseRow, readPreference: 'PRIMARY', estimate: false): Promise<number>;
  createObject(className: string, schema: object, object: ParseRow): Promise<unknown>;
  findOneAndUpdate(className: string, schema: object, query: ParseRow, update: ParseRow): Promise<ParseRow | null | undefined>;
  updateObjectsByQuery(className: string, schema: object, query: ParseRow, update: ParseRow): Promise<unknown>;
  deleteObjectsByQuery(className: string, schema: object, query: ParseRow): Promise<unknown>;
}
/** The part of Parse Server's schema controller that is used here. */

export interface ParseSchema {
  addClassIfNotExists(className: string, fields: object, classLevelPermissions: object): Promise<unknown>;
  enforceFieldExists(className: string, fieldName: string, type: { readonly type: string }): Promise<unknown>;
  getOneSchema(className: string, allowVolatileClasses: boolean): Promise<SchemaOfClass>;
  setPermissions(className: string, classLevelPermissions: object, fields: object): Promise<unknown>;
  updateClass(
    className: string,
    fields: object,
    classLevelPermissions: object,
    indexes: undefined,
    database: ParseDatabase,
  ): Promise<unknown>;
}
/** A class as Parse Server describes it. */

export interface SchemaOfClass {
  readonly fields: Readonly<Record<string, unknown>>;
  readonly classLevelPermissions?: unknown;
}
/** A row, as the database controller reads and returns it. */

export type ParseRow = Readonly<Record<string, unknown>>;
/** Fields of a class, by name. `empty` is the value that a row has which has none. */

export type ParseFields = Readonly<
  Record<string, { readonly type: 'String' | 'Number' | 'Boolean'; readonly empty?: string | number }>
>;
