import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';

interface Manifest {
  readonly private?: boolean;
}

const isPrivate = (manifest: string): boolean => (JSON.parse(readFileSync(manifest, 'utf8')) as Manifest).private === true;

/** Names the folders in `packages/` that npm publishes: those whose manifest is not private. */
export const publishedPackages = (root: string): readonly string[] =>
  readdirSync(join(root, 'packages')).filter((folder) => !isPrivate(join(root, 'packages', folder, 'package.json')));
