import { hasClosed } from './has-closed.js';
import { asObject } from '../../validation/json-object.js';
import type { ParseDatabase, ParseFields, ParseRow, ParseSchema, ParseStorage, SchemaOfClass } from './parse-database.js';

/** The longest time in milliseconds until this server notices a change of the class by another server or an administrator. */
const LOOK_EVERY_MS = 5000;
/** The limit of retries. Losing this many races for one class means that something else is wrong. */
const MAX_ROUNDS = 5;
const OBJECT_NOT_FOUND = 101;

const MASTER_KEY_ONLY = { find: {}, get: {}, count: {}, create: {}, update: {}, delete: {}, addField: {}, protectedFields: {} };
const WRITES = ['create', 'update', 'delete', 'addField'];
/** Permission entries that everyone can match. */
const EVERYONE = ['*', 'requiresAuthentication'];

const isClosed = (permissions: unknown): boolean => {
  const rules = asObject(permissions) ?? {};
  const operations = Object.keys(MASTER_KEY_ONLY).filter((operation) => operation !== 'protectedFields');
  return operations.every((operation) => Object.keys(asObject(rules[operation]) ?? { open: true }).length === 0);
};

const isWritableByEveryone = (permissions: unknown): boolean => {
  const rules = asObject(permissions) ?? {};
  return WRITES.some((operation) => {
    const allowed = asObject(rules[operation]);
    return allowed === undefined || EVERYONE.some((who) => Object.hasOwn(allowed, who));
  });
};

/** What happened to a class while servers were running. */
export type ClassIncident = 'class_deleted' | 'class_opened';

/**
 * A class of the app's own database, created on first use and closed to all but the master key.
 *
 * The class is checked again with every statement, at no cost, and by a statement of its own every five seconds at most. A
 * class that an administrator has deleted comes back open. On MongoDB the first write creates it. Where clients may create
 * classes, an attacker can.
 *
 * A class that this server has never seen closed may be the application's own, so it is not used. One that was closed before
 * is closed again. Its rows are deleted if everyone could write them.
 */
export class ClosedClass {
  static readonly #classes = new WeakMap<ParseStorage, Map<string, ClosedClass>>();
  readonly #database: ParseDatabase;
  readonly #className: string;
  readonly #fields: ParseFields;
  /** Called when the class was deleted or opened. The last request sets it. */
  onIncident: ((incident: ClassIncident) => void) | undefined;
  #controller: ParseSchema | undefined;
  #making: Promise<SchemaOfClass> | undefined;
  #isWatched = false;
  #isUsed = false;

  private constructor(database: ParseDatabase, className: string, fields: ParseFields) {
    this.#database = database;
    this.#className = className;
    this.#fields = fields;
  }

  /** Returns the class of that name, in the database of a request. */
  static of(database: ParseDatabase, className: string, fields: ParseFields): ClosedClass {
    const classes = ClosedClass.#classes.get(database.adapter) ?? new Map<string, ClosedClass>();
    ClosedClass.#classes.set(database.adapter, classes);
    const known = classes.get(className) ?? new ClosedClass(database, className, fields);
    classes.set(className, known);
    return known;
  }

  /** Returns the class in the storage adapter's form. Rejects while it is not closed. */
  async schema(): Promise<SchemaOfClass> {
    const schema = (this.#making === undefined ? await this.#cached() : undefined) ?? (await this.remake());
    this.#isUsed = true;
    if (!this.#isWatched) this.#watch();
    return schema;
  }

  /** Reads the stored class and repairs it. Concurrent callers share one run. */
  remake(): Promise<SchemaOfClass> {
    this.#making ??= this.#make().finally(() => {
      this.#making = undefined;
    });
    return this.#making;
  }

  /** Returns this server's cached class, if it is closed. */
  async #cached(): Promise<SchemaOfClass | undefined> {
    const schema = this.#controller === undefined ? undefined : await this.#read(this.#controller);
    return schema !== undefined && isClosed(schema.classLevelPermissions) ? schema : undefined;
  }

  async #make(): Promise<SchemaOfClass> {
    const wasKnown = this.#controller !== undefined;
    let fault: unknown;
    for (let round = 0; round < MAX_ROUNDS; round += 1) {
      const controller = await this.#database.loadSchema({ clearCache: wasKnown || round > 0 });
      const schema = await this.#read(controller);
      if (schema === undefined) {
        await this.#create(controller, wasKnown).catch((cause: unknown) => {
          fault = cause; // another server may have created it at the same moment
        });
      } else if (!isClosed(schema.classLevelPermissions)) {
        if (!wasKnown && round > 0) throw Object.assign(new Error(this.#className), { code: 'class_is_open' });
        if (wasKnown) await this.#close(controller, schema);
      } else if (this.#missing(schema, wasKnown).length > 0) {
        await this.#mend(controller, schema, wasKnown).catch((cause: unknown) => {
          fault = cause; // another server may have added them at the same moment
        });
      } else {
        this.#controller = controller;
        return schema;
      }
    }
    throw fault ?? Object.assign(new Error(this.#className), { code: 'class_is_open' });
  }

  async #create(controller: ParseSchema, wasKnown: boolean): Promise<void> {
    const { adapter } = this.#database;
    // On MongoDB rows outlive their class, and everyone could have written them since.
    const isRemade =
      wasKnown || (await adapter.find(this.#className, this.#own, {}, { limit: 1, readPreference: 'PRIMARY' })).length > 0;
    await controller.addClassIfNotExists(this.#className, this.#own.fields, MASTER_KEY_ONLY);
    if (!isRemade) return;
    await this.#empty(this.#own);
    this.onIncident?.('class_deleted');
  }

  async #close(controller: ParseSchema, schema: SchemaOfClass): Promise<void> {
    const { classLevelPermissions } = schema;
    await controller.setPermissions(this.#className, MASTER_KEY_ONLY, schema.fields);
    if (isWritableByEveryone(classLevelPermissions)) await this.#empty(schema);
    this.onIncident?.('class_opened');
  }

  /**
   * Adds missing columns: an earlier version made the class, or a client did after it was deleted. A client may have created them
   * with another type, so these are replaced.
   */
  async #mend(controller: ParseSchema, schema: SchemaOfClass, wasKnown: boolean): Promise<void> {
    const missing = this.#missing(schema, wasKnown);
    const wrong = missing.filter((name) => Object.hasOwn(schema.fields, name));
    const change = (fields: readonly (readonly [string, object])[]): Promise<unknown> =>
      controller.updateClass(this.#className, Object.fromEntries(fields), MASTER_KEY_ONLY, undefined, this.#database);
    if (wrong.length > 0) await change(wrong.map((name) => [name, { __op: 'Delete' }]));
    await change(missing.map((name) => [name, { type: this.#fields[name]?.type }]));
    for (const name of missing) await this.#fill(name);
  }

  /** Fills a column that was missing. A counter without a number would count nothing. */
  async #fill(name: string): Promise<void> {
    const empty = this.#fields[name]?.empty;
    if (empty === undefined) return;
    const update = { [name]: empty } satisfies ParseRow;
    await this.#database.adapter.updateObjectsByQuery(this.#className, this.#own, { [name]: null }, update);
  }

  /** The class as it must be. A new object each time, as Parse Server adds to it. */
  get #own(): SchemaOfClass {
    return { fields: Object.fromEntries(Object.entries(this.#fields).map(([name, { type }]) => [name, { type }])) };
  }

  /** Names the columns that a class lacks. One of another type is lacking only in a class that is known to be ours. */
  #missing({ fields }: SchemaOfClass, isOurs: boolean): string[] {
    const isMissing = (name: string): boolean =>
      isOurs ? asObject(fields[name])?.['type'] !== this.#fields[name]?.type : !Object.hasOwn(fields, name);
    return Object.keys(this.#fields).filter(isMissing);
  }

  async #empty(schema: SchemaOfClass): Promise<void> {
    await this.#database.adapter.deleteObjectsByQuery(this.#className, schema, {} satisfies ParseRow).catch((fault: unknown) => {
      if (asObject(fault)?.['code'] !== OBJECT_NOT_FOUND) throw fault;
    });
  }

  /** Reads the class; undefined when there is none. Parse Server then rejects with undefined. */
  async #read(controller: ParseSchema): Promise<SchemaOfClass | undefined> {
    return absentAsUndefined(controller.getOneSchema(this.#className, true));
  }

  /** Checks the class again after a while, until the database is closed. Its timer does not keep the process alive. */
  #watch(): void {
    this.#isWatched = true;
    const { adapter } = this.#database;
    const look = async (): Promise<void> => {
      if (hasClosed(adapter)) throw new Error('closed');
      const stored = this.#isUsed ? await absentAsUndefined(adapter.getClass(this.#className)) : await this.#cached();
      this.#isUsed = false;
      const isSound = isClosed(stored?.classLevelPermissions) && (await this.#cached()) !== undefined;
      if (!isSound) await this.remake();
    };
    const timer = setTimeout(() => {
      look().then(
        () => this.#watch(),
        () => {
          this.#isWatched = false;
        },
      );
    }, LOOK_EVERY_MS);
    timer.unref();
  }
}

const absentAsUndefined = (schema: Promise<SchemaOfClass>): Promise<SchemaOfClass | undefined> =>
  schema.catch((fault: unknown) => {
    if (fault === undefined) return undefined;
    throw fault;
  });
