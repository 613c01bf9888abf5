import { existsSync, readdirSync, statSync } from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { build } from 'vite';

const root = fileURLToPath(new URL('..', import.meta.url));

const changedAt = (path: string): number => statSync(path).mtimeMs;

/** When anything that the web app is made of was last changed. */
function latest(folder: string): number {
  const files = readdirSync(folder, { recursive: true, withFileTypes: true }).filter((entry) => entry.isFile());
  return Math.max(...files.map(({ parentPath, name }) => changedAt(join(parentPath, name))));
}

/** Vitest's global set-up: builds the web app, unless it is there as its sources are. */
export default async function buildWebApp(): Promise<void> {
  const built = join(root, 'dist', 'web', 'index.html');
  const sources = [join(root, 'web'), join(root, '../../packages/client/src')];
  if (existsSync(built) && changedAt(built) > Math.max(...sources.map(latest))) return;
  await build({ configFile: join(root, 'vite.config.ts'), logLevel: 'error' });
}
