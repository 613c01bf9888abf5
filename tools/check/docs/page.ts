import { existsSync, readdirSync, readFileSync } from 'node:fs';
import { join, relative } from 'node:path';
import { fileURLToPath } from 'node:url';
import { publishedPackages } from '../../build/published-packages.js';

/** The repository. */
export const root: string = fileURLToPath(new URL('../../..', import.meta.url)).replace(/\/$/, '');

/** A fenced block of a page, or shell lines in a hidden comment. */
export interface Block {
  /** The line of its first fence, from 1. */
  readonly line: number;
  /** What stands beside the fence. */
  readonly info: string;
  readonly text: string;
  /** Whether it stands in a comment. */
  readonly isHidden: boolean;
}

/** A page of the documentation. */
export interface Page {
  /** Where it lies, from the root of the repository. */
  readonly name: string;
  readonly file: string;
  readonly text: string;
  readonly blocks: readonly Block[];
}

/** Something that is wrong with a page. */
export interface Problem {
  readonly page: string;
  readonly line: number;
  readonly what: string;
}

/** Made by others, or not there for readers. */
const LEFT_OUT = /^(?:api|node_modules|public|\.\w+)\//;

const BLOCK = /^(?:```(.*)\n([\s\S]*?)^```|<!-- sh\n([\s\S]*?)^-->)$/gm;

/** The line that a place in a text stands on, from 1. */
export const lineAt = (text: string, index: number): number => text.slice(0, index).split('\n').length;

/** The text with its code made blank, line by line: what is left is prose. */
export const proseOf = (text: string): string => text.replaceAll(BLOCK, (block) => block.replaceAll(/[^\n]/g, ''));

/** Takes a page apart. */
export function pageOf(file: string, text: string): Page {
  const blocks = [...text.matchAll(BLOCK)].map(({ index, 1: info = 'sh', 2: shown, 3: hidden }) => ({
    line: lineAt(text, index),
    info: info.trim(),
    text: shown ?? hidden ?? '',
    isHidden: hidden !== undefined,
  }));
  return { name: relative(root, file), file, text, blocks };
}

/** All pages that people read: of the site, of npm and of the repository. */
export function readPages(): readonly Page[] {
  const packages = publishedPackages(root).map((name) => join(root, 'packages', name, 'README.md'));
  const site = readdirSync(join(root, 'docs'), { recursive: true, encoding: 'utf8' })
    .filter((name) => name.endsWith('.md') && !LEFT_OUT.test(name) && !name.includes('node_modules/'))
    .toSorted()
    .map((name) => join(root, 'docs', name));
  const others = ['README.md', 'CONTRIBUTING.md', 'SECURITY.md', 'apps/example/README.md'].map((name) => join(root, name));
  return [...others, ...packages, ...site]
    .filter((file) => existsSync(file))
    .map((file) => pageOf(file, readFileSync(file, 'utf8')));
}

/** What a block may call itself: whatever is misspelt would be checked by nothing. */
const KNOWN =
  /^(?:(?:tsx?|jsx?)(?: \[.*\])?|ts (?:\.\.\/)*examples\/\S+|sh|graphql(?: session)?|json (?:variables|reply(?: \d+)?|request \S+ \S+(?: session)?)|mermaid|text|swift|objc|kotlin|dart|csharp)$/;

/** Blocks that would not be looked at, as they do not begin a line. */
export function hiddenBlocks({ name, text, blocks }: Page): readonly Problem[] {
  const indented = [...proseOf(text).matchAll(/^[ >]+```(?:ts|tsx|js|sh|graphql|json)\b/gm)].map(({ index }) => ({
    page: name,
    line: lineAt(text, index),
    what: 'a block of code has to begin its line, or nothing checks it',
  }));
  const unknown = blocks
    .filter(({ info }) => !KNOWN.test(info))
    .map(({ info, line }) => ({ page: name, line, what: `nothing knows what to do with a block of "${info}"` }));
  return [...indented, ...unknown];
}
