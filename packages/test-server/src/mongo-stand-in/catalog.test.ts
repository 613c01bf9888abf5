import type * as Mongo from 'mongodb';
import { describe, expect, test } from 'vitest';
import { rowsOfTests, type Row } from './test-rows.js';

const tests = rowsOfTests();

const ids = async (cursor: Mongo.FindCursor<Mongo.WithId<Row>>): Promise<string[]> =>
  (await cursor.toArray()).map(({ _id }) => _id);
const ten: readonly Row[] = Array.from({ length: 10 }, (_, n) => ({ _id: String(n), n }));
const INSENSITIVE = { locale: 'en_US', strength: 2 } as const;

describe('Unique indexes', () => {
  test('a second row with the same _id is refused', async () => {
    await tests.rows.insertOne({ _id: 'a' });
    await expect(tests.rows.insertOne({ _id: 'a' })).rejects.toMatchObject({ code: 11_000 });
  });

  test('refuse an insert, an update, and an upsert, and name the key', async () => {
    await tests.rows.createIndex({ name: 1 }, { unique: true });
    await tests.rows.insertMany([
      { _id: 'a', name: 'x' },
      { _id: 'b', name: 'y' },
    ]);
    const error = { code: 11_000, keyPattern: { name: 1 }, keyValue: { name: 'x' } };
    await expect(tests.rows.findOneAndUpdate({ _id: 'b' }, { $set: { name: 'x' } })).rejects.toMatchObject(error);
    await expect(tests.rows.insertOne({ _id: 'c', name: 'x' })).rejects.toMatchObject({
      code: 11_000,
      message: expect.stringMatching(/E11000 duplicate key error collection: .* index: name_1 dup key: \{ name: "x" \}/),
    });
    await expect(tests.rows.updateOne({ _id: 'b' }, { $set: { name: 'x' } })).rejects.toMatchObject({ code: 11_000 });
    await expect(tests.rows.updateOne({ _id: 'c' }, { $set: { name: 'x' } }, { upsert: true })).rejects.toMatchObject({
      code: 11_000,
    });
    expect(await tests.rows.countDocuments()).toBe(2);
    await tests.rows.deleteOne({ _id: 'a' });
    await tests.rows.updateOne({ _id: 'b' }, { $set: { name: 'x' } });
  });

  test('take absent fields for null, unless they are sparse', async () => {
    await tests.rows.createIndex({ dense: 1 }, { unique: true });
    await tests.rows.insertOne({ _id: 'a' });
    await expect(tests.rows.insertOne({ _id: 'b' })).rejects.toMatchObject({ code: 11_000 });
    await tests.rows.dropIndex('dense_1');
    await tests.rows.createIndex({ thin: 1 }, { unique: true, sparse: true });
    await tests.rows.insertMany([{ _id: 'b' }, { _id: 'c', thin: null }]);
    await expect(tests.rows.insertOne({ _id: 'd', thin: null })).rejects.toMatchObject({ code: 11_000 });
  });

  test('with a filter look only at the tests.rows that match', async () => {
    await tests.rows.createIndex({ name: 1 }, { unique: true, partialFilterExpression: { live: true } });
    await tests.rows.insertMany([
      { _id: 'a', name: 'x', live: true },
      { _id: 'b', name: 'x', live: false },
    ]);
    await expect(tests.rows.updateOne({ _id: 'b' }, { $set: { live: true } })).rejects.toMatchObject({ code: 11_000 });
  });

  test('of strength 2 ignore case, and not accents', async () => {
    await tests.rows.createIndex({ name: 1 }, { unique: true, collation: INSENSITIVE });
    await tests.rows.insertMany([
      { _id: 'a', name: 'Jose' },
      { _id: 'b', name: 'José' },
    ]);
    await expect(tests.rows.insertOne({ _id: 'c', name: 'JOSE' })).rejects.toMatchObject({ code: 11_000 });
  });

  test('over two fields, and over the elements of an array', async () => {
    await tests.rows.createIndex({ a: 1, b: 1 }, { unique: true });
    await tests.rows.insertMany([
      { _id: 'a', a: [1, 2], b: 1 },
      { _id: 'b', a: 1, b: 2 },
    ]);
    await expect(tests.rows.insertOne({ _id: 'c', a: 2, b: 1 })).rejects.toMatchObject({ code: 11_000 });
  });

  test('cannot be created over tests.rows with equal keys, and not twice with other options', async () => {
    await tests.rows.insertMany([
      { _id: 'a', name: 'x' },
      { _id: 'b', name: 'x' },
    ]);
    await expect(tests.rows.createIndex({ name: 1 }, { unique: true })).rejects.toMatchObject({ code: 11_000 });
    await tests.rows.createIndex({ name: 1 });
    await tests.rows.createIndex({ name: 1 });
    await expect(tests.rows.createIndex({ name: 1 }, { name: 'other' })).rejects.toMatchObject({ code: 85 });
    await expect(tests.rows.createIndex({ other: 1 }, { name: 'name_1' })).rejects.toMatchObject({ code: 86 });
  });
});

describe('Reads', () => {
  test('a collation of strength 2 finds strings in any case, 1 without accents too', async () => {
    await tests.rows.insertOne({ _id: 'a', name: 'José', n: 1 });
    const count = async (filter: object, strength: number) =>
      (await ids(tests.rows.find(filter, { collation: { locale: 'en', strength } }))).length;
    expect(await tests.rows.findOne({ name: 'JOSÉ' })).toBeNull();
    expect(await count({ name: 'JOSÉ' }, 2)).toBe(1);
    expect(await count({ name: { $in: ['x', 'josÉ'] }, n: 1 }, 2)).toBe(1);
    expect(await count({ name: 'jose' }, 2)).toBe(0);
    expect(await count({ $or: [{ name: 'jose' }] }, 1)).toBe(1);
    expect(await tests.rows.findOneAndUpdate({ name: 'JOSÉ' }, { $set: { n: 2 } }, { collation: INSENSITIVE })).not.toBeNull();
    expect(await tests.rows.countDocuments({ name: 'JOSÉ' }, { collation: INSENSITIVE })).toBe(1);
  });

  test('a cursor fetches all batches, and can be closed', async () => {
    await tests.rows.insertMany([...ten]);
    expect(await ids(tests.rows.find({}, { batchSize: 3 }))).toHaveLength(10);
    expect(await tests.rows.aggregate([{ $match: { n: { $gt: 1 } } }], { batchSize: 3 }).toArray()).toHaveLength(8);
    const cursor = tests.rows.find({}, { batchSize: 2 });
    await cursor.next();
    await cursor.close();
    await tests.rows.insertMany(Array.from({ length: 300 }, (_, n) => ({ _id: `more${n}` })));
    expect(await ids(tests.rows.find())).toHaveLength(310);
  });

  test('sort, skip, limit, and projection', async () => {
    await tests.rows.insertMany([...ten]);
    expect(await ids(tests.rows.find().sort({ n: -1 }).skip(2).limit(3))).toEqual(['7', '6', '5']);
    const [first] = await tests.rows.find({ n: 3 }, { projection: { _id: 0, n: 1 } }).toArray();
    expect(first).toEqual({ n: 3 });
    expect(await tests.rows.findOne({ n: 3 }, { projection: { n: 0 } })).toEqual({ _id: '3' });
  });

  test('a sort orders the types, and takes an absent field for null', async () => {
    const values = [new Date(0), true, [], 'text', 5, null];
    await tests.rows.insertMany([
      ...values.map((v, n) => ({ _id: String(n), v: Array.isArray(v) ? { x: 1 } : v })),
      { _id: 'absent' },
    ]);
    expect(await ids(tests.rows.find().sort({ v: 1, _id: 1 }))).toEqual(['5', 'absent', '4', '3', '2', '1', '0']);
  });

  test('filters compare within a type, and find absent fields by null', async () => {
    await tests.rows.insertMany([
      { _id: 'a', n: 1 },
      { _id: 'b', n: 'text' },
      { _id: 'c' },
      { _id: 'd', n: null },
      { _id: 'e', n: [5] },
    ]);
    expect(await ids(tests.rows.find({ n: { $gt: 0 } }).sort({ _id: 1 }))).toEqual(['a', 'e']);
    expect(await ids(tests.rows.find({ n: null }).sort({ _id: 1 }))).toEqual(['c', 'd']);
    expect(await ids(tests.rows.find({ n: { $exists: false } }))).toEqual(['c']);
    expect(await ids(tests.rows.find({ $expr: { $lt: ['$n', 1] } }).sort({ _id: 1 }))).toEqual(['c', 'd']);
    expect(await tests.rows.distinct('n')).toEqual(expect.arrayContaining([1, 'text', 5]));
  });
});

describe('Bulk writes', () => {
  const bulk = (ordered: boolean) =>
    tests.rows.bulkWrite(
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
    expect(await ids(tests.rows.find())).toEqual(['a']);
  });

  test('do the rest when they are not', async () => {
    await expect(bulk(false)).rejects.toMatchObject({ code: 11_000 });
    expect(await tests.rows.find().toArray()).toEqual([{ _id: 'b', n: 1 }]);
  });
});

describe('Catalog', () => {
  test('lists and drops collections and indexes', async () => {
    const { database } = tests.opened;
    await expect(tests.rows.indexes()).rejects.toMatchObject({ code: 26 });
    await tests.rows.createIndex({ at: 1 }, { expireAfterSeconds: 60, name: 'ttl' });
    expect(await tests.rows.indexes()).toMatchObject([{ name: '_id_' }, { name: 'ttl', key: { at: 1 }, expireAfterSeconds: 60 }]);
    await expect(tests.rows.createIndex({ at: 1 }, { expireAfterSeconds: 61, name: 'ttl' })).rejects.toMatchObject({ code: 85 });
    await database.command({ collMod: tests.rows.collectionName, index: { name: 'ttl', expireAfterSeconds: 61 } });
    expect(await tests.rows.indexes()).toMatchObject([{}, { expireAfterSeconds: 61 }]);
    expect(await database.listCollections({ name: tests.rows.collectionName }).toArray()).toHaveLength(1);
    await tests.rows.dropIndex('ttl');
    await expect(tests.rows.dropIndex('ttl')).rejects.toMatchObject({ code: 27 });
    await tests.rows.drop();
    expect(await database.listCollections({ name: tests.rows.collectionName }).toArray()).toEqual([]);
  });

  test('answers an unknown command with error 59', async () => {
    await expect(tests.opened.database.command({ nonsense: 1 })).rejects.toMatchObject({ code: 59, codeName: 'CommandNotFound' });
  });
});
