import { createRequire } from 'node:module';
import { requireParseServer } from './parse-server-home.js';

interface Queries {
  query(...given: unknown[]): unknown;
}

/** The `pg` driver of Parse Server, which may be another copy than this package's. */
const driver = createRequire(requireParseServer.resolve('pg-promise'))('pg') as {
  readonly Client: { readonly prototype: Queries };
};

/** Statements that no request waits for: Parse Server reads its schemas from a timer, and events are written afterwards. */
const isInBackground = (statement: unknown): boolean => /_SCHEMA|FactorEvent/.test(JSON.stringify(statement));

/** Counts the SQL statements that Parse Server sends in this process while `work` runs. */
export async function countStatements(work: () => Promise<unknown>): Promise<number> {
  const { prototype } = driver.Client;
  const { query } = prototype;
  let statements = 0;
  prototype.query = function count(this: unknown, ...given: unknown[]) {
    if (!isInBackground(given[0])) statements += 1;
    return query.apply(this, given);
  };
  try {
    await work();
  } finally {
    prototype.query = query;
  }
  return statements;
}
