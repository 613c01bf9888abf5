import { createRequire } from 'node:module';
import { requireParseServer } from './parse-server-home.js';

type Send = (this: unknown, ...given: unknown[]) => unknown;

/** The `pg` driver of Parse Server, which may be another copy than this package's. */
const postgres = createRequire(requireParseServer.resolve('pg-promise'))('pg') as {
  readonly Client: { readonly prototype: { query: Send } };
};

/** Its MongoDB driver: every command goes through this class. */
const mongo = createRequire(requireParseServer.resolve('parse-server'))('mongodb/lib/cmap/connection.js') as {
  readonly Connection: { readonly prototype: { command: Send } };
};

/** Commands of the MongoDB driver for itself. */
const OWN_COMMANDS: ReadonlySet<string> = new Set(['hello', 'ismaster', 'ping', 'endSessions']);

/** The first key of a command is its name, and its value usually the collection. */
function isCommandCounted(command: Readonly<Record<string, unknown>>): boolean {
  const [[name, target = ''] = ['']] = Object.entries(command);
  return !OWN_COMMANDS.has(name) && !isInBackground(target);
}

/** Statements that no request waits for: Parse Server reads its schemas from a timer, and events are written afterwards. */
const isInBackground = (statement: unknown): boolean => /_SCHEMA|FactorEvent/.test(JSON.stringify(statement));

/** Counts the statements of SQL, or commands of MongoDB, that Parse Server sends in this process while `work` runs. */
export async function countStatements(work: () => Promise<unknown>): Promise<number> {
  const { query } = postgres.Client.prototype;
  const { command } = mongo.Connection.prototype;
  let statements = 0;
  postgres.Client.prototype.query = function count(this: unknown, ...given: unknown[]) {
    if (!isInBackground(given[0])) statements += 1;
    return query.apply(this, given);
  };
  mongo.Connection.prototype.command = function count(this: unknown, ...given: unknown[]) {
    if (isCommandCounted(given[1] as Readonly<Record<string, unknown>>)) statements += 1;
    return command.apply(this, given);
  };
  try {
    await work();
  } finally {
    postgres.Client.prototype.query = query;
    mongo.Connection.prototype.command = command;
  }
  return statements;
}
