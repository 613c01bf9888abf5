import { mkdirSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { dirname, join, relative } from 'node:path';
import ts from 'typescript';
import { root, type Block, type Page, type Problem } from './page.js';

const folder = join(root, 'docs', '.snippets');
/** JavaScript says no types of parameters. */
const IMPLICIT_ANY = new Set([7005, 7006, 7031, 7034]);

/** A sample of JavaScript ends where its reader goes on: its names may be unused. */
const UNUSED = new Set([6133, 6192, 6196, 6198]);

/** Parse Server's types ask for a key that the server does without, and know no options of social logins. */
const WRONG_TYPES = /Property 'maintenanceKey' is missing|'clientId' does not exist in type 'AuthAdapter'/;

/** Parse's types have these calls only for bundlers; with Node's module resolution, a default import is another object. */
const NODE_TYPES = /Property '(?:initialize|setAsyncStorage)' does not exist on type 'typeof import\("[^"]*\/parse\/types\//;

/** Declarations of packages that pages use and the repository does not install. */
const STAND_INS = join(root, 'tools', 'check', 'docs', 'react-native.d.ts');

/** Where a file of code comes from. */
interface Snippet {
  readonly file: string;
  readonly page: Page;
  /** The line of the page that its first one stands on. */
  readonly line: number;
}

/** A block with a path beside its fence is that file of an app, beside the other files of its page; any other stands alone. */
function fileOf({ name }: Page, { info, line }: Block): string | undefined {
  const [, language, path] = /^(tsx?|jsx?)(?: \[(.*)\])?$/.exec(info) ?? [];
  if (language === undefined) return undefined;
  const page = name.replaceAll(/[^A-Za-z0-9]+/g, '-');
  return path === undefined ? join(folder, `${page}-${line}.${language}`) : join(folder, page, path);
}

/** Writes each block of code as a file that imports as the documentation's package does. */
function writeSnippets(pages: readonly Page[]): readonly Snippet[] {
  rmSync(folder, { recursive: true, force: true });
  mkdirSync(folder, { recursive: true });
  return pages.flatMap((page) =>
    page.blocks.flatMap((block) => {
      const file = fileOf(page, block);
      if (file === undefined) return [];
      const isCommonJs = dirname(file) !== folder && /\brequire\(/.test(block.text);
      mkdirSync(dirname(file), { recursive: true });
      if (isCommonJs) writeFileSync(join(dirname(file), 'package.json'), '{"type": "commonjs"}');
      // Pages import examples from beside them.
      const text = block.text.replaceAll(/'(?:\.\.?\/)+examples\//g, "'../examples/");
      writeFileSync(file, isCommonJs ? text : `${text}\nexport {};\n`);
      return [{ file, page, line: block.line + 1 }];
    }),
  );
}

/** The settings that the documentation's code is compiled with. */
function settings(): ts.CompilerOptions {
  const file = join(root, 'docs', 'tsconfig.json');
  const { config } = ts.readConfigFile(file, (name) => readFileSync(name, 'utf8')) as { config: unknown };
  const { options } = ts.parseJsonConfigFileContent(config, ts.sys, join(root, 'docs'));
  return { ...options, allowJs: true, checkJs: true, allowUmdGlobalAccess: true, noUnusedLocals: true, jsx: ts.JsxEmit.ReactJSX };
}

const examples = (): readonly string[] =>
  readdirSync(join(root, 'docs', 'examples')).map((name) => join(root, 'docs', 'examples', name));

/** What compiling the code of all pages has shown, and the program, in which to look up types. */
export interface Compilation {
  readonly blocks: number;
  readonly problems: readonly Problem[];
  readonly program: ts.Program;
}

function problemOf({ file, start = 0, code, messageText }: ts.Diagnostic, snippets: readonly Snippet[]): Problem | undefined {
  const what = `does not compile: ${ts.flattenDiagnosticMessageText(messageText, ' ')}`;
  const line = file?.getLineAndCharacterOfPosition(start).line ?? 0;
  const snippet = snippets.find((candidate) => candidate.file === file?.fileName);
  if (snippet === undefined) return { page: relative(root, file?.fileName ?? ''), line: line + 1, what };
  if (NODE_TYPES.test(what)) return undefined;
  if (/\.m?jsx?$/.test(snippet.file) && (IMPLICIT_ANY.has(code) || UNUSED.has(code) || WRONG_TYPES.test(what))) return undefined;
  return { page: snippet.page.name, line: snippet.line + line, what };
}

/**
 * Compiles every block of TypeScript and JavaScript.
 *
 * @param entries files of the packages that are to be in the program as well
 */
export function compileBlocks(pages: readonly Page[], entries: readonly string[]): Compilation {
  const snippets = writeSnippets(pages);
  const files = [...snippets.map(({ file }) => file), ...examples()];
  const program = ts.createProgram([...files, ...entries, STAND_INS], settings());
  const checked = new Set(files);
  const problems = program.getSourceFiles().flatMap((file) => {
    if (!checked.has(file.fileName)) return [];
    const found = [...program.getSyntacticDiagnostics(file), ...program.getSemanticDiagnostics(file)];
    return found.flatMap((diagnostic) => problemOf(diagnostic, snippets) ?? []);
  });
  rmSync(folder, { recursive: true, force: true });
  return { blocks: snippets.length, problems, program };
}
