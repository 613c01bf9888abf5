import { mongoOf, MongoState } from './mongo-state.js';
import type { ParseStorage } from './parse-database.js';
import { PostgresState } from './postgres-state.js';
import { poolOf } from './postgres-statements.js';
import type { StateTable } from './state-table.js';

const known = new WeakMap<ParseStorage, Map<string, StateTable>>();

/**
 * Returns the table of the store that speaks to the database of this adapter itself; undefined if the adapter is neither Parse
 * Server's for Postgres nor the one for MongoDB.
 */
export function nativeState(adapter: ParseStorage, className: string, timeoutMs: number): StateTable | undefined {
  const tables = known.get(adapter) ?? new Map<string, StateTable>();
  const key = `${className} ${timeoutMs}`;
  const table = tables.get(key) ?? make(adapter, className, timeoutMs);
  if (table === undefined) return undefined;
  tables.set(key, table);
  known.set(adapter, tables);
  return table;
}

function make(adapter: ParseStorage, className: string, timeoutMs: number): StateTable | undefined {
  const pool = poolOf(adapter);
  if (pool !== undefined) return new PostgresState(pool, className);
  const mongo = mongoOf(adapter);
  return mongo && new MongoState(mongo, className, timeoutMs);
}
