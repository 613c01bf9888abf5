import { Long } from 'bson';
import { CommandError } from './command-error.js';
import { StoredCollection } from './stored-collection.js';
import type { Document } from './value.js';

const DEFAULT_BATCH = 101; // of MongoDB, for a first batch without `batchSize`

/** What the stand-in keeps: collections by database, and open cursors. */
export class Databases {
  readonly #all = new Map<string, Map<string, StoredCollection>>();
  readonly #cursors = new Map<number, { readonly namespace: string; readonly documents: Document[] }>();
  #lastCursor = 0;

  get names(): string[] {
    return [...this.#all.keys()];
  }

  /** All collections of all databases. */
  get everyCollection(): StoredCollection[] {
    return [...this.#all.values()].flatMap((collections) => [...collections.values()]);
  }

  collectionNames(database: string): string[] {
    return [...(this.#all.get(database)?.keys() ?? [])];
  }

  /** Returns a collection, or `undefined` if there is none. */
  find(database: string, name: string): StoredCollection | undefined {
    return this.#all.get(database)?.get(name);
  }

  /** Returns a collection, and creates it if there is none. */
  open(database: string, name: string): StoredCollection {
    const collections = this.#all.get(database) ?? new Map<string, StoredCollection>();
    this.#all.set(database, collections);
    const collection = collections.get(name) ?? new StoredCollection(`${database}.${name}`);
    collections.set(name, collection);
    return collection;
  }

  drop(database: string, name: string): boolean {
    return this.#all.get(database)?.delete(name) ?? false;
  }

  dropDatabase(database: string): void {
    this.#all.delete(database);
  }

  /** Answers with a first batch, and keeps the rest for `getMore`. */
  openCursor(namespace: string, documents: readonly Document[], batchSize?: unknown): Document {
    const size = typeof batchSize === 'number' ? batchSize : DEFAULT_BATCH;
    const rest = documents.slice(size);
    const id = rest.length === 0 ? 0 : (this.#lastCursor += 1);
    if (id !== 0) this.#cursors.set(id, { namespace, documents: rest });
    return { cursor: { firstBatch: documents.slice(0, size), id: Long.fromNumber(id), ns: namespace }, ok: 1 };
  }

  /** Answers with the next batch of a cursor. @throws CommandError 43 if it is not open */
  nextBatch(id: number, batchSize: unknown): Document {
    const cursor = this.#cursors.get(id);
    if (cursor === undefined) throw new CommandError(43, 'CursorNotFound', `cursor id ${id} not found`);
    const { namespace, documents } = cursor;
    const size = typeof batchSize === 'number' && batchSize > 0 ? batchSize : documents.length;
    const nextBatch = documents.splice(0, size);
    if (documents.length === 0) this.#cursors.delete(id);
    return { cursor: { nextBatch, id: Long.fromNumber(documents.length === 0 ? 0 : id), ns: namespace }, ok: 1 };
  }

  closeCursor(id: number): void {
    this.#cursors.delete(id);
  }
}
