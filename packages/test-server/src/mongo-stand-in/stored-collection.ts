import { ObjectId } from 'bson';
import { CommandError } from './command-error.js';
import { matcher, sortDocuments } from './filter.js';
import { writePath } from './operator-update.js';
import { duplicateKey, StoredIndex } from './stored-index.js';
import { applyUpdate } from './update.js';
import { asDocument, cloneDocument, identify, isDocument, isSame, type Document } from './value.js';

/** What `find` takes besides the filter. */
export interface FindOptions {
  readonly sort?: unknown;
  readonly skip?: unknown;
  /** 0 or absent: no limit. */
  readonly limit?: unknown;
  readonly collation?: unknown;
}

const ID_INDEX: Document = { v: 2, key: { _id: 1 }, name: '_id_' };

const isOperators = (value: unknown): value is Document =>
  isDocument(value) && Object.keys(value).some((name) => name.startsWith('$'));

/** Writes the fields that a filter wants equal to a value. An upsert starts from them. */
function writeEqualities(document: Document, filter: Document): void {
  for (const [path, value] of Object.entries(filter)) {
    if (path === '$and' && Array.isArray(value)) for (const part of value) writeEqualities(document, asDocument(part));
    if (path.startsWith('$') || value instanceof RegExp) continue;
    if (!isOperators(value)) writePath(document, path, value);
    else if (value['$eq'] !== undefined) writePath(document, path, value['$eq']);
  }
}

/** The documents and indexes of one collection. Stored documents are never changed, only replaced. */
export class StoredCollection {
  readonly documents: Map<string, Document> = new Map();
  indexes: StoredIndex[] = [new StoredIndex(ID_INDEX)];

  /** @param namespace the names of the database and the collection, with a dot between */
  constructor(readonly namespace: string) {}

  find(filter: Document, { sort, skip, limit, collation }: FindOptions = {}): Document[] {
    const isMatch = matcher(filter, collation);
    const { _id: id } = filter;
    const isById = collation === undefined && (typeof id === 'string' || id instanceof ObjectId);
    const known = isById ? this.documents.get(identify(id)) : undefined;
    const candidates = isById ? (known === undefined ? [] : [known]) : [...this.documents.values()];
    const found = sortDocuments(candidates.filter(isMatch), sort, collation);
    const start = Number(skip ?? 0);
    const count = Math.abs(Number(limit ?? 0)); // a negative limit means one batch
    return found.slice(start, count === 0 ? undefined : start + count);
  }

  /** Stores a new document. @throws CommandError 11000 if its `_id`, or a key of a unique index, is taken */
  insert(given: Document): Document {
    const { _id: id = new ObjectId(), ...fields } = given;
    const document = cloneDocument({ _id: id, ...fields });
    if (this.documents.has(identify(id))) throw duplicateKey(this.namespace, ID_INDEX, { _id: id });
    this.#put(document);
    return document;
  }

  /** Updates a stored document. Returns the document after it; the same object if nothing changed. */
  update(before: Document, update: unknown): Document {
    const after = applyUpdate(before, update, false);
    if (isSame(before, after)) return before;
    this.#put(after, before);
    return after;
  }

  /** Inserts what an update makes of the fields that the filter wants equal. */
  upsert(filter: Document, update: unknown): Document {
    const start: Document = {};
    writeEqualities(start, filter);
    const { _id: id } = start;
    const isReplacement = !Array.isArray(update) && !Object.keys(asDocument(update))[0]?.startsWith('$');
    const base = isReplacement ? { ...(id !== undefined && { _id: id }) } : start;
    return this.insert(applyUpdate(base, update, true));
  }

  remove(document: Document): void {
    for (const index of this.indexes) index.remove(document);
    this.documents.delete(identify(document['_id']));
  }

  /** Removes what TTL indexes let expire until this time. Returns how many documents it removed. */
  expire(nowMs: number): number {
    const all = [...this.documents.values()];
    const expired = all.filter((document) => this.indexes.some((index) => index.isExpired(document, nowMs)));
    for (const document of expired) this.remove(document);
    return expired.length;
  }

  /** Creates an index unless there is the same. Returns whether it is new. */
  createIndex(given: Document): boolean {
    const specification: Document = { v: 2, ...given };
    const same = this.indexes.find(({ name }) => name === specification['name']);
    const sameKey = this.indexes.find((each) => isSame(optionsOf(each.specification), optionsOf(specification)));
    if (same !== undefined && !isSame(same.specification['key'], specification['key'])) {
      const message = `An existing index has the same name as the requested index: ${same.name}`;
      throw new CommandError(86, 'IndexKeySpecsConflict', message);
    }
    if (same !== undefined && !isSame(sortFields(same.specification), sortFields(specification))) {
      const message = `An equivalent index already exists with the same name but different options: ${same.name}`;
      throw new CommandError(85, 'IndexOptionsConflict', message);
    }
    if (same !== undefined) return false;
    if (sameKey !== undefined) {
      throw new CommandError(85, 'IndexOptionsConflict', `Index already exists with a different name: ${sameKey.name}`);
    }
    const index = new StoredIndex(specification);
    for (const document of this.documents.values()) {
      index.assertUnique(document, this.namespace);
      index.add(document);
    }
    this.indexes.push(index);
    return true;
  }

  #put(document: Document, before?: Document): void {
    for (const index of this.indexes) index.assertUnique(document, this.namespace);
    for (const index of this.indexes) {
      if (before !== undefined) index.remove(before);
      index.add(document);
    }
    this.documents.set(identify(document['_id']), document);
  }
}

/** What makes two indexes on the same key different ones: the collation and the filter. */
const optionsOf = ({ key, collation, partialFilterExpression }: Document): unknown[] => [
  key,
  collation ?? null,
  partialFilterExpression ?? null,
];

const sortFields = ({ background: _background, ...specification }: Document): unknown[] =>
  Object.entries(specification)
    .filter(([, value]) => value !== false)
    .toSorted(([a], [b]) => (a < b ? -1 : 1));
