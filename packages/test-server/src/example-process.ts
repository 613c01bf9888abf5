import { spawn, type ChildProcess } from 'node:child_process';
import { chmodSync, mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';

const main = fileURLToPath(new URL('../../../apps/example/src/main.ts', import.meta.url));

/** The example in its own process, as `npm start` runs it. */
export interface ExampleRun {
  readonly child: ChildProcess;
  readonly output: () => string;
  /** Resolves when the output contains the text, or the process ends. */
  until(text: string): Promise<void>;
  readonly ended: Promise<number | null>;
}

/** Starts examples that share a data folder, and removes everything afterwards. */
export class ExampleProcesses {
  readonly #folder = mkdtempSync(join(tmpdir(), 'example-'));
  readonly #children: ChildProcess[] = [];

  constructor() {
    chmodSync(this.#folder, 0o755); // the database runs as another system user, who must reach it
  }

  start(port: number, env: Record<string, string> = {}): ExampleRun {
    const child = spawn(process.execPath, ['--import', 'tsx', '--conditions=@parse-factors/source', main], {
      env: {
        ...process.env,
        NODE_ENV: 'development',
        SILENT: '',
        REDIS_URL: undefined,
        PORT: String(port),
        DATA_FOLDER: this.#folder,
        ...env,
      },
    });
    this.#children.push(child);
    let output = '';
    const watchers: (() => void)[] = [];
    const read = (chunk: Buffer): void => {
      output += chunk.toString();
      for (const watch of watchers) watch();
    };
    child.stdout.on('data', read);
    child.stderr.on('data', read);
    const ended = new Promise<number | null>((resolve) => child.once('exit', resolve));
    const until = (text: string): Promise<void> =>
      new Promise((resolve) => {
        const look = (): void => (output.includes(text) ? resolve() : undefined);
        watchers.push(look);
        look();
        void ended.then(() => resolve());
      });
    return { child, output: () => output, until, ended };
  }

  remove(): void {
    for (const child of this.#children) child.kill('SIGKILL');
    rmSync(this.#folder, { recursive: true, force: true });
  }
}
