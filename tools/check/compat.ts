import { execFileSync, spawnSync } from 'node:child_process';
import { existsSync, mkdirSync, readdirSync, rmSync, writeFileSync } from 'node:fs';
import { delimiter, join, sep } from 'node:path';
import { fileURLToPath } from 'node:url';
import { testTags } from '@parse-factors/test-server/test-tags';

/**
 * Runs the suites that speak HTTP against other versions of Parse Server and of Node, and on MongoDB: those whose first line
 * is tagged `// @compat`. With `--full` every suite of `e2e` and of the example. With a number only that line of the matrix,
 * with `mongodb` only that on MongoDB, which runs suites of `e2e` on the server of `MONGODB_URI`, or on a stand-in.
 */

const root = fileURLToPath(new URL('../..', import.meta.url));
const cache = join(root, 'node_modules', '.cache', 'compat');

/** A line of the matrix; what is left out is as installed. */
interface Line {
  readonly parseServer?: string;
  readonly node?: string;
  readonly database?: 'mongodb';
}

const MATRIX: readonly Line[] = [
  { parseServer: '8.6.94' },
  { parseServer: '9.10.1-alpha.13', node: '24.21.0' },
  { node: '22.23.3' },
  { node: '24.21.0' },
  { database: 'mongodb' },
];

const FOLDERS = ['packages', 'apps', 'e2e'];
const files = FOLDERS.flatMap((folder) =>
  readdirSync(join(root, folder), { recursive: true, encoding: 'utf8' })
    .filter((file) => file.endsWith('.test.ts') && !file.includes('node_modules'))
    .map((file) => `${folder}/${file.replaceAll(sep, '/')}`),
);

/** Every file that is tagged so; `testTags` says what the tags mean. */
function tagged(tag: string): string[] {
  const found = files.filter((file) => testTags(join(root, file)).has(tag));
  if (found.length === 0) throw new Error(`no test file is tagged ${tag}`);
  return found;
}

/** What runs on a line of the matrix. The example as a process of its own runs on the Parse Server that is installed. */
function suitesOf({ parseServer, database }: Line, isFull: boolean): string[] {
  const isE2e = (file: string): boolean => file.startsWith('e2e/');
  if (database === 'mongodb') return isFull ? ['e2e/'] : [...tagged('@compat'), ...tagged('@compat-installed')].filter(isE2e);
  if (isFull) return ['e2e/', 'apps/example/', ...tagged('@compat-full')];
  const isOtherMajor = parseServer?.startsWith('8.') === true;
  return [
    ...tagged('@compat'),
    ...(isOtherMajor ? tagged('@compat-major') : []),
    ...(parseServer === undefined ? tagged('@compat-installed') : []),
  ];
}

/** Installs a package apart from the project, once; gives the folder. */
function install(name: string, version: string): string {
  const folder = join(cache, `${name}-${version}`);
  if (existsSync(join(folder, 'installed'))) return folder;
  rmSync(folder, { recursive: true, force: true });
  mkdirSync(folder, { recursive: true });
  // `router` 2.3.0 and later break Parse Server's routes, as in the project itself.
  const manifest = { private: true, dependencies: { [name]: version }, overrides: { router: '2.2.0' } };
  writeFileSync(join(folder, 'package.json'), JSON.stringify(manifest));
  const options = ['install', '--no-audit', '--no-fund', '--ignore-scripts', '--no-package-lock', '--loglevel=error'];
  execFileSync('npm', options, { cwd: folder, stdio: 'inherit' });
  writeFileSync(join(folder, 'installed'), '');
  return folder;
}

function databaseOf({ database }: Line): string {
  if (database === undefined) return 'Postgres';
  return process.env['MONGODB_URI'] ? 'MongoDB' : 'MongoDB (stand-in)';
}

function run(line: Line, isFull: boolean): boolean {
  const { parseServer, node, database } = line;
  const bin =
    node === undefined
      ? undefined
      : join(
          install(`node-${process.platform}-${process.arch}`, node),
          'node_modules',
          `node-${process.platform}-${process.arch}`,
          'bin',
        );
  const env = {
    ...process.env,
    NODE_COMPILE_CACHE: join(cache, 'compiled'), // from Node 22 on: a fifth of a file's time goes into loading Parse Server
    ...(bin !== undefined && { PATH: `${bin}${delimiter}${process.env['PATH'] ?? ''}` }),
    ...(database !== undefined && { TEST_DATABASE: database }),
    ...(parseServer !== undefined && { PARSE_SERVER_HOME: install('parse-server', parseServer) }),
  };
  process.stdout.write(`\nParse Server ${parseServer ?? 'as installed'}, Node ${node ?? process.version}, ${databaseOf(line)}\n`);
  const vitest = [join(root, 'node_modules', 'vitest', 'vitest.mjs'), 'run', '--reporter=dot', ...suitesOf(line, isFull)];
  return (
    spawnSync(bin === undefined ? process.execPath : join(bin, 'node'), vitest, { cwd: root, env, stdio: 'inherit' }).status === 0
  );
}

const chosen = process.argv.slice(2).filter((argument) => !argument.startsWith('--'));
const isChosen = ({ database }: Line, index: number): boolean =>
  chosen.length === 0 || chosen.includes(String(index)) || (database !== undefined && chosen.includes(database));
const lines = MATRIX.filter(isChosen);
if (lines.length === 0) throw new Error(`no line of the matrix is ${chosen.join(' or ')}`);
const failed = lines.filter((line) => !run(line, process.argv.includes('--full')));
if (failed.length > 0) throw new Error(`does not hold: ${JSON.stringify(failed)}`);
