import { existsSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { compileBlocks, type Compilation } from './check-docs/code-blocks.js';
import { checkErrors } from './check-docs/errors.js';
import { checkExampleFiles } from './check-docs/example-files.js';
import { startExample } from './check-docs/example-server.js';
import { checkLinks, checkNavigation } from './check-docs/links.js';
import { listOptions } from './check-docs/option-list.js';
import { checkOptionTables, optionTables } from './check-docs/option-tables.js';
import { ExportedTypes, packageEntries } from './check-docs/option-types.js';
import { OPTIONS_PAGE, renderOptions } from './check-docs/options-page.js';
import { hiddenBlocks, readPages, root, type Page, type Problem } from './check-docs/page.js';
import { scriptOf, type PageScript } from './check-docs/page-script.js';
import { runPage } from './check-docs/run-pages.js';

/**
 * Checks the documents: code compiles, lines for the shell and GraphQL are answered as they say, links lead somewhere,
 * options and errors are those of the source. `--write` writes the reference of options; `--still` runs no lines.
 */

const isWriting = process.argv.includes('--write');
const isStill = process.argv.includes('--still');

function checkOptions(pages: readonly Page[], { program }: Compilation): readonly Problem[] {
  const { owners, problems } = listOptions(new ExportedTypes(program));
  const rendered = renderOptions(owners, pages.flatMap(optionTables));
  const file = join(root, OPTIONS_PAGE);
  if (isWriting) writeFileSync(file, rendered);
  const isFresh = existsSync(file) && readFileSync(file, 'utf8') === rendered;
  const stale = { page: OPTIONS_PAGE, line: 1, what: 'is not as the source has it: npm run check:docs -- --write' };
  return [...problems, ...checkOptionTables(pages, owners), ...(isFresh ? [] : [stale])];
}

async function runAll(scripts: readonly PageScript[], starting: ReturnType<typeof startExample>): Promise<readonly Problem[]> {
  const example = await starting;
  const problems: Problem[] = [];
  try {
    for (const script of scripts) problems.push(...(await runPage(script, example)));
  } finally {
    await example.stop();
  }
  return problems;
}

async function main(): Promise<number> {
  const before = Date.now();
  const pages = readPages();
  const scripts = isStill ? [] : pages.flatMap((page) => scriptOf(page) ?? []);
  const running = scripts.length === 0 ? Promise.resolve([]) : runAll(scripts, startExample());
  const still = pages.flatMap((page) => [...checkLinks(page), ...hiddenBlocks(page)]);
  await Promise.race([running, new Promise((resolve) => setTimeout(resolve, 1500))]); // the example starts meanwhile
  const compilation = compileBlocks(pages, [...packageEntries().values()]);
  const problems = [
    ...still,
    ...checkNavigation(),
    ...checkExampleFiles(pages),
    ...compilation.problems,
    ...checkErrors(pages),
    ...checkOptions(pages, compilation),
    ...scripts.flatMap((script) => script.problems),
    ...(await running),
  ];
  for (const { page, line, what } of problems) process.stderr.write(`${page}:${line}: ${what}\n`);
  const parts = scripts.reduce((sum, script) => sum + script.parts.length, 0);
  process.stdout.write(
    `docs: ${pages.length} pages, ${compilation.blocks} blocks of code, ${parts} steps run on ${scripts.length} pages, ${problems.length} problems, ${Math.round((Date.now() - before) / 1000)} s\n`,
  );
  return problems.length === 0 ? 0 : 1;
}

process.exit(await main());
