import { expect, it } from 'vitest';
import { insertRows } from './insert-rows.js';
import type { ParseStorage } from './parse-database.js';

const FIELDS = { type: { type: 'String' }, at: { type: 'Number' } } as const;

it('a field without a value is left out', async () => {
  const created: object[] = [];
  const createObject: ParseStorage['createObject'] = async (_className, _schema, object) => void created.push(object);
  const rows = [{ objectId: 'a', type: 'verified', at: undefined }];
  await insertRows({ createObject } as ParseStorage, { className: 'Noted', schema: {}, fields: FIELDS, rows });
  const date = { __type: 'Date', iso: expect.any(String) };
  expect(created).toStrictEqual([{ objectId: 'a', type: 'verified', createdAt: date, updatedAt: date }]);
});
