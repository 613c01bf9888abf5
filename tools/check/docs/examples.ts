import { readdirSync, readFileSync } from 'node:fs';
import { join, relative } from 'node:path';
import { publishedPackages } from '../../build/published-packages.js';
import { lineAt, root, type Block, type Page, type Problem } from './page.js';

/** What applications and authors of factors make or extend: each has one example, which `npm run check:docs` compiles. */
const NEED_EXAMPLES = [
  'composeFactors',
  'defineFactor',
  'failover',
  'outbox',
  'MemoryOtpStore',
  'TotpFactor',
  'EmailOtpFactor',
  'SmsOtpFactor',
  'PasskeyFactor',
  'RecoveryCodesFactor',
  'TrustedDeviceFactor',
  'FieldsFactor',
  'mfaCompat',
  'initializeOtpAdapter',
  'redisStore',
  'factorSuite',
  'storeSuite',
];

const COMMENT = /\/\*\*(?:[^*]|\*(?!\/))*\*\//g;
const EXAMPLE = /@example\n((?: *\* ?.*\n)*?) *\* ?```ts\n((?: *\*.*\n)*?) *\* ?```/g;
const DECLARED = /^\s*export (?:abstract class|class|const|(?:async )?function) (\w+)/;

/** The code of a doc comment without the stars at the beginning of its lines. */
const withoutStars = (lines: string): string => lines.replaceAll(/^ *\* ?/gm, '');

function blocksOf(text: string): readonly Block[] {
  return [...text.matchAll(COMMENT)].flatMap((comment) =>
    [...comment[0].matchAll(EXAMPLE)].map((example) => {
      const start = comment.index + example.index + example[0].indexOf('```ts');
      return { line: lineAt(text, start), info: 'ts', text: withoutStars(example[2] ?? ''), isHidden: false };
    }),
  );
}

/** The names whose doc comment has an example. */
function* named(text: string): Generator<string> {
  for (const { 0: comment, index } of text.matchAll(COMMENT)) {
    const name = DECLARED.exec(text.slice(index + comment.length))?.[1];
    if (name !== undefined && blocksOf(comment).length > 0) yield name;
  }
}

const sources = (): readonly string[] =>
  publishedPackages(root).flatMap((name) => {
    const folder = join(root, 'packages', name, 'src');
    const files = readdirSync(folder, { recursive: true, encoding: 'utf8' });
    return files.filter((file) => file.endsWith('.ts')).map((file) => join(folder, file));
  });

/** The sources of all packages that have examples, as pages whose code is compiled. */
export function readExamples(): readonly Page[] {
  return sources().flatMap((file) => {
    const text = readFileSync(file, 'utf8');
    const blocks = blocksOf(text);
    return blocks.length === 0 ? [] : [{ name: relative(root, file), file, text, blocks }];
  });
}

/** Names that lack an example. */
export function missingExamples(pages: readonly Page[]): readonly Problem[] {
  const found = new Set(pages.flatMap(({ text }) => [...named(text)]));
  return NEED_EXAMPLES.filter((name) => !found.has(name)).map((name) => ({
    page: 'tools/check/docs/examples.ts',
    line: 1,
    what: `the doc comment of ${name} has no @example`,
  }));
}
