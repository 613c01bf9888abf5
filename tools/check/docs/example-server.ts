import pg from 'pg';
import { ExampleProcesses } from '@parse-factors/test-server/example-process';
import { freePort, TestPostgres } from '@parse-factors/test-server/postgres';

/** The example, as a process of its own on a database of its own. */
export interface ExampleServer {
  readonly url: string;
  readonly masterKey: string;
  /** Forgets all users and all that is kept about them, as if it had just been started for the first time. */
  empty(): Promise<void>;
  stop(): Promise<void>;
}

const DATABASE = 'docs';

/** A job of the last page may still be running. Parse Server ends the process when the row of its status is gone. */
const KEPT = ['_SCHEMA', '_JobStatus'];

async function emptyTables(client: pg.Client): Promise<void> {
  const { rows } = await client.query<{ name: string }>(
    `SELECT format('%I', tablename) AS name FROM pg_tables WHERE schemaname = 'public' AND tablename <> ALL($1)`,
    [KEPT],
  );
  if (rows.length > 0) await client.query(`TRUNCATE ${rows.map(({ name }) => name).join(', ')}`);
}

/** Starts a Postgres and the example on it. */
export async function startExample(): Promise<ExampleServer> {
  const postgres = new TestPostgres();
  const examples = new ExampleProcesses();
  const masterKey = 'the master key of a documentation';
  await postgres.start();
  const admin = new pg.Client({ connectionString: `${postgres.uri}/postgres` });
  await admin.connect();
  await admin.query(`CREATE DATABASE ${DATABASE}`);
  await admin.end();
  const uri = `${postgres.uri}/${DATABASE}`;
  const port = await freePort();
  const run = examples.start(port, { DATABASE_URI: uri, MASTER_KEY: masterKey });
  await run.until('Ctrl-C stops it.');
  const client = new pg.Client({ connectionString: uri });
  const stop = async (): Promise<void> => {
    await client.end().catch(() => undefined);
    examples.remove();
    await postgres.remove();
  };
  if (run.child.exitCode !== null) {
    await stop();
    throw new Error(`the example did not start: ${run.output()}`);
  }
  await client.connect();
  return { url: `http://localhost:${port}`, masterKey, empty: () => emptyTables(client), stop };
}
