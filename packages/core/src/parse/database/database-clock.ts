import { asObject } from '../../validation/json-object.js';
import type { ParseStorage } from './parse-database.js';
import { poolOf } from './postgres-state.js';

/** The part of a database of the driver `mongodb` that is used here. */
interface Commanding {
  command(command: object): Promise<unknown>;
}

const NOW = 'SELECT (extract(epoch FROM clock_timestamp()) * 1000)::float8';

/** Returns what the clock of the database says, in epoch milliseconds; undefined for another storage adapter. */
export async function databaseTime(adapter: ParseStorage): Promise<number | undefined> {
  const pool = poolOf(adapter);
  if (pool !== undefined) return Number((await pool.query({ text: NOW, values: [], rowMode: 'array' })).rows[0]?.[0]);
  const { database } = adapter;
  if (!isCommanding(database)) return undefined;
  const time = asObject(await database.command({ hello: 1 }))?.['localTime'];
  return time instanceof Date ? time.getTime() : undefined;
}

const isCommanding = (database: unknown): database is Commanding =>
  typeof database === 'object' && database !== null && 'command' in database && typeof database.command === 'function';
