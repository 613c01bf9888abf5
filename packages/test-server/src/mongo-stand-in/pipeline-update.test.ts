// oxlint-disable unicorn/no-thenable -- branches of $cond and $switch have a field of that name
import { describe, expect, test } from 'vitest';
import { rowsOfTests } from './test-rows.js';

const tests = rowsOfTests();

const { stored } = tests;

/** Evaluates an expression on a stored document with an update's pipeline. `absent` if the result has no such field. */
async function evaluate(expression: unknown, document: object = {}): Promise<unknown> {
  await tests.rows.deleteMany({});
  await tests.rows.insertOne({ _id: 'a', ...document });
  await tests.rows.updateOne({ _id: 'a' }, [{ $set: { result: expression } }]);
  const row = await stored();
  return row !== null && 'result' in row ? row['result'] : 'absent';
}

describe('Update pipelines', () => {
  test('expressions of one stage see the row before the stage, those of the next its result', async () => {
    await tests.rows.insertOne({ _id: 'a', n: 1 });
    await tests.rows.updateOne({ _id: 'a' }, [{ $set: { n: { $add: ['$n', 1] }, old: '$n' } }, { $addFields: { next: '$n' } }]);
    expect(await stored()).toEqual({ _id: 'a', n: 2, old: 1, next: 2 });
  });

  test('$set keeps the other fields of an embedded document', async () => {
    await tests.rows.insertOne({ _id: 'a', in: { x: 1 }, list: [{ x: 1 }, { x: 2 }] });
    await tests.rows.updateOne({ _id: 'a' }, [{ $set: { in: { y: 2 }, 'list.y': 3, 'deep.er': 1 } }]);
    expect(await stored()).toEqual({
      _id: 'a',
      in: { x: 1, y: 2 },
      list: [
        { x: 1, y: 3 },
        { x: 2, y: 3 },
      ],
      deep: { er: 1 },
    });
    await tests.rows.updateOne({ _id: 'a' }, [{ $set: { in: { $literal: { z: 1 } } } }, { $unset: ['list', 'deep.er'] }]);
    expect(await stored()).toEqual({ _id: 'a', in: { z: 1 }, deep: {} });
  });

  test('$unset, $project, $replaceRoot, and $replaceWith keep _id', async () => {
    await tests.rows.insertOne({ _id: 'a', x: 1, y: 2, in: { z: 3 } });
    await tests.rows.updateOne({ _id: 'a' }, [{ $unset: 'y' }]);
    expect(await stored()).toEqual({ _id: 'a', x: 1, in: { z: 3 } });
    await tests.rows.updateOne({ _id: 'a' }, [{ $project: { in: 1, sum: { $add: ['$x', 1] } } }]);
    expect(await stored()).toEqual({ _id: 'a', in: { z: 3 }, sum: 2 });
    await tests.rows.updateOne({ _id: 'a' }, [{ $project: { sum: 0 } }, { $replaceRoot: { newRoot: '$in' } }]);
    expect(await stored()).toEqual({ _id: 'a', z: 3 });
    await tests.rows.updateOne({ _id: 'a' }, [{ $replaceWith: { $mergeObjects: ['$$ROOT', { w: '$z' }] } }]);
    expect(await stored()).toEqual({ _id: 'a', z: 3, w: 3 });
  });

  test('an upsert runs the pipeline on the equalities of the filter, and keeps its _id', async () => {
    const pipeline = [{ $replaceWith: { was: '$kind', n: { $add: [{ $ifNull: ['$n', 0] }, 1] } } }];
    const options = { upsert: true, returnDocument: 'after' } as const;
    expect(await tests.rows.findOneAndUpdate({ _id: 'a', kind: 'k' }, pipeline, options)).toEqual({ _id: 'a', was: 'k', n: 1 });
    expect(await tests.rows.findOneAndUpdate({ _id: 'a' }, pipeline, options)).toEqual({ _id: 'a', n: 2 });
  });

  test('a stage that would change _id, a strange stage, and an unknown operator are refused', async () => {
    await tests.rows.insertOne({ _id: 'a' });
    const run = (stage: object) => tests.rows.updateOne({ _id: 'a' }, [stage]);
    await expect(run({ $set: { _id: 'b' } })).rejects.toMatchObject({ code: 66 });
    await expect(run({ $match: {} })).rejects.toMatchObject({ code: 72 });
    await expect(run({ $set: { x: { $nonsense: 1 } } })).rejects.toMatchObject({ code: 168 });
    await expect(run({ $replaceWith: '$absent' })).rejects.toMatchObject({ code: 40_228 });
  });

  test.each<[name: string, expression: unknown, document: object, result: unknown]>([
    ['an absent field is less than null', { $lt: ['$absent', null] }, {}, true],
    ['an absent field is not null', { $eq: ['$absent', null] }, {}, false],
    ['null is less than a number', { $lt: [null, -1] }, {}, true],
    ['a number is less than a string', { $lt: [1e9, ''] }, {}, true],
    ['a string is less than a document', { $lt: ['z', {}] }, {}, true],
    ['a document is less than an array', { $lt: [{ $literal: { z: 1 } }, []] }, {}, true],
    ['false is less than true', { $lt: [false, true] }, {}, true],
    ['true is less than a date', { $lt: [true, '$d'] }, { d: new Date(0) }, true],
    ['dates compare', { $gte: ['$d', new Date(5)] }, { d: new Date(5) }, true],
    ['upper case is less than lower case', { $gt: ['a', 'Z'] }, {}, true],
    ['the order of fields counts', { $eq: ['$x', '$y'] }, { x: { a: 1, b: 1 }, y: { b: 1, a: 1 } }, false],
    [
      'arrays compare by their elements',
      {
        $lte: [
          [1, 2],
          [1, 3],
        ],
      },
      {},
      true,
    ],
    ['$ne', { $ne: ['$n', 1] }, { n: 2 }, true],
    ['$cond as a document', { $cond: { if: '$absent', then: 1, else: 2 } }, {}, 2],
    ['$cond takes an empty string for true', { $cond: ['', 1, 2] }, {}, 1],
    ['$cond takes 0 for false', { $cond: [0, 1, 2] }, {}, 2],
    ['$switch', { $switch: { branches: [{ case: { $eq: ['$n', 1] }, then: 'one' }], default: 'other' } }, { n: 1 }, 'one'],
    ['the default of $switch', { $switch: { branches: [{ case: false, then: 1 }], default: '$n' } }, { n: 5 }, 5],
    ['$and of nothing', { $and: [] }, {}, true],
    ['$or of nothing', { $or: [] }, {}, false],
    ['$and of an absent field', { $and: [true, '$absent'] }, {}, false],
    ['$not', { $not: ['$absent'] }, {}, true],
    ['$add of an absent field', { $add: ['$absent', 1] }, {}, null],
    ['$add to a date', { $add: ['$d', 5] }, { d: new Date(5) }, new Date(10)],
    ['$subtract of dates', { $subtract: ['$d', new Date(1)] }, { d: new Date(5) }, 4],
    ['$multiply of $pow', { $multiply: [3, { $pow: [2, 4] }] }, {}, 48],
    ['$min ignores absent fields', { $min: ['$absent', 3, 2] }, {}, 2],
    ['$max of an array', { $max: '$list' }, { list: [1, 5, 3] }, 5],
    ['$max of nothing', { $max: ['$absent', null] }, {}, null],
    ['$ifNull', { $ifNull: ['$absent', null, 'x'] }, {}, 'x'],
    ['$ifNull that ends in an absent field', { $ifNull: ['$absent', '$absent2'] }, {}, 'absent'],
    ['$literal', { $literal: { $add: [1, 1] } }, {}, { $add: [1, 1] }],
    ['$in', { $in: ['$n', [1, 2]] }, { n: 2 }, true],
    ['$in of another type', { $in: ['2', [1, 2]] }, {}, false],
    ['$type of an absent field', { $type: '$absent' }, {}, 'missing'],
    ['$type of a number', { $type: '$n' }, { n: 1 }, 'int'],
    ['$type of a fraction', { $type: '$n' }, { n: 1.5 }, 'double'],
    ['$type of null', { $type: '$n' }, { n: null }, 'null'],
    ['$concat', { $concat: ['a', '$s'] }, { s: 'b' }, 'ab'],
    ['$concat of an absent field', { $concat: ['a', '$absent'] }, {}, null],
    ['$mergeObjects', { $mergeObjects: ['$absent', { x: 1 }, { y: '$n' }] }, { n: 2 }, { x: 1, y: 2 }],
    ['$$REMOVE', '$$REMOVE', { result: 1 }, 'absent'],
    ['an absent field removes the field', '$absent', { result: 1 }, 'absent'],
    ['$let', { $let: { vars: { v: { $add: ['$n', 1] } }, in: { $multiply: ['$$v', 2] } } }, { n: 2 }, 6],
    ['an absent field in an array is null', ['$absent', '$n'], { n: 1 }, [null, 1]],
    ['a path through an array', '$list.x', { list: [{ x: 1 }, {}, { x: 3 }] }, [1, 3]],
  ])('%s', async (_name, expression, document, result) => {
    expect(await evaluate(expression, document)).toEqual(result);
  });

  test.each<[name: string, expression: unknown, code: number]>([
    ['$add of a string', { $add: ['x', 1] }, 14],
    ['$in of no array', { $in: [1, '$absent'] }, 40_081],
    ['$switch without a branch that fits', { $switch: { branches: [{ case: '$absent', then: 1 }] } }, 40_066],
    ['$concat of a number', { $concat: ['a', 1] }, 16_702],
  ])('%s is refused', async (_name, expression, code) => {
    await expect(evaluate(expression)).rejects.toMatchObject({ code });
  });
});
