import { foldOf } from './collation.js';
import { CommandError } from './command-error.js';
import { matcher } from './filter.js';
import { asDocument, identify, readPath, type Document } from './value.js';

const has = (document: Document, path: string): boolean => readPath(document, path) !== undefined;

/** An index: its specification as `listIndexes` shows it, and the keys of a unique one. */
export class StoredIndex {
  readonly name: string;
  readonly paths: readonly string[];
  readonly #fold: (value: unknown) => unknown;
  readonly #isPart: (document: Document) => boolean;
  readonly #owners = new Map<string, string>();

  /** @throws CommandError 67 for options that exclude each other */
  constructor(public specification: Document) {
    const { partialFilterExpression: partial, sparse, expireAfterSeconds: ttl, collation } = specification;
    this.name = String(specification['name']);
    this.paths = Object.keys(asDocument(specification['key']));
    if (partial !== undefined && sparse === true) {
      throw new CommandError(67, 'CannotCreateIndex', 'cannot mix "partialFilterExpression" and "sparse" options');
    }
    if (ttl !== undefined && (this.paths.length > 1 || this.paths[0] === '_id')) {
      throw new CommandError(67, 'CannotCreateIndex', 'TTL indexes are single-field indexes, and not on _id');
    }
    this.#fold = foldOf(collation) ?? ((value) => value);
    const isMatch = matcher(asDocument(partial));
    // A sparse index leaves out a document if it has none of the fields.
    this.#isPart = (document) => isMatch(document) && (sparse !== true || this.paths.some((path) => has(document, path)));
  }

  /** The document's keys in the index. An array has a key for every element. */
  #keys(document: Document): Document[] {
    if (!this.#isPart(document)) return [];
    return this.paths.reduce<Document[]>(
      (keys, path) => {
        const value = readPath(document, path) ?? null;
        const values = Array.isArray(value) && value.length > 0 ? value : [value];
        return keys.flatMap((key) => values.map((each) => ({ ...key, [path]: each })));
      },
      [{}],
    );
  }

  readonly #identify = (key: Document): string => identify(Object.values(key).map(this.#fold));

  /** @throws CommandError 11000 if another document has one of the document's keys */
  assertUnique(document: Document, namespace: string): void {
    if (this.specification['unique'] !== true) return;
    const owner = identify(document['_id']);
    for (const key of this.#keys(document)) {
      const other = this.#owners.get(this.#identify(key));
      if (other !== undefined && other !== owner) throw duplicateKey(namespace, this.specification, key);
    }
  }

  /** Enters a document that has passed `assertUnique`. */
  add(document: Document): void {
    if (this.specification['unique'] !== true) return;
    for (const key of this.#keys(document)) this.#owners.set(this.#identify(key), identify(document['_id']));
  }

  /** Removes the keys of a document, as it was stored. */
  remove(document: Document): void {
    if (this.specification['unique'] !== true) return;
    for (const key of this.#keys(document)) this.#owners.delete(this.#identify(key));
  }

  /** Whether the index lets the document expire at this time, in milliseconds since 1970. */
  isExpired(document: Document, nowMs: number): boolean {
    const seconds = this.specification['expireAfterSeconds'];
    if (typeof seconds !== 'number' || !this.#isPart(document)) return false;
    const dates = [readPath(document, this.paths[0] ?? '')].flat().filter((value) => value instanceof Date);
    return dates.some((date) => date.getTime() + seconds * 1000 <= nowMs);
  }
}

/** The error of a document whose key is taken. */
export function duplicateKey(namespace: string, index: Document, keyValue: Document): CommandError {
  const shown = Object.entries(keyValue).map(([path, value]) => `${path}: ${JSON.stringify(value)}`);
  const name = `${String(index['name'])} dup key: { ${shown.join(', ')} }`;
  const details = { keyPattern: index['key'], keyValue };
  return new CommandError(11_000, 'DuplicateKey', `E11000 duplicate key error collection: ${namespace} index: ${name}`, details);
}
