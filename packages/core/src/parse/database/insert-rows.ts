import type { ParseFields, ParseRow, ParseStorage } from './parse-database.js';
import { poolOf, type Prepared, prepared, PostgresStatements } from './postgres-statements.js';

/** A class, and rows of it. Fields that a row does not have stay empty. */
export interface NewRows {
  readonly className: string;
  readonly schema: object;
  readonly fields: ParseFields;
  readonly rows: readonly ParseRow[];
}

/** Creates rows: in one statement on Postgres, one after another elsewhere. Rejects if one cannot be created. */
export async function insertRows(adapter: ParseStorage, { className, schema, fields, rows }: NewRows): Promise<void> {
  const now = new Date().toISOString();
  const pool = poolOf(adapter);
  if (pool === undefined) {
    const times = { createdAt: { __type: 'Date', iso: now }, updatedAt: { __type: 'Date', iso: now } };
    for (const row of rows) await adapter.createObject(className, schema, { ...row, ...times });
    return;
  }
  const { columns, statement } = insertInto(className, fields);
  const timed: readonly ParseRow[] = rows.map((row) => ({ ...row, createdAt: now, updatedAt: now }));
  await PostgresStatements.of(pool).run(
    statement,
    columns.map((column) => timed.map((row) => row[column] ?? null)),
  );
}

interface Insert {
  readonly columns: readonly string[];
  readonly statement: Prepared;
}

const TYPES = { String: 'text', Number: 'float8', Boolean: 'boolean' } as const;
const known = new Map<string, Insert>();

/** The statement is the same for any number of rows, so that it is prepared once: each column is an array. */
function insertInto(className: string, fields: ParseFields): Insert {
  const made = known.get(className);
  if (made !== undefined) return made;
  const own = Object.entries(fields).map(([name, { type }]) => [name, TYPES[type]] as const);
  const all = [['objectId', 'text'], ['createdAt', 'timestamptz'], ['updatedAt', 'timestamptz'], ...own] as const;
  const names = all.map(([name]) => `"${name}"`).join(', ');
  const arrays = all.map(([, type], index) => `$${index + 1}::${type}[]`).join(', ');
  const statement = prepared(`INSERT INTO "${className}" (${names}) SELECT * FROM unnest(${arrays})`);
  const insert = { columns: all.map(([name]) => name), statement };
  known.set(className, insert);
  return insert;
}
