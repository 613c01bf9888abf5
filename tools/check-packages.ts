import { execFileSync } from 'node:child_process';
import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';

/** Checks the built packages as npm would publish them: layout, types, and loading in both module systems. */

interface Manifest {
  readonly name: string;
  readonly exports: Readonly<Record<string, unknown>>;
}

const root = fileURLToPath(new URL('..', import.meta.url));
const run = (command: string, ...given: readonly string[]): void => {
  execFileSync(join(root, 'node_modules/.bin', command), given, { cwd: root, stdio: 'inherit' });
};
const node = (script: string, type: 'module' | 'commonjs'): string =>
  execFileSync(process.execPath, [`--input-type=${type}`, '-e', script], { cwd: root, encoding: 'utf8' });

for (const folder of readdirSync(join(root, 'packages'))) {
  const { name, exports } = JSON.parse(readFileSync(join(root, 'packages', folder, 'package.json'), 'utf8')) as Manifest;
  run('publint', 'run', '--strict', join('packages', folder));
  run('attw', '--pack', join('packages', folder), '--exclude-entrypoints', './package.json');
  for (const path of Object.keys(exports).filter((entry) => entry !== './package.json')) {
    const specifier = JSON.stringify(name + path.slice(1));
    const names = `JSON.stringify(Object.keys(m).filter((key) => key !== 'default' && key !== 'module.exports').sort())`;
    const imported = node(`import * as m from ${specifier}; console.log(${names});`, 'module');
    const required = node(`const m = require(${specifier}); console.log(${names});`, 'commonjs');
    const sameClasses = node(
      `import { createRequire } from 'node:module'; import * as m from ${specifier};
       const r = createRequire(process.cwd() + '/x.js')(${specifier});
       console.log(Object.keys(m).every((key) => key === 'default' || key === 'module.exports' || m[key] === r[key]));`,
      'module',
    );
    if (imported !== required || imported === '[]\n')
      throw new Error(`${specifier}: import gives ${imported}, require gives ${required}`);
    if (sameClasses !== 'true\n') throw new Error(`${specifier}: import and require give different copies`);
  }
}
process.stdout.write('packages: layout, types, import and require are sound\n');
