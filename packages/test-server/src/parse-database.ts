import { startParseServer, type TestServer } from './parse-server.js';

/** A started server, and the database object that stores get from it. */
export interface OpenDatabase<Database> {
  readonly server: TestServer;
  readonly database: Database;
}

interface CloudCode<Database> {
  readonly Cloud: { define(name: string, work: (request: { readonly config: { database: Database } }) => void): void };
}

/**
 * Starts a server on the given database, or on an empty one, and returns the database object for stores. Name its type, as in
 * `openDatabase<ParseDatabase>(…)`: this package does not depend on the core package.
 */
export async function openDatabase<Database>(
  databaseServer: string,
  options: object = {},
  uri?: string,
): Promise<OpenDatabase<Database>> {
  let database: Database | undefined;
  const cloud = ({ Cloud }: CloudCode<Database>): void =>
    Cloud.define('config', ({ config }) => {
      database = config.database;
    });
  const server = await startParseServer(databaseServer, { cloud, ...options }, uri);
  await server.call('POST', '/functions/config', {});
  if (database === undefined) throw new Error('no database');
  return { server, database };
}
