import type { Person, TestServer } from '@parse-factors/test-server/parse-server';

type Database = Pick<TestServer, 'sql'>;
type User = Pick<Person, 'id'>;

/** What stands in a user's row of each factor. */
export type StoredFactors = Readonly<Record<string, Readonly<Record<string, unknown>> | null>>;

/** Reads `authData` of a user's row, as it is stored; without any it is empty. */
export async function storedFactors({ sql }: Database, { id }: User): Promise<StoredFactors> {
  const { rows } = await sql.query<{ factors: StoredFactors | null }>(
    `select "authData"::jsonb as factors from "_User" where "objectId" = $1`,
    [id],
  );
  return rows[0]?.factors ?? {};
}

/** Names what a user's row has in `authData`, in order. */
export const storedKeys = async (database: Database, user: User): Promise<string[]> =>
  Object.keys(await storedFactors(database, user)).toSorted((a, b) => a.localeCompare(b));

/** Replaces the whole of `authData` in a user's row, behind the server's back. */
export async function storeFactors({ sql }: Database, { id }: User, factors: object | string): Promise<void> {
  const text = typeof factors === 'string' ? factors : JSON.stringify(factors);
  await sql.query(`update "_User" set "authData" = $2::jsonb where "objectId" = $1`, [id, text]);
}

/** Counts the rows of a class; `where` is SQL. */
export const countRows = async ({ sql }: Database, className: string, where = 'true'): Promise<number> =>
  (await sql.query(`select 1 from "${className}" where ${where}`)).rowCount ?? 0;

/** Counts a user's sessions. */
export const countSessions = async ({ sql }: Database, { id }: User): Promise<number> =>
  (await sql.query(`select 1 from "_Session" where "user" = $1`, [id])).rowCount ?? 0;
