import { expect, it } from 'vitest';
import { insertRows } from './insert-rows.js';
import type { ParseRow, ParseStorage } from './parse-database.js';

const FIELDS = { type: { type: 'String' }, at: { type: 'Number' } } as const;
const table = (...rows: ParseRow[]) => ({ className: 'Noted', schema: {}, fields: FIELDS, rows });

/** A storage adapter with the state of Parse Server's for MongoDB. */
function mongoAdapter(state: Pick<ParseStorage, 'connectionPromise' | 'database'>) {
  const created: object[] = [];
  const createObject: ParseStorage['createObject'] = async (_className, _schema, object) => void created.push(object);
  return { created, adapter: { ...state, createObject } as unknown as ParseStorage };
}

it('rows that waited while the server closed its database are refused: MongoDB would be connected again', async () => {
  const { adapter, created } = mongoAdapter({ database: {}, connectionPromise: undefined });
  await expect(insertRows(adapter, table({ objectId: 'a', type: 'verified' }))).rejects.toThrow('closed');
  expect(created).toEqual([]);
});

it('a field without a value is left out', async () => {
  const { adapter, created } = mongoAdapter({ database: {}, connectionPromise: Promise.resolve() });
  await insertRows(adapter, table({ objectId: 'a', type: 'verified', at: undefined }));
  const date = { __type: 'Date', iso: expect.any(String) };
  expect(created).toStrictEqual([{ objectId: 'a', type: 'verified', createdAt: date, updatedAt: date }]);
});
