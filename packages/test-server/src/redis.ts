import { spawn, spawnSync, type ChildProcess } from 'node:child_process';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { createClient } from '@redis/client';
import { kill } from './kill.js';
import { freePort } from './postgres.js';

/** Whether this machine has a redis-server. Writes a line to stdout if not. */
export function hasRedis(): boolean {
  const found = spawnSync('redis-server', ['--version']).status === 0;
  if (!found) process.stdout.write('skipped: there is no redis-server (apt-get install redis-server)\n');
  return found;
}

/** A redis-server on this machine, empty at every start. */
export class RedisServer {
  readonly #options: readonly string[];
  readonly #folder: string = mkdtempSync(join(tmpdir(), 'redis-'));
  #port = 0;
  #process: ChildProcess | undefined;

  /** @param options further command-line options */
  constructor(...options: readonly string[]) {
    this.#options = options;
  }

  get port(): number {
    return this.#port;
  }

  get url(): string {
    return `redis://127.0.0.1:${this.#port}`;
  }

  /** Starts it, every time on the same port. */
  async start(): Promise<void> {
    if (this.#port === 0) this.#port = await freePort();
    const files = ['--save', '', '--appendonly', 'no', '--dir', this.#folder];
    const options = ['--port', String(this.#port), '--bind', '127.0.0.1', ...files, ...this.#options];
    this.#process = spawn('redis-server', options, { stdio: ['ignore', 'pipe', 'ignore'] });
    for await (const line of this.#process.stdout ?? []) if (String(line).includes('Ready to accept')) return;
    throw new Error('redis-server did not start');
  }

  /** Kills it, and loses its data. */
  crash(): Promise<void> {
    return kill(this.#process);
  }

  /** Suspends it like a machine that hangs, or resumes it. */
  hang(isHanging: boolean): void {
    this.#process?.kill(isHanging ? 'SIGSTOP' : 'SIGCONT');
  }

  /** Kills it and removes its files. */
  async remove(): Promise<void> {
    await this.crash();
    rmSync(this.#folder, { recursive: true, force: true });
  }
}

const SLOTS = 16_384;

/** A cluster of three masters that share the slots. */
export class TestRedisCluster {
  #servers: readonly RedisServer[] = [];

  get urls(): readonly string[] {
    return this.#servers.map(({ url }) => url);
  }

  async start(): Promise<void> {
    const buses = [await freePort(), await freePort(), await freePort()];
    this.#servers = buses.map((bus) => new RedisServer('--cluster-enabled', 'yes', '--cluster-port', String(bus)));
    for (const server of this.#servers) await server.start();
    const clients = this.urls.map((url) => createClient({ url }));
    for (const client of clients) await client.connect();
    for (const [index, client] of clients.entries()) {
      const [first, last] = [index, index + 1].map((share) => Math.floor((share * SLOTS) / clients.length));
      await client.sendCommand(['CLUSTER', 'ADDSLOTSRANGE', String(first), String((last ?? 0) - 1)]);
      const [port, bus] = [this.#servers[0]?.port, buses[0]];
      if (index > 0) await client.sendCommand(['CLUSTER', 'MEET', '127.0.0.1', String(port), String(bus)]);
    }
    for (const client of clients) {
      let isReady = false;
      while (!isReady) isReady = (await client.sendCommand<string>(['CLUSTER', 'INFO'])).includes('cluster_state:ok');
      client.destroy();
    }
  }

  async remove(): Promise<void> {
    for (const server of this.#servers) await server.remove();
  }
}
