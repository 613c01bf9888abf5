import { createRequire } from 'node:module';
import type * as Mongo from 'mongodb';
import { afterAll, beforeAll, beforeEach } from 'vitest';
import { databaseUri, startMongo, type TestMongo } from '../mongo.js';
import { requireParseServer } from '../parse-server-home.js';

/** The driver of Parse Server, which may be another copy than this package's. */
const driver = createRequire(requireParseServer.resolve('parse-server/package.json'))('mongodb') as typeof Mongo;

/** The client of that driver. */
export const MongoClient: typeof Mongo.MongoClient = driver.MongoClient;

/** A document of the tests. */
export interface Row {
  readonly _id: string;
  readonly [field: string]: unknown;
}

/** A database for one test file. */
export interface TestRows {
  readonly mongo: TestMongo;
  readonly database: Mongo.Db;
  /** Returns a collection that does not exist yet. */
  newCollection(): Mongo.Collection<Row>;
  remove(): Promise<void>;
}

/** Opens an empty database: on the MongoDB of the environment variable `MONGODB_URI`, or else on the stand-in. */
export async function openTestRows(): Promise<TestRows> {
  const mongo = await startMongo();
  const client = new MongoClient(databaseUri(mongo.uri, `conformance_${process.pid}_${Date.now()}`));
  const database = client.db();
  let count = 0;
  return {
    mongo,
    database,
    newCollection: () => database.collection<Row>(`rows${(count += 1)}`),
    async remove() {
      await database.dropDatabase();
      await client.close();
      await mongo.stop();
    },
  };
}

/** An update that adds to numbers. The driver's types know no numbers in a `Row`. */
export const inc = (fields: Record<string, number>): object => ({ $inc: fields });

/** The tests of one file: they share a database, and each has a collection of its own. */
export interface RowsOfTests {
  readonly opened: TestRows;
  readonly rows: Mongo.Collection<Row>;
  /** Reads a row of the collection. */
  stored(id?: string): Promise<Row | null>;
}

/** Opens a database before the tests of the file that calls it, and removes it afterwards. */
export function rowsOfTests(): RowsOfTests {
  let opened: TestRows | undefined;
  let rows: Mongo.Collection<Row> | undefined;
  const open = <Value>(value: Value | undefined): Value => {
    if (value === undefined) throw new Error('no test is running');
    return value;
  };
  beforeAll(async () => {
    opened = await openTestRows();
  });
  afterAll(() => opened?.remove());
  beforeEach(() => {
    rows = opened?.newCollection();
  });
  return {
    get opened() {
      return open(opened);
    },
    get rows() {
      return open(rows);
    },
    stored: (id = 'a') => open(rows).findOne({ _id: id }),
  };
}
