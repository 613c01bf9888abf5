import { asObject } from '../../validation/json-object.js';
import type { ParseDatabase } from '../database/parse-database.js';
import { loadedModules } from '../loaded-modules.js';

/** The database controller's method that changes rows. */
export type Update = ParseDatabase['update'];

/** The database controller's method that creates a row. */
export type Create = ParseDatabase['create'];

/** Handles all writes. `next` continues with the write; not calling it refuses the write. */
export interface WriteHandler {
  update(database: ParseDatabase, given: Parameters<Update>, next: Update): Promise<unknown>;
  create(database: ParseDatabase, given: Parameters<Create>, next: Create): Promise<unknown>;
}

type Writes = Pick<ParseDatabase, 'update' | 'create'>;

/** The state on a class of controllers whose writes are gated. */
interface Gate {
  readonly handlers: WriteHandler[];
  readonly original: Writes;
}

/** A symbol on wrapped objects, so that copies of this package wrap them once (one by `import`, one by `require`). */
const GATE = Symbol.for('parse-factors.write-gate');

/**
 * Adds a handler to all writes of a controller's class, including those of later requests. Adding it again has no effect.
 *
 * If the class cannot be changed, the handler is added to this controller only.
 */
export function placeGate(database: object, handler: WriteHandler): void {
  const owner = [ownerOf(database), database].find((place) => place !== undefined && Object.isExtensible(place));
  if (owner === undefined) return;
  const { handlers } = gateOn(owner) ?? wrap(owner);
  if (!handlers.includes(handler)) handlers.push(handler);
}

/** Adds a handler to all writes of each copy of Parse Server that Node has loaded. */
export function placeGates(handler: WriteHandler): void {
  for (const { prototype } of loadedModules(isControllerClass)) placeGate(prototype, handler);
}

/**
 * Returns the prototypes of database controllers: of each copy of Parse Server that Node has loaded, and that of a controller.
 *
 * @param database a controller, if there is one
 */
export function controllersOf(database: object | undefined): ReadonlySet<object> {
  const given = database === undefined ? [] : [ownerOf(database) ?? database];
  return new Set([...loadedModules(isControllerClass).map(({ prototype }) => prototype), ...given]);
}

/** Whether the handler is called for the writes of this controller. */
export function isGated(database: object, handler: WriteHandler): boolean {
  const owner = ownerOf(database);
  return owner !== undefined && gateOn(owner)?.handlers.includes(handler) === true;
}

/** Returns a controller's own methods, without handlers: for our own statements, which were already decided. */
export function ungated(database: ParseDatabase): Writes {
  const owner = ownerOf(database);
  const { update, create } = (owner && gateOn(owner)?.original) ?? database;
  return { update: update.bind(database), create: create.bind(database) };
}

/** Returns the controller's prototype that defines `update`. An object without a class, as in tests, is its own. */
function ownerOf(database: object): object | undefined {
  const hasUpdate = (owner: object): boolean => Object.hasOwn(owner, 'update');
  let owner: object | null = database;
  while (owner !== null && !hasUpdate(owner)) owner = Object.getPrototypeOf(owner) as object | null;
  return owner ?? undefined;
}

function gateOn(owner: object): Gate | undefined {
  return Object.hasOwn(owner, GATE) ? (Reflect.get(owner, GATE) as Gate) : undefined;
}

function wrap(owner: object): Gate {
  const { update, create } = owner as Writes;
  const handlers: WriteHandler[] = [];
  const placed: Writes = {
    update(this: ParseDatabase, ...given) {
      const run = handlers.reduceRight<Update>(
        (next, handler) =>
          (...args) =>
            handler.update(this, args, next),
        (...args) => update.apply(this, args),
      );
      return run(...given);
    },
    create(this: ParseDatabase, ...given) {
      const run = handlers.reduceRight<Create>(
        (next, handler) =>
          (...args) =>
            handler.create(this, args, next),
        (...args) => create.apply(this, args),
      );
      return run(...given);
    },
  };
  const gate: Gate = { handlers, original: { update, create } };
  Object.defineProperty(owner, GATE, { value: gate });
  for (const [name, value] of Object.entries(placed))
    Object.defineProperty(owner, name, { value, writable: true, configurable: true });
  return gate;
}

/** Whether a module is Parse Server's `lib/Controllers/DatabaseController`. */
const isControllerClass = (exported: unknown): exported is { readonly prototype: object } => {
  if (typeof exported !== 'function') return false;
  const methods = ['create', 'update', 'destroy', 'find', 'loadSchema', 'validateObject'];
  const prototype = asObject(exported.prototype);
  return methods.every((name) => typeof prototype?.[name] === 'function');
};
