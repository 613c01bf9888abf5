import { spawn, type ChildProcess } from 'node:child_process';
import { existsSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { kill } from './kill.js';

/** Where `.ci/run` installs it, from a lockfile of its own: as a dependency it would bring 400 packages for one test. */
const HOME = process.env['PARSE_DASHBOARD_HOME'] ?? fileURLToPath(new URL('../../../tools/parse-dashboard', import.meta.url));
const BIN = join(HOME, 'node_modules', 'parse-dashboard', 'bin', 'parse-dashboard');
const INSTALL = 'npm ci --prefix tools/parse-dashboard';

/** Whether this machine has a Parse Dashboard. Writes a line to stdout if not. */
export function hasDashboard(): boolean {
  const found = existsSync(BIN);
  if (!found) process.stdout.write(`skipped: there is no Parse Dashboard (${INSTALL})\n`);
  return found;
}

/** Parse Dashboard on this machine, without a sign-in. */
export class ParseDashboard {
  readonly #folder = mkdtempSync(join(tmpdir(), 'dashboard-'));
  #process: ChildProcess | undefined;

  /** @param config its configuration file */
  async start(port: number, config: object): Promise<void> {
    const file = join(this.#folder, 'config.json');
    writeFileSync(file, JSON.stringify(config));
    const options = ['--config', file, '--host', '127.0.0.1', '--port', String(port)];
    this.#process = spawn(process.execPath, [BIN, ...options], { stdio: ['ignore', 'pipe', 'ignore'] });
    const child = this.#process;
    await new Promise<void>((resolve, reject) => {
      let printed = '';
      // It is read until the process ends: with a closed pipe, the dashboard's next line would end it.
      child.stdout?.on('data', (chunk: Buffer) => {
        printed = (printed + chunk.toString()).slice(-1000);
        if (printed.includes('available at')) resolve();
      });
      child.once('exit', () => reject(new Error('Parse Dashboard did not start')));
    });
  }

  /** Stops it and removes its files. */
  async remove(): Promise<void> {
    await kill(this.#process);
    rmSync(this.#folder, { recursive: true, force: true });
  }
}
