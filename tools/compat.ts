import { execFileSync, spawnSync } from 'node:child_process';
import { existsSync, mkdirSync, rmSync, writeFileSync } from 'node:fs';
import { delimiter, join } from 'node:path';
import { fileURLToPath } from 'node:url';

/**
 * Runs the suites that speak HTTP against other versions of Parse Server and of Node. With `--full` every
 * suite of the example; with a number only that line of the matrix.
 */

const root = fileURLToPath(new URL('..', import.meta.url));
const cache = join(root, 'node_modules', '.cache', 'compat');

/** A line of the matrix; what is left out is as installed. */
interface Line {
  readonly parseServer?: string;
  readonly node?: string;
}

const MATRIX: readonly Line[] = [
  { parseServer: '8.6.94' },
  { parseServer: '9.10.1-alpha.13', node: '24.21.0' },
  { node: '22.23.3' },
  { node: '24.21.0' },
];

const paths = (names: string): string[] => names.split(' ').map((name) => `apps/example/test/${name}.test.ts`);

/** Every way in and every way round, in some two minutes. */
const SUITES = paths(
  'admin attacks device drop-in faults fresh-proof guard main-flow passwordless passwordless-modes recovery redis session-copies sessions statements strangers',
);

/** What leans on the other major version's hooks besides. */
const OTHER_MAJOR = paths('client fields mfa-records mfa-side-by-side passkey show');

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

function run({ parseServer, node }: Line, isFull: boolean): boolean {
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
    ...(parseServer !== undefined && { PARSE_SERVER_HOME: install('parse-server', parseServer) }),
  };
  // The example as a process of its own runs on the Parse Server that is installed.
  const isOtherMajor = parseServer?.startsWith('8.') === true;
  const quick = isOtherMajor ? [...SUITES, ...OTHER_MAJOR] : SUITES;
  const suites = isFull ? ['apps/example', 'packages/core/test/parse-otp-store.test.ts'] : quick;
  const more = !isFull && parseServer === undefined ? ['apps/example/test/start.test.ts'] : [];
  process.stdout.write(`\nParse Server ${parseServer ?? 'as installed'}, Node ${node ?? process.version}\n`);
  const vitest = [join(root, 'node_modules', 'vitest', 'vitest.mjs'), 'run', '--reporter=dot', ...suites, ...more];
  return (
    spawnSync(bin === undefined ? process.execPath : join(bin, 'node'), vitest, { cwd: root, env, stdio: 'inherit' }).status === 0
  );
}

const chosen = process.argv.slice(2).filter((argument) => /^\d+$/.test(argument));
const lines = MATRIX.filter((_line, index) => chosen.length === 0 || chosen.includes(String(index)));
const failed = lines.filter((line) => !run(line, process.argv.includes('--full')));
if (failed.length > 0) throw new Error(`does not hold: ${JSON.stringify(failed)}`);
