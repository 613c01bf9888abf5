import { asObject } from '../../validation/json-object.js';
import type { ParseStorage } from './parse-database.js';

/** Whether the server has closed its database. Without this check, MongoDB's driver would connect again. */
export function hasClosed({ _client: postgres, database: mongo, connectionPromise }: ParseStorage): boolean {
  if (postgres !== undefined) return asObject(postgres.$pool)?.['ending'] === true;
  return mongo !== undefined && connectionPromise === undefined;
}
