import { MongoClient, type Collection, type Db, type Document } from 'mongodb';
import type { DatabaseRows, Row, RowFilter } from './database-rows.js';

/** How Parse Server calls columns on MongoDB, by their names in its API. */
const COLUMNS: Readonly<Record<string, string>> = {
  objectId: '_id',
  createdAt: '_created_at',
  updatedAt: '_updated_at',
  sessionToken: '_session_token',
};
const NAMES: Readonly<Record<string, string>> = Object.fromEntries(
  Object.entries(COLUMNS).map(([name, column]) => [column, name]),
);

/** Columns with a pointer: `user` is stored as `_p_user`, its value as `_User$<id>`. */
const POINTERS: Readonly<Record<string, string>> = { user: '_User' };

/** `authData.totp` is the column `_auth_data_totp`. */
const FACTOR = '_auth_data_';

function toColumns(row: Row): Document {
  const columns: Document = {};
  for (const [name, value] of Object.entries(row)) {
    const target = POINTERS[name];
    if (name === 'authData')
      for (const [factor, record] of Object.entries(value as object)) columns[`${FACTOR}${factor}`] = record;
    else if (target === undefined) columns[COLUMNS[name] ?? name] = value;
    else columns[`_p_${name}`] = `${target}$${String(value)}`;
  }
  return columns;
}

function toRow(document: Document): Row {
  const row: Record<string, unknown> = {};
  const authData: Record<string, unknown> = {};
  for (const [column, value] of Object.entries(document)) {
    if (column.startsWith(FACTOR)) authData[column.slice(FACTOR.length)] = value;
    else if (column.startsWith('_p_')) row[column.slice(3)] = String(value).replace(/^.*?\$/, '');
    else row[NAMES[column] ?? column] = value;
  }
  return Object.keys(authData).length === 0 ? row : { ...row, authData };
}

/** The rows of a database on MongoDB. */
export class MongoRows implements DatabaseRows {
  readonly #client: MongoClient;
  readonly #database: Db;

  private constructor(client: MongoClient) {
    this.#client = client;
    this.#database = client.db();
  }

  static async open(uri: string): Promise<MongoRows> {
    return new MongoRows(await MongoClient.connect(uri));
  }

  async find(className: string, filter: RowFilter = {}): Promise<readonly Row[]> {
    return (await this.#collection(className).find(toColumns(filter)).sort({ _id: 1 }).toArray()).map(toRow);
  }

  async insert(className: string, rows: readonly Row[]): Promise<void> {
    await this.#collection(className).insertMany(rows.map((row) => ({ ...toColumns(row), _id: String(row['objectId']) })));
  }

  async update(className: string, filter: RowFilter, values: Row): Promise<void> {
    const set = toColumns(values);
    const rows = await this.#collection(className).find(toColumns(filter)).toArray();
    for (const row of rows) {
      const dropped = Object.keys(row).filter((column) => 'authData' in values && column.startsWith(FACTOR) && !(column in set));
      await this.#collection(className).updateOne(
        { _id: row['_id'] },
        {
          ...(Object.keys(set).length > 0 && { $set: set }),
          ...(dropped.length > 0 && { $unset: Object.fromEntries(dropped.map((column) => [column, true])) }),
        },
      );
    }
  }

  async delete(className: string, filter: RowFilter = {}): Promise<void> {
    await this.#collection(className).deleteMany(toColumns(filter));
  }

  async hasClass(className: string): Promise<boolean> {
    return (await this.#collection('_SCHEMA').findOne({ _id: className })) !== null;
  }

  async dropClass(className: string): Promise<void> {
    await this.#collection(className).drop();
    await this.#collection('_SCHEMA').deleteOne({ _id: className });
  }

  async setPermissions(className: string, permissions: object): Promise<void> {
    await this.#collection('_SCHEMA').updateOne({ _id: className }, { $set: { '_metadata.class_permissions': permissions } });
  }

  async dump(): Promise<string> {
    const collections = await this.#database.collections();
    return JSON.stringify(await Promise.all(collections.map((collection) => collection.find().toArray())));
  }

  close(): Promise<void> {
    return this.#client.close();
  }

  /** Parse Server's ids are strings. */
  #collection(className: string): Collection<Document & { _id: string }> {
    return this.#database.collection(className);
  }
}
