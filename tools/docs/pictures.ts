import { copyFileSync, existsSync, mkdirSync, readdirSync, readFileSync, rmSync } from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';

/** Takes the pictures that documents show from what the last run of the browser tests has left, and leaves no others. */

const root = fileURLToPath(new URL('../..', import.meta.url));
const screenshots = join(root, 'apps/example/screenshots');
const target = join(root, 'docs/pictures');

const pages = readdirSync(join(root, 'docs'), { recursive: true, encoding: 'utf8' })
  .filter((name) => name.endsWith('.md') && !name.includes('node_modules'))
  .map((name) => join('docs', name));
const shown = ['README.md', ...pages].flatMap((page) =>
  [...readFileSync(join(root, page), 'utf8').matchAll(/pictures\/([\w-]+\.png)/g)].map(([, name = '']) => name),
);

rmSync(target, { recursive: true, force: true });
mkdirSync(target, { recursive: true });
// Those of the example are taken on a phone; Parse Dashboard needs a desk.
const deviceOf = (name: string): string => (existsSync(join(screenshots, 'phone', name)) ? 'phone' : 'desktop');
for (const name of new Set(shown)) copyFileSync(join(screenshots, deviceOf(name), name), join(target, name));
