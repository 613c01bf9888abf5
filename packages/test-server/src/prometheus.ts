import { spawn, spawnSync, type ChildProcess } from 'node:child_process';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { kill } from './kill.js';
import { freePort } from './postgres.js';

/** Whether this machine has Prometheus. Writes a line to stdout if not. */
export function hasPrometheus(): boolean {
  const found = spawnSync('prometheus', ['--version']).status === 0;
  if (!found) process.stdout.write('skipped: there is no Prometheus (apt-get install prometheus)\n');
  return found;
}

/** A number that Prometheus has computed, and the labels of its series. */
export interface Sample {
  readonly labels: Readonly<Record<string, string>>;
  /** `NaN` where it divided by nothing. */
  readonly value: number;
}

/** A Prometheus on this machine that reads the metrics of one target, five times a second. */
export class Prometheus {
  readonly #folder: string = mkdtempSync(join(tmpdir(), 'prometheus-'));
  #process: ChildProcess | undefined;
  #url = '';

  /** @param target the host and port whose `/metrics` it reads */
  async start(target: string): Promise<void> {
    const port = await freePort();
    const config = {
      global: { scrape_interval: '200ms', scrape_timeout: '200ms' },
      scrape_configs: [{ job_name: 'factors', static_configs: [{ targets: [target] }] }],
    };
    const file = join(this.#folder, 'prometheus.yml');
    writeFileSync(file, JSON.stringify(config)); // JSON is YAML
    const address = `127.0.0.1:${port}`;
    const options = [`--config.file=${file}`, `--storage.tsdb.path=${this.#folder}/data`, `--web.listen-address=${address}`];
    this.#url = `http://${address}`;
    const server = spawn('prometheus', options, { stdio: ['ignore', 'ignore', 'pipe'] });
    this.#process = server;
    await new Promise<void>((resolve, reject) => {
      let log = '';
      // Read to the end: a program in Go ends when it writes to a pipe that is closed.
      server.stderr.on('data', (chunk: Buffer) => {
        log += chunk.toString();
        if (log.includes('ready to receive web requests')) resolve();
      });
      server.once('exit', () => reject(new Error('Prometheus did not start')));
    });
  }

  /** Evaluates an expression now. @throws Error with Prometheus' own words if it is none */
  async query(expression: string): Promise<readonly Sample[]> {
    const response = await fetch(`${this.#url}/api/v1/query`, {
      method: 'POST',
      body: new URLSearchParams({ query: expression }),
    });
    const { data, error } = (await response.json()) as {
      readonly error?: string;
      readonly data?: {
        readonly result: readonly {
          readonly metric: Readonly<Record<string, string>>;
          readonly value: readonly [number, string];
        }[];
      };
    };
    if (data === undefined) throw new Error(error);
    return data.result.map(({ metric, value: [, value] }) => ({ labels: metric, value: Number(value) }));
  }

  /** Stops it and removes its files. */
  async remove(): Promise<void> {
    await kill(this.#process);
    rmSync(this.#folder, { recursive: true, force: true });
  }
}
