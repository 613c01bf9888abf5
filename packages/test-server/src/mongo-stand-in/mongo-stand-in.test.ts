import { describe, expect, test } from 'vitest';
import { inc, rowsOfTests } from './test-rows.js';

const tests = rowsOfTests();

const { stored } = tests;

describe('Updates', () => {
  test('one of 20 parallel claims of a row wins', async () => {
    await tests.rows.insertOne({ _id: 'a', used: false });
    const claims = Array.from({ length: 20 }, () =>
      tests.rows.findOneAndUpdate({ _id: 'a', used: false }, { $set: { used: true } }),
    );
    expect((await Promise.all(claims)).filter((row) => row !== null)).toHaveLength(1);
  });

  test('five of 20 parallel increments below a limit win', async () => {
    await tests.rows.insertOne({ _id: 'a', n: 0 });
    const all = Array.from({ length: 20 }, () => tests.rows.updateOne({ _id: 'a', n: { $lt: 5 } }, inc({ n: 1 })));
    expect((await Promise.all(all)).filter(({ modifiedCount }) => modifiedCount === 1)).toHaveLength(5);
    expect(await stored()).toEqual({ _id: 'a', n: 5 });
  });

  test('operators change fields, and create the documents on the way', async () => {
    await tests.rows.insertOne({ _id: 'a', n: 1, gone: 1, list: [1, 2, 3], high: 5 });
    const update = {
      $set: { 'deep.er': 'x' },
      $unset: { gone: '' },
      $inc: { n: 2 },
      $max: { high: 7 },
      $pull: { list: { $gte: 3 } },
    } as object;
    expect(await tests.rows.updateOne({ _id: 'a' }, update)).toMatchObject({ matchedCount: 1, modifiedCount: 1 });
    expect(await stored()).toEqual({ _id: 'a', n: 3, list: [1, 2], high: 7, deep: { er: 'x' } });
    await tests.rows.updateOne({ _id: 'a' }, { $push: { list: { $each: [3, 4], $slice: -2 } }, $addToSet: { set: 1 } } as object);
    expect(await stored()).toMatchObject({ list: [3, 4], set: [1] });
  });

  test('an update that changes nothing matches and modifies nothing', async () => {
    await tests.rows.insertOne({ _id: 'a', n: 1 });
    expect(await tests.rows.updateOne({ _id: 'a' }, { $set: { n: 1 } })).toMatchObject({ matchedCount: 1, modifiedCount: 0 });
  });

  test.each([
    ['$inc of a string', { $inc: { text: 1 } }, 14],
    ['a field of a string', { $set: { 'text.x': 1 } }, 28],
    ['two operators on one path', { $set: { n: 1 }, $inc: { n: 1 } }, 40],
    ['another _id', { $set: { _id: 'b' } }, 66],
    ['an unknown operator', { $nonsense: { n: 1 } }, 9],
  ])('%s is refused', async (_name, update, code) => {
    await tests.rows.insertOne({ _id: 'a', text: 'x', n: 1 });
    await expect(tests.rows.updateOne({ _id: 'a' }, update as object)).rejects.toMatchObject({ code });
    expect(await stored()).toEqual({ _id: 'a', text: 'x', n: 1 });
  });

  test('an upsert starts from the equalities of the filter', async () => {
    const filter = { _id: 'a', kind: 'k', n: { $gt: 3 }, $and: [{ more: 1 }] };
    const result = await tests.rows.updateOne(filter, { $set: { x: 1 }, $setOnInsert: { y: 2 } }, { upsert: true });
    expect(result).toMatchObject({ matchedCount: 0, upsertedCount: 1, upsertedId: 'a' });
    expect(await stored()).toEqual({ _id: 'a', kind: 'k', more: 1, x: 1, y: 2 });
    await tests.rows.updateOne({ _id: 'a' }, { $setOnInsert: { y: 3 } }, { upsert: true });
    expect(await stored()).toMatchObject({ y: 2 });
  });

  test('a replacement keeps _id, and an upsert of one takes only _id from the filter', async () => {
    await tests.rows.replaceOne({ _id: 'a', kind: 'k' }, { x: 1 }, { upsert: true });
    expect(await stored()).toEqual({ _id: 'a', x: 1 });
    await tests.rows.replaceOne({ _id: 'a' }, { y: 1 });
    expect(await stored()).toEqual({ _id: 'a', y: 1 });
  });

  test('20 parallel upserts of one _id make one document', async () => {
    const upserts = Array.from({ length: 20 }, () =>
      tests.rows.updateOne({ _id: 'a' }, [{ $set: { n: { $add: [{ $ifNull: ['$n', 0] }, 1] } } }], { upsert: true }),
    );
    await Promise.all(upserts);
    expect(await stored()).toEqual({ _id: 'a', n: 20 });
  });
});

describe('findAndModify', () => {
  const withDetails = { includeResultMetadata: true } as const;

  test('returns the row of before, or that of after', async () => {
    await tests.rows.insertOne({ _id: 'a', n: 1 });
    expect(await tests.rows.findOneAndUpdate({ _id: 'a' }, inc({ n: 1 }))).toEqual({ _id: 'a', n: 1 });
    expect(await tests.rows.findOneAndUpdate({ _id: 'a' }, inc({ n: 1 }), { returnDocument: 'after' })).toEqual({
      _id: 'a',
      n: 3,
    });
  });

  test('says whether it updated, inserted, or found nothing', async () => {
    const add = (upsert: boolean) => tests.rows.findOneAndUpdate({ _id: 'a' }, inc({ n: 1 }), { upsert, ...withDetails });
    expect(await add(false)).toMatchObject({ value: null, lastErrorObject: { n: 0, updatedExisting: false } });
    expect(await add(true)).toMatchObject({ value: null, lastErrorObject: { n: 1, updatedExisting: false, upserted: 'a' } });
    expect(await add(true)).toMatchObject({ value: { n: 1 }, lastErrorObject: { n: 1, updatedExisting: true } });
  });

  test('takes the first row of a sort, and projects it', async () => {
    await tests.rows.insertMany([
      { _id: 'a', n: 1, x: 1 },
      { _id: 'b', n: 2, x: 2 },
    ]);
    const options = { sort: { n: -1 }, projection: { x: 1, _id: 0 } } as const;
    expect(await tests.rows.findOneAndUpdate({}, { $set: { seen: true } }, options)).toEqual({ x: 2 });
    expect(await tests.rows.findOneAndDelete({}, { sort: { n: -1 } })).toEqual({ _id: 'b', n: 2, x: 2, seen: true });
    expect(await tests.rows.findOneAndDelete({ _id: 'b' }, withDetails)).toMatchObject({
      value: null,
      lastErrorObject: { n: 0 },
    });
  });
});
