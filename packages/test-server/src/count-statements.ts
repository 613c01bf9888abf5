import { createRequire } from 'node:module';
import { requireParseServer } from './parse-server-home.js';

interface Queries {
  query(...given: unknown[]): unknown;
}

/** The driver that Parse Server uses, which may be another copy than ours. */
const driver = createRequire(requireParseServer.resolve('pg-promise'))('pg') as {
  readonly Client: { readonly prototype: Queries };
};

/** A look at what a class is: one in five seconds, from a timer, and none for a request. */
const isLook = (statement: unknown): boolean => JSON.stringify(statement).includes('_SCHEMA');

/** How many SQL statements Parse Server in this process sends while the work runs. */
export async function countStatements(work: () => Promise<unknown>): Promise<number> {
  const { prototype } = driver.Client;
  const { query } = prototype;
  let statements = 0;
  prototype.query = function count(this: unknown, ...given: unknown[]) {
    if (!isLook(given[0])) statements += 1;
    return query.apply(this, given);
  };
  try {
    await work();
  } finally {
    prototype.query = query;
  }
  return statements;
}
