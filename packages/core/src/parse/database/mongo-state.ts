import { NEVER } from '../../store/otp-store.js';
import type { Arguments, Outcome } from '../../store/rules/language.js';
import { decide } from '../../store/rules/value-language.js';
import type { Verb } from '../../store/rules/verb.js';
import { subjectRow } from '../../store/subject-row.js';
import { mongoUpdate } from './mongo-language.js';
import type { ParseStorage } from './parse-database.js';
import type { StateTable } from './state-table.js';

type Document = Readonly<Record<string, unknown>>;

/** The part of a collection of the driver `mongodb` that is used here. */
interface MongoCollection {
  findOneAndUpdate(filter: Document, pipeline: readonly object[], options: object): Promise<Document | null>;
  deleteOne(filter: Document, options: object): Promise<unknown>;
  deleteMany(filter: Document, options: object): Promise<{ readonly deletedCount: number }>;
  find(filter: Document, options: object): { toArray(): Promise<readonly Document[]> };
}

/** The part of a database of the driver `mongodb` that is used here. */
interface MongoDatabase {
  collection(name: string, options: object): MongoCollection;
}

/** Parse Server's MongoDB adapter. It connects on first use, and again after its connection was closed. */
export interface MongoAdapter {
  readonly database: MongoDatabase | undefined;
  connect(): Promise<unknown>;
  readonly collectionPrefix: string;
}

/** Returns Parse Server's MongoDB adapter; undefined if the adapter is another one. */
export function mongoOf(adapter: ParseStorage): MongoAdapter | undefined {
  const { connect, _collectionPrefix: collectionPrefix } = adapter;
  if (typeof connect !== 'function' || typeof collectionPrefix !== 'string') return undefined;
  return {
    get database() {
      const database: unknown = adapter.database;
      return isDatabase(database) ? database : undefined;
    },
    connect: () => connect.call(adapter),
    collectionPrefix,
  };
}

/** Returns which servers MongoDB's driver reads from, such as `primary`; undefined if the adapter is another one. */
export function readPreferenceOf({ client }: ParseStorage): string | undefined {
  const mode: unknown = client?.readPreference?.mode;
  return typeof mode === 'string' ? mode : undefined;
}

const isDatabase = (database: unknown): database is MongoDatabase =>
  typeof database === 'object' && database !== null && 'collection' in database && typeof database.collection === 'function';

/** MongoDB's error for a row that another caller has made at the same moment. */
const DUPLICATE_KEY = 11000;
/** The limit of retries. A row is made only once, so losing more often means that something else is wrong. */
const MAX_ROUNDS = 3;

/** Every read and write goes to the primary, and counts once a majority of the servers has it. */
const SAFELY = { readPreference: 'primary', readConcern: { level: 'majority' }, writeConcern: { w: 'majority' } } as const;

/** The collection of the store on MongoDB. Each verb is one `findOneAndUpdate` on the connection that Parse Server has. */
export class MongoState implements StateTable {
  readonly #adapter: MongoAdapter;
  readonly #className: string;
  /**
   * The time limit of a command. The driver gives up then, so that nothing is counted long after its caller was refused; and
   * so does the server (`maxTimeMS`).
   */
  readonly #limit: { readonly timeoutMS: number };

  constructor(adapter: MongoAdapter, className: string, timeoutMs: number) {
    this.#adapter = adapter;
    this.#className = className;
    this.#limit = { timeoutMS: timeoutMs };
  }

  async run(verb: Verb, name: string, given: Partial<Arguments>): Promise<Outcome | undefined> {
    const { pipeline, upsert } = mongoUpdate(verb, given);
    const options = { upsert, returnDocument: 'before', includeResultMetadata: false, ...this.#limit };
    const before = await this.#rounds((collection) => collection.findOneAndUpdate({ _id: name }, pipeline, options));
    // The database has decided on this row, by the same rule.
    return decide(verb, subjectRow(before ?? {}), before !== null, given)?.outcome;
  }

  async remove(name: string): Promise<void> {
    await (await this.#collection()).deleteOne({ _id: name }, this.#limit);
  }

  async removeDead(now: number, batch: number): Promise<number> {
    const dead = { deadAt: { $lte: now }, codeExpiresAt: { $ne: NEVER } };
    const collection = await this.#collection();
    const rows = await collection.find(dead, { ...this.#limit, projection: { _id: 1 }, limit: batch }).toArray();
    if (rows.length === 0) return 0;
    return (await collection.deleteMany({ _id: { $in: rows.map(({ _id }) => _id) }, ...dead }, this.#limit)).deletedCount;
  }

  async #rounds<Result>(work: (collection: MongoCollection) => Promise<Result>): Promise<Result> {
    const collection = await this.#collection();
    for (let round = 1; ; round += 1) {
      try {
        return await work(collection);
      } catch (fault) {
        if (round === MAX_ROUNDS || !(fault instanceof Error && 'code' in fault && fault.code === DUPLICATE_KEY)) throw fault;
      }
    }
  }

  async #collection(): Promise<MongoCollection> {
    await this.#adapter.connect();
    const { database } = this.#adapter;
    if (database === undefined) throw new Error('The MongoDB adapter is not connected.');
    return database.collection(this.#adapter.collectionPrefix + this.#className, SAFELY);
  }
}
