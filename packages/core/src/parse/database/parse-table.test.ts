import { expect, it } from 'vitest';
import type { ParseDatabase } from './parse-database.js';
import { ParseTable } from './parse-table.js';

it('rows that waited while the server closed its database are refused: its schema would be read, and MongoDB connected again', async () => {
  const asked: PropertyKey[] = [];
  const closed = { database: {}, connectionPromise: undefined };
  const adapter = new Proxy(closed, { get: (target, name) => (asked.push(name), Reflect.get(target, name)) });
  const loadSchema = (): never => {
    throw new Error('asked for the schema');
  };
  const table = new ParseTable({ adapter, loadSchema } as unknown as ParseDatabase, { className: 'Noted', fields: {} });
  await expect(table.createAll([{ objectId: 'a' }])).rejects.toThrow('unavailable');
  expect(new Set(asked)).toEqual(new Set(['_client', 'connectionPromise', 'database']));
});
