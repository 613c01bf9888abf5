import { existsSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { publishedPackages } from './published-packages.js';

/**
 * What the manifests of all published packages have alike follows from the root's: `npm run manifests` writes it, with a copy
 * of the licence for each tarball; with `--check` it only says what differs.
 */

interface Manifest {
  readonly name: string;
  readonly version: string;
  readonly bin?: Readonly<Record<string, string>>;
  readonly dependencies?: Readonly<Record<string, string>>;
  readonly [field: string]: unknown;
}

const root = fileURLToPath(new URL('../..', import.meta.url));
const isCheck = process.argv.includes('--check');
const read = (...path: readonly string[]): string => readFileSync(join(root, ...path), 'utf8');
const manifestOf = (...path: readonly string[]): Manifest => JSON.parse(read(...path, 'package.json')) as Manifest;
const problems: string[] = [];

function put(path: readonly string[], text: string): void {
  if (existsSync(join(root, ...path)) && read(...path) === text) return;
  if (isCheck) problems.push(`${path.join('/')} is not as \`npm run manifests\` writes it`);
  else writeFileSync(join(root, ...path), text);
}

const { license, repository } = manifestOf() as Manifest & {
  readonly repository: { readonly type: string; readonly url: string };
};
const home = repository.url.replace(/^git\+/, '').replace(/\.git$/, '');

const folders = publishedPackages(root);
const versions = new Set(folders.map((folder) => manifestOf('packages', folder).version));
const [version] = versions;
if (versions.size !== 1) problems.push(`packages have several versions: ${[...versions].join(', ')}`);

for (const folder of folders) {
  const manifest = manifestOf('packages', folder);
  const directory = `packages/${folder}`;
  const alike = {
    license,
    homepage: `${home}/tree/main/${directory}#readme`,
    bugs: `${home}/issues`,
    repository: { ...repository, directory },
    files: ['dist', '!dist/cli.d.*', 'CHANGELOG.md'], // programs are run, and never required
    // The package is signed by the workflow that builds it, so only the release workflow can publish.
    publishConfig: { access: 'public', provenance: true },
  };
  put(['packages', folder, 'package.json'], `${JSON.stringify({ ...manifest, ...alike }, null, 2)}\n`);
  put(['packages', folder, 'LICENSE'], read('LICENSE'));
  for (const path of Object.values(manifest.bin ?? {}))
    if (path.startsWith('./')) problems.push(`${directory}: npm publishes no program ${path}; leave out the ./`);
  for (const [name, range] of Object.entries(manifest.dependencies ?? {})) {
    if (name.startsWith('@parse-factors/') && range !== `^${version}`)
      problems.push(`${directory} depends on ${name} ${range}, which is at ${version}`);
    if (/^\d/.test(range)) problems.push(`${directory} pins ${name} to ${range}: applications could not have a later one`);
  }
}
if (problems.length > 0) {
  process.stderr.write(`${problems.join('\n')}\n`);
  process.exit(1);
}
