import { spawn, spawnSync, type ChildProcess } from 'node:child_process';
import { once } from 'node:events';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { freePort } from './postgres.js';

/** Whether tests can have a Redis of their own. */
export function hasRedis(): boolean {
  const found = spawnSync('redis-server', ['--version']).status === 0;
  if (!found) process.stdout.write('skipped: there is no redis-server (apt-get install redis-server)\n');
  return found;
}

/** A redis-server of this machine, empty and without files. */
export class RedisServer {
  readonly #folder: string = mkdtempSync(join(tmpdir(), 'redis-'));
  #port = 0;
  #process: ChildProcess | undefined;

  get url(): string {
    return `redis://127.0.0.1:${this.#port}`;
  }

  /** Starts it, each time on the same port. */
  async start(): Promise<void> {
    if (this.#port === 0) this.#port = await freePort();
    const options = [
      '--port',
      String(this.#port),
      '--bind',
      '127.0.0.1',
      '--save',
      '',
      '--appendonly',
      'no',
      '--dir',
      this.#folder,
    ];
    this.#process = spawn('redis-server', options, { stdio: ['ignore', 'pipe', 'ignore'] });
    for await (const line of this.#process.stdout ?? []) if (String(line).includes('Ready to accept')) return;
    throw new Error('redis-server did not start');
  }

  /** Kills it; what it knew is gone. */
  async stop(): Promise<void> {
    const server = this.#process;
    if (server === undefined || server.exitCode !== null || server.signalCode !== null) return;
    const ended = once(server, 'exit');
    server.kill('SIGKILL');
    await ended;
  }

  /** Kills it, and leaves nothing. */
  async remove(): Promise<void> {
    await this.stop();
    rmSync(this.#folder, { recursive: true, force: true });
  }
}
