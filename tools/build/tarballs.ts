import { execFileSync } from 'node:child_process';
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { publishedPackages } from './published-packages.js';

/** A package as npm would publish it. */
export interface Tarball {
  readonly name: string;
  readonly filename: string;
  readonly size: number;
  readonly unpackedSize: number;
  readonly files: readonly { readonly path: string; readonly mode: number }[];
}

const MAX_BYTES = 250_000;
const ALLOWED = /^(?:dist\/[\w-]+\.(?:d\.)?[mc][jt]s|README\.md|LICENSE|CHANGELOG\.md|package\.json)$/;
const REQUIRED = ['README.md', 'LICENSE', 'CHANGELOG.md', 'package.json'];

/** Packs all packages that npm publishes into a folder. */
export function pack(root: string, target: string): readonly Tarball[] {
  const folders = publishedPackages(root).map((folder) => `--workspace=packages/${folder}`);
  const options = ['pack', '--json', `--pack-destination=${target}`, '--loglevel=error', ...folders];
  return JSON.parse(execFileSync('npm', options, { cwd: root, encoding: 'utf8' })) as readonly Tarball[];
}

const paths = (value: unknown): readonly string[] => {
  if (typeof value === 'string') return [value];
  return typeof value === 'object' && value !== null
    ? Object.entries(value).flatMap(([key, entry]) => (key === '@parse-factors/source' ? [] : paths(entry)))
    : [];
};

/** What is wrong with what is in a tarball. */
export function faultsOf(tarball: Tarball, folder: string): readonly string[] {
  const { name, size, files } = tarball;
  const inside = new Set(files.map(({ path }) => path));
  const manifest = JSON.parse(readFileSync(join(folder, 'package.json'), 'utf8')) as Readonly<Record<string, unknown>>;
  const named = ['main', 'module', 'types', 'typesVersions', 'bin', 'exports'].flatMap((field) => paths(manifest[field]));
  const dangling = [...inside].filter(
    (path) => path.startsWith('dist/') && /^\/\/# sourceMappingURL=/m.test(readFileSync(join(folder, path), 'utf8')),
  );
  return [
    ...[...inside].filter((path) => !ALLOWED.test(path)).map((path) => `${path} does not belong there`),
    ...[...REQUIRED, ...named.map((path) => path.replace('./', ''))]
      .filter((path) => !inside.has(path))
      .map((path) => `${path} is missing`),
    ...dangling.map((path) => `${path} names a map that is not there`),
    ...(size > MAX_BYTES ? [`${size} bytes are more than ${MAX_BYTES}`] : []),
  ].map((fault) => `${name}: ${fault}`);
}
