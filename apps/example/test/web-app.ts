import { execFileSync } from 'node:child_process';
import { existsSync, readdirSync, statSync } from 'node:fs';
import { createRequire } from 'node:module';
import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';

const root = fileURLToPath(new URL('..', import.meta.url));

const changedAt = (path: string): number => statSync(path).mtimeMs;

/** When anything that the web app is made of was last changed. */
function latest(folder: string): number {
  const files = readdirSync(folder, { recursive: true, withFileTypes: true }).filter((entry) => entry.isFile());
  return Math.max(...files.map(({ parentPath, name }) => changedAt(join(parentPath, name))));
}

/** Vitest's global set-up: builds the web app, unless it is there as its sources are. */
export default function buildWebApp(): void {
  const built = join(root, 'dist', 'web', 'index.html');
  const sources = [join(root, 'web'), join(root, '../../packages/client/src')];
  if (existsSync(built) && changedAt(built) > Math.max(...sources.map(latest))) return;
  const vite = join(dirname(createRequire(import.meta.url).resolve('vite/package.json')), 'bin', 'vite.js');
  // By itself, as npm builds it: this process has an environment for tests.
  execFileSync(process.execPath, [vite, 'build', '--logLevel', 'error'], {
    cwd: root,
    env: { ...process.env, NODE_ENV: 'production' },
  });
}
