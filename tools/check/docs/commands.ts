import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { publishedPackages } from '../../build/published-packages.js';
import { lineAt, root, type Page, type Problem } from './page.js';

/** Packages of others that pages may run by `npx`: the reader has installed them. */
const OTHERS = ['vitest'];

/**
 * Checks that `npx` names a package of ours that has a command. Where a package is not installed, npx downloads the one of that
 * name and runs it: a name that is not ours could be anybody's, and these commands have the master key in their environment
 * (untrusted search path, CWE-426).
 */
export function checkCommands({ name: page, text }: Page): readonly Problem[] {
  return [...text.matchAll(/\bnpx\s+(?:-\S+\s+)*([\w@./-]+)/g)].flatMap(({ index, 1: name = '' }) => {
    const what = `npx ${name}: is no package of ours with a command`;
    return isOurs(name) || OTHERS.includes(name) ? [] : [{ page, line: lineAt(text, index), what }];
  });
}

const isOurs = (name: string): boolean =>
  publishedPackages(root).some((folder) => {
    const manifest = JSON.parse(readFileSync(join(root, 'packages', folder, 'package.json'), 'utf8')) as object;
    return 'bin' in manifest && 'name' in manifest && manifest.name === name;
  });
