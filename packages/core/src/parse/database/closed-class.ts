import { asObject } from '../../validation/json-object.js';
import type { ParseDatabase, ParseFields, ParseRow, ParseSchema, ParseStorage, SchemaOfClass } from './parse-database.js';

/** How long a server may not know what another server, or an administrator on it, has done to a class. */
const LOOK_EVERY_MS = 5000;
/** Losing this many races for one class means that something else is wrong. */
const MAX_ROUNDS = 5;
const OBJECT_NOT_FOUND = 101;

const MASTER_KEY_ONLY = { find: {}, get: {}, count: {}, create: {}, update: {}, delete: {}, addField: {}, protectedFields: {} };
const WRITES = ['create', 'update', 'delete', 'addField'];
/** Who anybody can be. */
const ANYBODY = ['*', 'requiresAuthentication'];

const isClosed = (permissions: unknown): boolean => {
  const given = asObject(permissions) ?? {};
  const operations = Object.keys(MASTER_KEY_ONLY).filter((operation) => operation !== 'protectedFields');
  return operations.every((operation) => Object.keys(asObject(given[operation]) ?? { open: true }).length === 0);
};

const isWritableByAnybody = (permissions: unknown): boolean => {
  const given = asObject(permissions) ?? {};
  return WRITES.some((operation) => {
    const allowed = asObject(given[operation]);
    return allowed === undefined || ANYBODY.some((who) => Object.hasOwn(allowed, who));
  });
};

/** What has become of a class while servers ran. */
export type ClassIncident = 'class_deleted' | 'class_opened';

/**
 * One class of the app's own database, made on first use and closed to all but the master key. It is looked at again with
 * every statement, which costs none, and by a statement of its own every five seconds at most: a class that an
 * administrator has deleted comes back open, with the first write on MongoDB, and by the hand of a stranger where
 * clients may create classes.
 *
 * A class that was never seen closed may be the application's own, and is not used. One that was is closed again,
 * and what it held is deleted where anybody could write.
 */
export class ClosedClass {
  static readonly #classes = new WeakMap<ParseStorage, Map<string, ClosedClass>>();
  readonly #database: ParseDatabase;
  readonly #className: string;
  readonly #fields: ParseFields;
  /** Tells of what has become of the class; that of the last request. */
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

  /** The class of that name in the database that a request runs on. */
  static of(database: ParseDatabase, className: string, fields: ParseFields): ClosedClass {
    const classes = ClosedClass.#classes.get(database.adapter) ?? new Map<string, ClosedClass>();
    ClosedClass.#classes.set(database.adapter, classes);
    const known = classes.get(className) ?? new ClosedClass(database, className, fields);
    classes.set(className, known);
    return known;
  }

  /** The class as the storage adapter takes it. Rejects while it is not closed. */
  async schema(): Promise<SchemaOfClass> {
    const schema = (this.#making === undefined ? await this.#cached() : undefined) ?? (await this.remake());
    this.#isUsed = true;
    if (!this.#isWatched) this.#watch();
    return schema;
  }

  /** Looks at what is stored, and makes the class what it has to be; for everybody who asks meanwhile, once. */
  remake(): Promise<SchemaOfClass> {
    this.#making ??= this.#make().finally(() => {
      this.#making = undefined;
    });
    return this.#making;
  }

  /** What this server believes, if that is a closed class. */
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
          fault = cause; // another server may have made it at the same moment
        });
      } else if (!isClosed(schema.classLevelPermissions)) {
        if (!wasKnown && round > 0) throw Object.assign(new Error(this.#className), { code: 'class_is_open' });
        if (wasKnown) await this.#close(controller, schema);
      } else if (wasKnown && this.#missing(schema).length > 0) {
        await this.#mend(controller, schema);
      } else {
        this.#controller = controller;
        return schema;
      }
    }
    throw fault ?? Object.assign(new Error(this.#className), { code: 'class_is_open' });
  }

  async #create(controller: ParseSchema, wasKnown: boolean): Promise<void> {
    const { adapter } = this.#database;
    // On MongoDB rows outlive their class, and are anybody's then.
    const isRemade = wasKnown || (await adapter.find(this.#className, this.#own, {}, { limit: 1 })).length > 0;
    await controller.addClassIfNotExists(this.#className, this.#own.fields, MASTER_KEY_ONLY);
    if (!isRemade) return;
    await this.#empty(this.#own);
    this.onIncident?.('class_deleted');
  }

  async #close(controller: ParseSchema, schema: SchemaOfClass): Promise<void> {
    const { classLevelPermissions } = schema;
    await controller.setPermissions(this.#className, MASTER_KEY_ONLY, schema.fields);
    if (isWritableByAnybody(classLevelPermissions)) await this.#empty(schema);
    this.onIncident?.('class_opened');
  }

  /** Gives the class the columns that it has to have; a stranger may have given them another type. */
  async #mend(controller: ParseSchema, schema: SchemaOfClass): Promise<void> {
    const missing = this.#missing(schema);
    const wrong = missing.filter((name) => Object.hasOwn(schema.fields, name));
    const change = (fields: readonly (readonly [string, object])[]): Promise<unknown> =>
      controller.updateClass(this.#className, Object.fromEntries(fields), MASTER_KEY_ONLY, undefined, this.#database);
    if (wrong.length > 0) await change(wrong.map((name) => [name, { __op: 'Delete' }]));
    await change(missing.map((name) => [name, { ...this.#fields[name] }]));
  }

  /** The class as it has to be; Parse Server adds to what it is given. */
  get #own(): SchemaOfClass {
    return { fields: { ...this.#fields } };
  }

  #missing({ fields }: SchemaOfClass): string[] {
    return Object.keys(this.#fields).filter((name) => asObject(fields[name])?.['type'] !== this.#fields[name]?.type);
  }

  async #empty(schema: SchemaOfClass): Promise<void> {
    await this.#database.adapter.deleteObjectsByQuery(this.#className, schema, {} satisfies ParseRow).catch((fault: unknown) => {
      if (asObject(fault)?.['code'] !== OBJECT_NOT_FOUND) throw fault;
    });
  }

  /** Parse Server rejects with nothing where there is no such class. */
  async #read(controller: ParseSchema): Promise<SchemaOfClass | undefined> {
    return absentAsUndefined(controller.getOneSchema(this.#className, true));
  }

  /** Looks again from time to time; keeps no process alive, and ends with the database, until the next use. */
  #watch(): void {
    this.#isWatched = true;
    const { adapter } = this.#database;
    const isConnected = adapter.connectionPromise !== undefined;
    const look = async (): Promise<void> => {
      // MongoDB's driver would connect again after the server was shut down.
      if (isConnected && adapter.connectionPromise === undefined) throw new Error('closed');
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
