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

/** Links of the site's bars that lead nowhere, and pages that no bar leads to. */
export function checkNavigation(): readonly Problem[] {
  const name = 'docs/.vitepress/pages.ts';
  const text = readFileSync(join(root, name), 'utf8');
  return [...text.matchAll(/(?:, |link: )'(\/[^']*)'/g)].flatMap(({ index, 1: target = '' }) => {
    const base = join(site, target);
    if (target.startsWith('/api/') || [`${base}.md`, join(base, 'index.md')].some((file) => existsSync(file))) return [];
    return [{ page: name, line: lineAt(text, index), what: `${target}: leads nowhere` }];
  });
}
