import { readFileSync } from 'node:fs';

/**
 * Reads the tags of a test file from the comment on its first line, such as `// @compat @slow`.
 * - `@slow`: the file takes long and starts before the others.
 * - `@compat`: it also runs in every row of the compatibility matrix.
 * - `@compat-major`: it also runs on the other major version of Parse Server.
 * - `@compat-installed`: it also runs in the rows with another Node version and the installed Parse Server.
 * - `@compat-full`: it also runs with `npm run test:compat -- --full`.
 */
export function testTags(file: string): ReadonlySet<string> {
  const [first = ''] = readFileSync(file, 'utf8').split('\n', 1);
  return new Set(first.startsWith('//') ? (first.match(/@[a-z-]+/g) ?? []) : []);
}
