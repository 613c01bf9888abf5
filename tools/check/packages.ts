import { execFileSync } from 'node:child_process';
import { mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { checkPackage, createPackageFromTarballData } from '@arethetypeswrong/core';
import { publint } from 'publint';
import { formatMessage } from 'publint/utils';
import { publishedPackages } from '../build/published-packages.js';
import { pack } from '../build/tarballs.js';

/** Checks the built packages as npm would publish them: layout, types, and loading in both module systems. */

interface Manifest {
  readonly name: string;
  readonly exports: Readonly<Record<string, unknown>>;
}

const root = fileURLToPath(new URL('../..', import.meta.url));
const node = (script: string, type: 'module' | 'commonjs'): string =>
  execFileSync(process.execPath, [`--input-type=${type}`, '-e', script], { cwd: root, encoding: 'utf8' });
const manifests = publishedPackages(root).map(
  (folder) => JSON.parse(readFileSync(join(root, 'packages', folder, 'package.json'), 'utf8')) as Manifest,
);

/** What publint and "are the types wrong" find, at their strictest. */
async function checkLayout(): Promise<readonly string[]> {
  const target = mkdtempSync(join(tmpdir(), 'packages-'));
  const problems: string[] = [];
  for (const { name, filename } of pack(root, target)) {
    const data = new Uint8Array(readFileSync(join(target, filename)));
    const { messages, pkg } = await publint({ strict: true, pack: { tarball: data.buffer } });
    problems.push(
      ...messages
        .filter(({ type }) => type !== 'suggestion')
        .map((message) => `${name}: ${formatMessage(message, pkg, { color: false }) ?? message.code}`),
    );
    const types = await checkPackage(createPackageFromTarballData(data), { excludeEntrypoints: ['./package.json'] });
    if (!types.types) problems.push(`${name}: has no types`);
    else problems.push(...types.problems.map((problem) => `${name}: ${JSON.stringify(problem)}`));
  }
  rmSync(target, { recursive: true });
  return problems;
}

/** Whether `import` and `require` give the same names, and the same classes. */
function checkLoading(): readonly string[] {
  const specifiers = manifests.flatMap(({ name, exports }) =>
    Object.keys(exports)
      .filter((path) => path !== './package.json')
      .map((path) => name + path.slice(1)),
  );
  const isOwn = `(key) => key !== 'default' && key !== 'module.exports'`;
  const all = JSON.stringify(specifiers);
  const names = (load: string): string => `JSON.stringify(Object.keys(${load}).filter(${isOwn}).sort())`;
  const read = (script: string, type: 'module' | 'commonjs'): readonly string[] => JSON.parse(node(script, type)) as string[];
  const imported = read(
    `const all = []; for (const name of ${all}) all.push(${names('await import(name)')}); console.log(JSON.stringify(all));`,
    'module',
  );
  const required = read(`console.log(JSON.stringify(${all}.map((name) => ${names('require(name)')})));`, 'commonjs');
  const different = read(
    `import { createRequire } from 'node:module';
     const require = createRequire(process.cwd() + '/x.js'), all = [];
     for (const name of ${all}) {
       const [m, r] = [await import(name), require(name)];
       all.push(...Object.keys(m).filter(${isOwn}).filter((key) => m[key] !== r[key]).map((key) => name + ' ' + key));
     }
     console.log(JSON.stringify(all));`,
    'module',
  );
  return [
    ...specifiers.flatMap((name, index) =>
      imported[index] === required[index] && imported[index] !== '[]'
        ? []
        : [`${name}: import gives ${imported[index]}, require gives ${required[index]}`],
    ),
    ...different.map((name) => `${name}: import and require give different copies`),
  ];
}

const problems = [...(await checkLayout()), ...checkLoading()];
if (problems.length > 0) {
  process.stderr.write(`${problems.join('\n')}\n`);
  process.exit(1);
}
process.stdout.write('packages: layout, types, import and require are sound\n');
