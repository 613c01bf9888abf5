import type { ParseFields, ParseRow, ParseStorage } from './parse-database.js';
import { poolOf, type Prepared, prepared, PostgresStatements } from './postgres-statements.js';

/** A class, and rows of it. Fields that a row does not have, or that are undefined, stay empty. */
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
    for (const row of rows) await adapter.createObject(className, schema, { ...withoutUndefined(row), ...times });
    return;
  }
  await PostgresStatements.of(pool).run(insertInto(className, fields), [JSON.stringify(rows), now]);
}

const withoutUndefined = (row: ParseRow): ParseRow =>
  Object.fromEntries(Object.entries(row).filter(([, value]) => value !== undefined));

const TYPES = { String: 'text', Number: 'float8', Boolean: 'boolean' } as const;
const known = new Map<string, Prepared>();

/** The statement is the same for any number of rows, so that it is prepared once: the rows are one array, in JSON. */
function insertInto(className: string, fields: ParseFields): Prepared {
  const made = known.get(className);
  if (made !== undefined) return made;
  const columns = Object.entries(fields).map(([name, { type }]) => [`"${name}"`, TYPES[type]] as const);
  const all = [['"objectId"', 'text'] as const, ...columns];
  const names = all.map(([name]) => name).join(', ');
  const typed = all.map(([name, type]) => `${name} ${type}`).join(', ');
  const statement = prepared(
    `INSERT INTO "${className}" (${names}, "createdAt", "updatedAt") ` +
      `SELECT ${names}, $2::timestamptz, $2::timestamptz FROM json_to_recordset($1::json) AS given (${typed})`,
  );
  known.set(className, statement);
  return statement;
}
