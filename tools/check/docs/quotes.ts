import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { publishedPackages } from '../../build/published-packages.js';
import { FACTOR_ERRORS } from '../../../packages/core/src/index.js';
import { lineAt, proseOf, root, type Page, type Problem } from './page.js';

/** The page that people search for the text that they see. */
export const TROUBLESHOOTING = 'docs/run/troubleshooting.md';

/** Texts of Node, npm, TypeScript and browsers, and of Parse Server with a value in its place: no source holds them as they are. */
const OTHERS = new Set([
  'Cannot convert undefined or null to object',
  "Cannot find module 'router/lib/layer'",
  "Cannot find package 'twilio'",
  "Cannot find module 'twilio'",
  "'new' expression, whose target lacks a construct signature",
  "Property 'maintenanceKey' is missing",
  'The operation either timed out or was not allowed.',
  'SecurityError: The relying party ID is not a registrable domain suffix of, nor equal to the current domain.',
  'SecurityError: This is an invalid domain.',
  'Request header field … is not allowed by Access-Control-Allow-Headers in preflight response.',
  "No 'Access-Control-Allow-Origin' header is present",
  'Missing additional authData otp',
  'Invalid function: "factorsReset"',
  'Invalid field name for update: authData.totp',
  'retry after',
  'Emitter is not a constructor',
  'Module "events" has been externalized',
]);

/** A request, a command, an option with its value, or a call: nothing that a program says. */
const CODE =
  /^(?:(?:GET|POST|PUT|DELETE|npm|npx|await|node)\b|[{[]|[\w.$]+\(|\w+: (?:[{['\d-]|true$|false$|null$|\(\w+\) =>)|[A-Z][\w-]+: \S+$|.*=> )/;

const textsOf = (folder: string, isText: (file: string) => boolean): readonly string[] =>
  readdirSync(folder, { recursive: true, encoding: 'utf8' })
    .filter((file) => isText(file))
    .map((file) => readFileSync(join(folder, file), 'utf8').replaceAll(/\\(['"`])/g, '$1'));

/** The sources of our packages and of Parse Server, file by file, as they say things at run time. */
export function readSaid(): readonly string[] {
  const isOurs = (file: string): boolean => file.endsWith('.ts') && !file.endsWith('.test.ts');
  const ours = publishedPackages(root).flatMap((name) => textsOf(join(root, 'packages', name, 'src'), isOurs));
  return [...ours, ...textsOf(join(root, 'node_modules/parse-server/lib'), (file) => file.endsWith('.js'))];
}

const withoutSlug = (text: string): string => {
  const [, slug = '', sentence = ''] = /^([a-z_]+): (.*)$/.exec(text) ?? [];
  return Object.hasOwn(FACTOR_ERRORS, slug) ? sentence : text;
};

/**
 * Checks that texts in backticks are what a program says: one source file has all of it. `…` stands for what differs each time. A
 * text of one word is not looked at here; `checkErrors` knows the slugs.
 */
export function checkQuotes({ name, text }: Page, said: readonly string[]): readonly Problem[] {
  return [...proseOf(text).matchAll(/(?<!`)`([^`\n]+)`(?!`)/g)].flatMap(({ index, 1: quote = '' }) => {
    if (!quote.includes(' ') || OTHERS.has(quote) || CODE.test(quote)) return [];
    const fragments = withoutSlug(quote)
      .split('…')
      .map((fragment) => fragment.trim())
      .filter((fragment) => fragment.length > 2);
    if (fragments.length > 0 && said.some((file) => fragments.every((fragment) => file.includes(fragment)))) return [];
    return [{ page: name, line: lineAt(text, index), what: `no source says "${quote}"` }];
  });
}
