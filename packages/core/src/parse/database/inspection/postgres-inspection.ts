import type { DatabaseInspection } from './database-inspection.js';
import type { ParseStorage } from '../parse-database.js';
import { poolOf } from '../postgres-statements.js';

const VERSION = `SELECT current_setting('server_version')`;
const NOW = 'SELECT (extract(epoch FROM clock_timestamp()) * 1000)::float8';
/** Of a connection of Parse Server, as a role, a database or the URI can set it. */
const SETTINGS = `SELECT current_setting('fsync'), current_setting('synchronous_commit')`;
const ROWS = 'SELECT reltuples::float8 FROM pg_class WHERE oid = to_regclass($1)';
/** Indexes of all rows that begin with a column, and not with an expression. */
const INDEXES = `SELECT attname, indisunique AND indnkeyatts = 1 FROM pg_index
  JOIN pg_attribute ON attrelid = indrelid AND attnum = indkey[0]
  WHERE indrelid = to_regclass($1) AND indisvalid AND indpred IS NULL`;

/** Looks at Postgres over the pool that Parse Server has; undefined for another database. */
export function postgresInspection(adapter: ParseStorage): DatabaseInspection | undefined {
  const pool = poolOf(adapter);
  if (pool === undefined) return undefined;
  const rows = async (text: string, ...values: readonly string[]): Promise<readonly (readonly unknown[])[]> =>
    (await pool.query({ text, values, rowMode: 'array' })).rows;
  const quoted = (name: string): string => `"${name}"`;
  return {
    kind: 'postgres',
    version: async () => String((await rows(VERSION))[0]?.[0]),
    time: async () => Number((await rows(NOW))[0]?.[0]),
    lossySettings: async () => {
      const [fsync, commit] = (await rows(SETTINGS))[0] ?? [];
      return [...(fsync === 'off' ? ['fsync = off'] : []), ...(commit === 'off' ? ['synchronous_commit = off'] : [])];
    },
    // -1 if Postgres has not counted yet: it does so by itself once some rows have changed.
    estimateRows: async (className) => Math.max(0, Number((await rows(ROWS, quoted(className)))[0]?.[0] ?? 0)),
    indexesOf: async (className) =>
      (await rows(INDEXES, quoted(className))).map(([first, isUnique]) => ({
        first: String(first),
        isUnique: isUnique === true,
      })),
    indexStatement: (className, field) =>
      `CREATE INDEX CONCURRENTLY ${quoted(`${className}_${field}`)} ON ${quoted(className)} (${quoted(field)})`,
  };
}
