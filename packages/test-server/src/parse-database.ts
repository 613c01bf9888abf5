import { startParseServer, type TestServer } from './parse-server.js';

/** A started server, and what stores get of it. */
export interface OpenDatabase<Database> {
  readonly server: TestServer;
  readonly database: Database;
}

interface CloudCode<Database> {
  readonly Cloud: { define(name: string, work: (request: { readonly config: { database: Database } }) => void): void };
}

/**
 * Starts a server on an empty database, or on the one that is given, and gives what stores get of it. Name its type,
 * `openDatabase<ParseDatabase>(…)`: this package knows nothing of ours.
 */
export async function openDatabase<Database>(
  postgres: string,
  options: object = {},
  uri?: string,
): Promise<OpenDatabase<Database>> {
  let database: Database | undefined;
  const cloud = ({ Cloud }: CloudCode<Database>): void =>
    Cloud.define('config', ({ config }) => {
      database = config.database;
    });
  const server = await startParseServer(postgres, { cloud, ...options }, uri);
  await server.call('POST', '/functions/config', {});
  if (database === undefined) throw new Error('no database');
  return { server, database };
}
