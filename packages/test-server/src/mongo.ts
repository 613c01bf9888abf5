import { MongoStandIn } from './mongo-stand-in/mongo-stand-in.js';

/** A MongoDB for tests. */
export interface TestMongo {
  /** The connection URI, for `databaseUri`. */
  readonly uri: string;
  /** The stand-in; `undefined` if it is a real MongoDB. */
  readonly standIn: MongoStandIn | undefined;
  /** Stops the stand-in. A real MongoDB keeps running. */
  stop(): Promise<void>;
}

/** Uses the MongoDB of the environment variable `MONGODB_URI`, or starts the stand-in. */
export async function startMongo(): Promise<TestMongo> {
  const { MONGODB_URI: given } = process.env;
  if (given !== undefined && given !== '') return { uri: given, standIn: undefined, stop: () => Promise.resolve() };
  const standIn = new MongoStandIn();
  await standIn.start();
  return { uri: standIn.uri, standIn, stop: () => standIn.stop() };
}

/**
 * Returns the URI of a database. It keeps the query of the URI, such as `?replicaSet=rs0`, and replaces the name of another
 * database, which stays the one that users authenticate against.
 */
export function databaseUri(uri: string, name: string): string {
  const [, hosts = uri, old = '', query = ''] = /^(mongodb(?:\+srv)?:\/\/[^/?]+)\/?([^?]*)\??(.*)$/.exec(uri) ?? [];
  const parameters = new URLSearchParams(query);
  if (old !== '' && hosts.includes('@') && !parameters.has('authSource')) parameters.set('authSource', decodeURIComponent(old));
  const text = parameters.toString();
  return `${hosts}/${encodeURIComponent(name)}${text === '' ? '' : `?${text}`}`;
}
