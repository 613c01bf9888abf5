import { existsSync, readFileSync, statSync } from 'node:fs';
import { dirname, join, resolve } from 'node:path';
import { headingAnchors } from './anchors.js';
import { lineAt, proseOf, root, type Page, type Problem } from './page.js';

const LINK = /\]\(([^)\s]+)(?: "[^"]*")?\)|^\[[^\]]+\]: (\S+)|\b(?:href|src)="([^"]+)"|^ *-? *link: (\S+)/gm;
const ELSEWHERE = /^(?:[a-z]+:|\/\/)/;
const site = join(root, 'docs');
/** Made by `npm run docs`, and checked there. */
const GENERATED = join(site, 'api');

/** The file that a link leads to, as GitHub and VitePress find it. */
function fileOf(page: Page, path: string): string | undefined {
  if (path === '') return page.file;
  const isOnSite = page.file.startsWith(`${site}/`);
  const bases = path.startsWith('/')
    ? isOnSite
      ? [join(site, path), join(site, 'public', path)]
      : []
    : [resolve(dirname(page.file), path)];
  const candidates = bases.flatMap((base) =>
    isOnSite ? [base, `${base}.md`, base.replace(/\.html$/, '.md'), join(base, 'index.md')] : [base],
  );
  return candidates.find((file) => existsSync(file) && (!isOnSite || !file.startsWith(site) || statSync(file).isFile()));
}

function faultOf(page: Page, target: string): string | undefined {
  const [path = '', fragment] = target.split('#');
  const isGenerated = (path.startsWith('/') ? join(site, path) : resolve(dirname(page.file), path)).startsWith(GENERATED);
  if (isGenerated && page.file.startsWith(site)) return undefined;
  const file = fileOf(page, decodeURI(path));
  if (file === undefined) return 'leads nowhere';
  if (fragment === undefined || !file.endsWith('.md')) return undefined;
  return headingAnchors(readFileSync(file, 'utf8')).includes(decodeURIComponent(fragment)) ? undefined : 'no such heading';
}

/** Links of a page that lead nowhere. */
export function checkLinks(page: Page): readonly Problem[] {
  const prose = proseOf(page.text).replaceAll(/`[^`\n]*`/g, (code) => ' '.repeat(code.length));
  return [...prose.matchAll(LINK)].flatMap(({ index, 1: inline, 2: reference, 3: attribute, 4: front }) => {
    const target = inline ?? reference ?? attribute ?? front ?? '';
    const fault = ELSEWHERE.test(target) ? undefined : faultOf(page, target);
    return fault === undefined ? [] : [{ page: page.name, line: lineAt(prose, index), what: `${target}: ${fault}` }];
  });
}

const BARS = 'docs/.vitepress/pages.ts';

/** Links of the site's bars that lead nowhere, and pages that no bar leads to. */
export function checkNavigation(pages: readonly Page[]): readonly Problem[] {
  const text = readFileSync(join(root, BARS), 'utf8');
  const targets = [...text.matchAll(/(?:, |link: )'(\/[^']*)'/g)].map(({ index, 1: target = '' }) => ({
    line: lineAt(text, index),
    target,
    files: [join(site, `${target}.md`), join(site, target, 'index.md')],
  }));
  // Some bars show whole folders.
  const folders = [...text.matchAll(/pagesOf\('([\w-]+)'/g)].map(([, folder = '']) => join(site, folder));
  const isShown = ({ file }: Page): boolean =>
    folders.includes(dirname(file)) || targets.some(({ files }) => files.includes(file));
  return [
    ...targets
      .filter(({ target, files }) => !target.startsWith('/api/') && !files.some((file) => existsSync(file)))
      .map(({ line, target }) => ({ page: BARS, line, what: `${target}: leads nowhere` })),
    ...pages
      .filter((page) => page.file.startsWith(`${site}/`) && !isShown(page))
      .map(({ name }) => ({ page: BARS, line: 1, what: `${name}: no bar leads there` })),
  ];
}
