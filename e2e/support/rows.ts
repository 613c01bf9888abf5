import type { RowFilter } from '@parse-factors/test-server/database/database-rows';
import type { Person, TestServer } from '@parse-factors/test-server/parse-server';

type Database = Pick<TestServer, 'rows'>;
type User = Pick<Person, 'id'>;

/** What stands in a user's row of each factor. */
export type StoredFactors = Readonly<Record<string, Readonly<Record<string, unknown>> | null>>;

/** Reads `authData` of every user's row, as it is stored, by the user's id; without any it is empty. */
export async function allStoredFactors({ rows }: Database): Promise<Readonly<Record<string, StoredFactors>>> {
  const users = await rows.find('_User');
  return Object.fromEntries(users.map(({ objectId, authData }) => [String(objectId), (authData ?? {}) as StoredFactors]));
}

/** Reads `authData` of a user's row, as it is stored; without any it is empty. */
export async function storedFactors({ rows }: Database, { id }: User): Promise<StoredFactors> {
  const [user] = await rows.find('_User', { objectId: id });
  return (user?.['authData'] ?? {}) as StoredFactors;
}

/** Names what a user's row has in `authData`, in order. */
export const storedKeys = async (database: Database, user: User): Promise<string[]> =>
  Object.keys(await storedFactors(database, user)).toSorted((a, b) => a.localeCompare(b));

/** Replaces the whole of `authData` in a user's row, behind the server's back. */
export const storeFactors = ({ rows }: Database, { id }: User, factors: object): Promise<void> =>
  rows.update('_User', { objectId: id }, { authData: factors });

/** Replaces what stands of one factor in a user's row, behind the server's back, or adds it. */
export const storeFactor = async (database: Database, user: User, key: string, record: unknown): Promise<void> =>
  storeFactors(database, user, { ...(await storedFactors(database, user)), [key]: record });

/** Removes a factor from a user's row, behind the server's back. */
export async function dropFactor(database: Database, user: User, key: string): Promise<void> {
  const { [key]: _dropped, ...kept } = await storedFactors(database, user);
  await storeFactors(database, user, kept);
}

/** Counts the users that have this id in `authData` of a factor. */
export const countUsersBy = async (database: Database, key: string, id: string): Promise<number> =>
  Object.values(await allStoredFactors(database)).filter((factors) => factors[key]?.['id'] === id).length;

/** Counts the rows of a class. */
export const countRows = async ({ rows }: Database, className: string, filter?: RowFilter): Promise<number> =>
  (await rows.find(className, filter)).length;

/** Counts a user's sessions. */
export const countSessions = (database: Database, { id }: User): Promise<number> => countRows(database, '_Session', { user: id });

/** Reads the types of the events in the log. */
export const loggedTypes = async ({ rows }: Database): Promise<unknown[]> =>
  (await rows.hasClass('FactorEvent')) ? (await rows.find('FactorEvent')).map(({ type }) => type) : [];
