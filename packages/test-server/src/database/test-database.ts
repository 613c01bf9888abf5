import { randomUUID } from 'node:crypto';
import pg from 'pg';
import { databaseUri } from '../mongo.js';
import type { DatabaseRows } from './database-rows.js';
import { MongoRows } from './mongo-rows.js';
import { PostgresRows } from './postgres-rows.js';

const { TEST_DATABASE: chosen = 'postgres' } = process.env;
if (chosen !== 'postgres' && chosen !== 'mongodb') throw new Error('TEST_DATABASE must be "postgres" or "mongodb".');

/** Whether tests run on Postgres, the default, or on MongoDB: the environment variable `TEST_DATABASE` says so. */
export const onPostgres: boolean = chosen === 'postgres';

/** Whether the database has transactions. On MongoDB replica sets have them, and the stand-in does not. */
export const hasTransactions: boolean = onPostgres || (process.env['MONGODB_URI'] ?? '').includes('replicaSet=');

const isMongo = (uri: string): boolean => uri.startsWith('mongodb');

/** Creates an empty database on the server of that URI, and gives its own URI. MongoDB creates it with its first write. */
export async function createDatabase(serverUri: string): Promise<string> {
  const name = `test_${randomUUID().replaceAll('-', '')}`;
  if (isMongo(serverUri)) return databaseUri(serverUri, name);
  const admin = new pg.Client({ connectionString: `${serverUri}/postgres` });
  await admin.connect();
  await admin.query(`create database ${name}`);
  await admin.end();
  return `${serverUri}/${name}`;
}

/** Opens the rows of a database. */
export const openRows = (uri: string): Promise<DatabaseRows> => (isMongo(uri) ? MongoRows.open(uri) : PostgresRows.open(uri));

export type { ProvidedContext } from 'vitest';
declare module 'vitest' {
  interface ProvidedContext {
    /** The URI of the database server, without the name of a database. */
    database: string;
  }
}
