import type * as Mongo from 'mongodb';
import { afterAll, beforeAll, beforeEach, describe, expect, test } from 'vitest';
import { openTestRows, type Row, type TestRows } from './test-rows.js';

let opened: TestRows;
let rows: Mongo.Collection<Row>;

beforeAll(async () => {
  opened = await openTestRows();
});
afterAll(() => opened.remove());
beforeEach(() => {
  rows = opened.newCollection();
});

const ids = async (cursor: Mongo.FindCursor<Mongo.WithId<Row>>): Promise<string[]> =>
  (await cursor.toArray()).map(({ _id }) => _id);
const ten: readonly Row[] = Array.from({ length: 10 }, (_, n) => ({ _id: String(n), n }));
const INSENSITIVE = { locale: 'en_US', strength: 2 } as const;

describe('Unique indexes', () => {
  test('a second row with the same _id is refused', async () => {
    await rows.insertOne({ _id: 'a' });
    await expect(rows.insertOne({ _id: 'a' })).rejects.toMatchObject({ code: 11_000 });
  });

  test('refuse an insert, an update, and an upsert, and name the key', async () => {
    await rows.createIndex({ name: 1 }, { unique: true });
    await rows.insertMany([
      { _id: 'a', name: 'x' },
      { _id: 'b', name: 'y' },
    ]);
    const error = { code: 11_000, keyPattern: { name: 1 }, keyValue: { name: 'x' } };
    await expect(rows.findOneAndUpdate({ _id: 'b' }, { $set: { name: 'x' } })).rejects.toMatchObject(error);
    await expect(rows.insertOne({ _id: 'c', name: 'x' })).rejects.toMatchObject({
      code: 11_000,
      message: expect.stringMatching(/E11000 duplicate key error collection: .* index: name_1 dup key: \{ name: "x" \}/),
    });
    await expect(rows.updateOne({ _id: 'b' }, { $set: { name: 'x' } })).rejects.toMatchObject({ code: 11_000 });
    await expect(rows.updateOne({ _id: 'c' }, { $set: { name: 'x' } }, { upsert: true })).rejects.toMatchObject({ code: 11_000 });
    expect(await rows.countDocuments()).toBe(2);
    await rows.deleteOne({ _id: 'a' });
    await rows.updateOne({ _id: 'b' }, { $set: { name: 'x' } });
  });

  test('take absent fields for null, unless they are sparse', async () => {
    await rows.createIndex({ dense: 1 }, { unique: true });
    await rows.insertOne({ _id: 'a' });
    await expect(rows.insertOne({ _id: 'b' })).rejects.toMatchObject({ code: 11_000 });
    await rows.dropIndex('dense_1');
    await rows.createIndex({ thin: 1 }, { unique: true, sparse: true });
    await rows.insertMany([{ _id: 'b' }, { _id: 'c', thin: null }]);
    await expect(rows.insertOne({ _id: 'd', thin: null })).rejects.toMatchObject({ code: 11_000 });
  });

  test('with a filter look only at the rows that match', async () => {
    await rows.createIndex({ name: 1 }, { unique: true, partialFilterExpression: { live: true } });
    await rows.insertMany([
      { _id: 'a', name: 'x', live: true },
      { _id: 'b', name: 'x', live: false },
    ]);
    await expect(rows.updateOne({ _id: 'b' }, { $set: { live: true } })).rejects.toMatchObject({ code: 11_000 });
  });

  test('of strength 2 ignore case, and not accents', async () => {
    await rows.createIndex({ name: 1 }, { unique: true, collation: INSENSITIVE });
    await rows.insertMany([
      { _id: 'a', name: 'Jose' },
      { _id: 'b', name: 'José' },
    ]);
    await expect(rows.insertOne({ _id: 'c', name: 'JOSE' })).rejects.toMatchObject({ code: 11_000 });
  });

  test('over two fields, and over the elements of an array', async () => {
    await rows.createIndex({ a: 1, b: 1 }, { unique: true });
    await rows.insertMany([
      { _id: 'a', a: [1, 2], b: 1 },
      { _id: 'b', a: 1, b: 2 },
    ]);
    await expect(rows.insertOne({ _id: 'c', a: 2, b: 1 })).rejects.toMatchObject({ code: 11_000 });
  });

  test('cannot be created over rows with equal keys, and not twice with other options', async () => {
    await rows.insertMany([
      { _id: 'a', name: 'x' },
      { _id: 'b', name: 'x' },
    ]);
    await expect(rows.createIndex({ name: 1 }, { unique: true })).rejects.toMatchObject({ code: 11_000 });
    await rows.createIndex({ name: 1 });
    await rows.createIndex({ name: 1 });
    await expect(rows.createIndex({ name: 1 }, { name: 'other' })).rejects.toMatchObject({ code: 85 });
    await expect(rows.createIndex({ other: 1 }, { name: 'name_1' })).rejects.toMatchObject({ code: 86 });
  });
});

describe('Reads', () => {
  test('a collation of strength 2 finds strings in any case, 1 without accents too', async () => {
    await rows.insertOne({ _id: 'a', name: 'José', n: 1 });
    const count = async (filter: object, strength: number) =>
      (await ids(rows.find(filter, { collation: { locale: 'en', strength } }))).length;
    expect(await rows.findOne({ name: 'JOSÉ' })).toBeNull();
    expect(await count({ name: 'JOSÉ' }, 2)).toBe(1);
    expect(await count({ name: { $in: ['x', 'josÉ'] }, n: 1 }, 2)).toBe(1);
    expect(await count({ name: 'jose' }, 2)).toBe(0);
    expect(await count({ $or: [{ name: 'jose' }] }, 1)).toBe(1);
    expect(await rows.findOneAndUpdate({ name: 'JOSÉ' }, { $set: { n: 2 } }, { collation: INSENSITIVE })).not.toBeNull();
    expect(await rows.countDocuments({ name: 'JOSÉ' }, { collation: INSENSITIVE })).toBe(1);
  });

  test('a cursor fetches all batches, and can be closed', async () => {
    await rows.insertMany([...ten]);
    expect(await ids(rows.find({}, { batchSize: 3 }))).toHaveLength(10);
    expect(await rows.aggregate([{ $match: { n: { $gt: 1 } } }], { batchSize: 3 }).toArray()).toHaveLength(8);
    const cursor = rows.find({}, { batchSize: 2 });
    await cursor.next();
    await cursor.close();
    await rows.insertMany(Array.from({ length: 300 }, (_, n) => ({ _id: `more${n}` })));
    expect(await ids(rows.find())).toHaveLength(310);
  });

  test('sort, skip, limit, and projection', async () => {
    await rows.insertMany([...ten]);
    expect(await ids(rows.find().sort({ n: -1 }).skip(2).limit(3))).toEqual(['7', '6', '5']);
    const [first] = await rows.find({ n: 3 }, { projection: { _id: 0, n: 1 } }).toArray();
    expect(first).toEqual({ n: 3 });
    expect(await rows.findOne({ n: 3 }, { projection: { n: 0 } })).toEqual({ _id: '3' });
  });

  test('a sort orders the types, and takes an absent field for null', async () => {
    const values = [new Date(0), true, [], 'text', 5, null];
    await rows.insertMany([...values.map((v, n) => ({ _id: String(n), v: Array.isArray(v) ? { x: 1 } : v })), { _id: 'absent' }]);
    expect(await ids(rows.find().sort({ v: 1, _id: 1 }))).toEqual(['5', 'absent', '4', '3', '2', '1', '0']);
  });

  test('filters compare within a type, and find absent fields by null', async () => {
    await rows.insertMany([
      { _id: 'a', n: 1 },
      { _id: 'b', n: 'text' },
      { _id: 'c' },
      { _id: 'd', n: null },
      { _id: 'e', n: [5] },
    ]);
    expect(await ids(rows.find({ n: { $gt: 0 } }).sort({ _id: 1 }))).toEqual(['a', 'e']);
    expect(await ids(rows.find({ n: null }).sort({ _id: 1 }))).toEqual(['c', 'd']);
    expect(await ids(rows.find({ n: { $exists: false } }))).toEqual(['c']);
    expect(await ids(rows.find({ $expr: { $lt: ['$n', 1] } }).sort({ _id: 1 }))).toEqual(['c', 'd']);
    expect(await rows.distinct('n')).toEqual(expect.arrayContaining([1, 'text', 5]));
  });
});

describe('Bulk writes', () => {
  const bulk = (ordered: boolean) =>
    rows.bulkWrite(
      [
        { insertOne: { document: { _id: 'a' } } },
        { insertOne: { document: { _id: 'a' } } },
        { insertOne: { document: { _id: 'b' } } },
        { updateOne: { filter: { _id: 'b' }, update: [{ $set: { n: 1 } }] } },
        { deleteOne: { filter: { _id: 'a' } } },
      ],
      { ordered },
    );

  test('end at the first error when they are ordered', async () => {
    await expect(bulk(true)).rejects.toMatchObject({ code: 11_000 });
    expect(await ids(rows.find())).toEqual(['a']);
  });

  test('do the rest when they are not', async () => {
    await expect(bulk(false)).rejects.toMatchObject({ code: 11_000 });
    expect(await rows.find().toArray()).toEqual([{ _id: 'b', n: 1 }]);
  });
});

describe('Catalog', () => {
  test('lists and drops collections and indexes', async () => {
    const { database } = opened;
    await expect(rows.indexes()).rejects.toMatchObject({ code: 26 });
    await rows.createIndex({ at: 1 }, { expireAfterSeconds: 60, name: 'ttl' });
    expect(await rows.indexes()).toMatchObject([{ name: '_id_' }, { name: 'ttl', key: { at: 1 }, expireAfterSeconds: 60 }]);
    await expect(rows.createIndex({ at: 1 }, { expireAfterSeconds: 61, name: 'ttl' })).rejects.toMatchObject({ code: 85 });
    await database.command({ collMod: rows.collectionName, index: { name: 'ttl', expireAfterSeconds: 61 } });
    expect(await rows.indexes()).toMatchObject([{}, { expireAfterSeconds: 61 }]);
    expect(await database.listCollections({ name: rows.collectionName }).toArray()).toHaveLength(1);
    await rows.dropIndex('ttl');
    await expect(rows.dropIndex('ttl')).rejects.toMatchObject({ code: 27 });
    await rows.drop();
    expect(await database.listCollections({ name: rows.collectionName }).toArray()).toEqual([]);
  });

  test('answers an unknown command with error 59', async () => {
    await expect(opened.database.command({ nonsense: 1 })).rejects.toMatchObject({ code: 59, codeName: 'CommandNotFound' });
  });
});
