import { readFileSync } from 'node:fs';
import { join } from 'node:path';

/** What a README tells its reader to install, and the code of servers and tests that they may copy. */
export interface ReadmeCode {
  /** Of the package's folder, or `readme` for the project's. */
  readonly name: string;
  readonly installed: readonly string[];
  readonly blocks: readonly string[];
}

/** Reads a README, and refuses one whose code needs what its `npm install` lines do not name. */
export function readmeCode(folder: string, name: string): ReadmeCode {
  const text = readFileSync(join(folder, 'README.md'), 'utf8');
  const isOurs = (language: string, code: string): boolean => language === 'ts' || code.includes(`from '@parse-factors/`);
  const blocks = [...text.matchAll(/^```(ts|js)\n([\s\S]*?)^```$/gm)].flatMap(([, language = '', code = '']) =>
    isOurs(language, code) ? [code] : [],
  );
  const installed = [...text.matchAll(/^npm install (?!-)(.*?)(?: +#.*)?$|^npm install --save-dev (.*)$/gm)].flatMap(
    ([, packages = '', tools = '']) => `${packages} ${tools}`.trim().split(/ +/),
  );
  // A project with tests has the packages that it tests, and a test runner.
  const isKnown = (wanted: string): boolean =>
    installed.includes(wanted) ||
    wanted === 'parse-server' ||
    (name === 'testing' && (wanted.startsWith('@parse-factors/') || wanted === 'vitest'));
  for (const [, specifier = ''] of blocks.join('\n').matchAll(/ from '([^'.][^']*)'/g)) {
    const wanted = specifier.split('/', specifier.startsWith('@') ? 2 : 1).join('/');
    if (!isKnown(wanted)) throw new Error(`README of ${name}: its code needs ${wanted}, which it does not have installed`);
  }
  return { name, installed, blocks };
}

/** The same code for a CommonJS file, where nothing can be awaited outside a function. */
export function forCommonJs(code: string): string {
  if (!/^await /m.test(code)) return code;
  const end = code.lastIndexOf('\nimport ') + 1;
  const start = code.indexOf('\n', end) + 1;
  return `${code.slice(0, start)}async function main(): Promise<void> {\n${code.slice(start)}}\nvoid main();\n`;
}
