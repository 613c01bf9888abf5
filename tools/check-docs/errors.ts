import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { FACTOR_ERRORS } from '../../packages/core/src/index.js';
import { lineAt, root, type Page, type Problem } from './page.js';

const REFERENCE = 'docs/reference/errors.md';

/** Names of others. */
const OTHERS = new Set(['node_modules', 'parse_server_sdk_flutter', 'flutter_secure_storage']);

const codeOf = (slug: string): number | undefined =>
  Object.hasOwn(FACTOR_ERRORS, slug) ? FACTOR_ERRORS[slug as keyof typeof FACTOR_ERRORS].parseCode : undefined;

/** The table of all errors holds each with its code and sentence, and no other. */
function checkTable({ name, text }: Page): readonly Problem[] {
  const rows = [...text.matchAll(/^\| `(\w+)` \| (-?\d+) \| ([^|]*) \|/gm)].map(
    ({ index, 1: slug = '', 2: code, 3: sentence }) => ({
      slug,
      code: Number(code),
      sentence,
      line: lineAt(text, index),
    }),
  );
  const missing = Object.keys(FACTOR_ERRORS).filter((slug) => !rows.some((row) => row.slug === slug));
  const wrong = rows.flatMap(({ slug, code, sentence, line }) => {
    const known = Object.hasOwn(FACTOR_ERRORS, slug) ? FACTOR_ERRORS[slug as keyof typeof FACTOR_ERRORS] : undefined;
    if (known === undefined) return [{ page: name, line, what: `there is no error ${slug}` }];
    if (known.parseCode !== code) return [{ page: name, line, what: `${slug} has the Parse code ${known.parseCode}` }];
    return known.sentence === sentence ? [] : [{ page: name, line, what: `${slug} says: ${known.sentence}` }];
  });
  return [...missing.map((slug) => ({ page: name, line: 1, what: `lacks the error ${slug}` })), ...wrong];
}

/** Wherever a page names an error beside a Parse code, the two belong together. */
function checkCodes({ name, text }: Page): readonly Problem[] {
  const pairs = [...text.matchAll(/"code": ?(-?\d+), ?"error": ?"(\w+):|\b(\d{3}) `?(\w+)\b/g)];
  return pairs.flatMap(({ index, 1: json, 2: jsonSlug, 3: plain, 4: plainSlug = '' }) => {
    const slug = jsonSlug ?? plainSlug;
    const isError = codeOf(slug) !== undefined || (jsonSlug !== undefined && slug !== 'Missing');
    if (!isError || codeOf(slug) === Number(json ?? plain)) return [];
    return [{ page: name, line: lineAt(text, index), what: `${slug} does not have the Parse code ${json ?? plain}` }];
  });
}

const sources = (): string =>
  readdirSync(join(root, 'packages'))
    .flatMap((name) =>
      readdirSync(join(root, 'packages', name, 'src'), { recursive: true, encoding: 'utf8' })
        .filter((file) => file.endsWith('.ts') && !file.endsWith('.test.ts'))
        .map((file) => readFileSync(join(root, 'packages', name, 'src', file), 'utf8')),
    )
    .join('\n');

/** Slugs, reasons and types of events look alike; the source knows each that a page names. */
function checkWords({ name, text }: Page, source: string): readonly Problem[] {
  return [...text.matchAll(/(?<=[`"])([a-z]+(?:_[a-z]+)+)(?=[`":])/g)].flatMap(({ index, 1: word = '' }) =>
    OTHERS.has(word) || new RegExp(`\\b${word}\\b`).test(source)
      ? []
      : [{ page: name, line: lineAt(text, index), what: `the source knows no ${word}` }],
  );
}

/** Compares the errors that pages name with those that there are. */
export function checkErrors(pages: readonly Page[]): readonly Problem[] {
  const source = sources();
  const reference = pages.find(({ name }) => name === REFERENCE);
  return [
    ...(reference === undefined ? [{ page: REFERENCE, line: 1, what: 'is missing' }] : checkTable(reference)),
    ...pages.flatMap((page) => [...checkCodes(page), ...checkWords(page, source)]),
  ];
}
