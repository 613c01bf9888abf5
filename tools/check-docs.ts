import { execFileSync } from 'node:child_process';
import { existsSync, mkdirSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { dirname, join, relative, resolve } from 'node:path';
import { fileURLToPath } from 'node:url';
import { COMPOSE_RULES } from '../packages/core/src/compose-options.js';
import { CODE_FACTOR_RULES, FACTOR_ERRORS } from '../packages/core/src/index.js';

/** Checks the documents: TypeScript compiles, links lead somewhere, tables of options and errors agree with the source. */

const root = fileURLToPath(new URL('..', import.meta.url));
const folder = join(root, 'docs', '.snippets');
const packages = readdirSync(join(root, 'packages'));
const documents = [
  ...['README.md', 'CONTRIBUTING.md', 'SECURITY.md'].map((name) => join(root, name)),
  ...readdirSync(join(root, 'docs'), { recursive: true, encoding: 'utf8' })
    .filter((name) => name.endsWith('.md'))
    .map((name) => join(root, 'docs', name)),
  ...packages.map((name) => join(root, 'packages', name, 'README.md')),
];
const problems: string[] = [];

function writeSnippets(): number {
  rmSync(folder, { recursive: true, force: true });
  mkdirSync(folder, { recursive: true });
  let snippets = 0;
  for (const document of documents) {
    for (const [, code = ''] of readFileSync(document, 'utf8').matchAll(/^```ts\n([\s\S]*?)^```$/gm)) {
      snippets += 1;
      const name = relative(root, document).replaceAll(/[^A-Za-z]+/g, '-');
      // Pages import examples from beside them.
      writeFileSync(join(folder, `${name}-${snippets}.ts`), `${code.replaceAll("'./examples/", "'../examples/")}\nexport {};\n`);
    }
  }
  return snippets;
}

/** Code that tests run stands in a file, and on its page word for word. */
function checkExamples(): void {
  const shown = new Set<string>();
  for (const document of documents) {
    for (const [, name = '', code = ''] of readFileSync(document, 'utf8').matchAll(/^```ts (examples\/\S+)\n([\s\S]*?)^```$/gm)) {
      shown.add(name);
      const file = join(dirname(document), name);
      if (!existsSync(file) || readFileSync(file, 'utf8') !== code)
        problems.push(`${relative(root, document)}: ${name} differs from its file`);
    }
  }
  for (const name of readdirSync(join(root, 'docs', 'examples')))
    if (!shown.has(`examples/${name}`)) problems.push(`docs/examples/${name} stands on no page`);
}

/** The anchor that GitHub gives a heading. */
const anchor = (heading: string): string =>
  heading
    .toLowerCase()
    .replaceAll(/[^\p{L}\p{N} _-]/gu, '')
    .replaceAll(' ', '-');

function checkLinks(): void {
  for (const document of documents) {
    const text = readFileSync(document, 'utf8').replaceAll(/^```[\s\S]*?^```$/gm, '');
    for (const [, target = ''] of text.matchAll(/\]\(([^)\s]+)\)/g)) {
      if (/^https?:/.test(target)) continue;
      const [path = '', fragment] = target.split('#');
      const file = path === '' ? document : resolve(dirname(document), path);
      const where = `${relative(root, document)}: ${target}`;
      if (!existsSync(file)) problems.push(`${where} leads nowhere`);
      else if (fragment !== undefined) {
        const headings = [...readFileSync(file, 'utf8').matchAll(/^#+ (.+)$/gm)].map(([, heading = '']) => anchor(heading));
        if (!headings.includes(fragment)) problems.push(`${where}: no such heading`);
      }
    }
  }
}

function checkTables(): void {
  const errors = readFileSync(join(root, 'docs', 'errors.md'), 'utf8');
  for (const [slug, { parseCode }] of Object.entries(FACTOR_ERRORS)) {
    if (!errors.includes(`| \`${slug}\` | ${parseCode} |`)) problems.push(`docs/errors.md lacks ${slug} with code ${parseCode}`);
  }
  const documented = [...errors.matchAll(/^\| `(\w+)`/gm)].map(([, slug = '']) => slug);
  for (const slug of documented.filter((name) => !Object.hasOwn(FACTOR_ERRORS, name)))
    problems.push(`docs/errors.md: unknown ${slug}`);
  const core = readFileSync(join(root, 'packages', 'core', 'README.md'), 'utf8');
  for (const option of Object.keys({ ...CODE_FACTOR_RULES, ...COMPOSE_RULES })) {
    if (!core.includes(`\`${option}\``)) problems.push(`packages/core/README.md lacks the option ${option}`);
  }
}

const snippets = writeSnippets();
checkLinks();
checkExamples();
checkTables();
try {
  execFileSync(join(root, 'node_modules/.bin/tsc'), ['--noEmit', '-p', join(root, 'docs', 'tsconfig.json')], {
    stdio: 'inherit',
  });
} catch {
  problems.push('code blocks do not compile; each stands in docs/.snippets');
}
if (problems.length > 0) {
  process.stderr.write(`${problems.join('\n')}\n`);
  process.exit(1);
}
rmSync(folder, { recursive: true, force: true });
process.stdout.write(`docs: ${snippets} code blocks compile, links lead somewhere, tables agree with the source\n`);
