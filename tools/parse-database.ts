import type { ParseDatabase } from '../packages/core/src/index.js';
import { startParseServer, type TestServer } from './parse-server.js';

/** A started server, and what stores get of it. */
export interface OpenDatabase {
  readonly server: TestServer;
  readonly database: ParseDatabase;
}

interface CloudCode {
  readonly Cloud: { define(name: string, work: (request: { readonly config: { database: ParseDatabase } }) => void): void };
}

/** Starts a server on an empty database, or on the one that is given, and gives what stores get of it. */
export async function openDatabase(postgres: string, options: object = {}, uri?: string): Promise<OpenDatabase> {
  let database: ParseDatabase | undefined;
  const cloud = ({ Cloud }: CloudCode): void =>
    Cloud.define('config', ({ config }) => {
      database = config.database;
    });
  const server = await startParseServer(postgres, { cloud, ...options }, uri);
  await server.call('POST', '/functions/config', {});
  if (database === undefined) throw new Error('no database');
  return { server, database };
}
