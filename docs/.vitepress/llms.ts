import { existsSync, readFileSync } from 'node:fs';
import { join, posix } from 'node:path';
import { fileURLToPath } from 'node:url';
import type { DefaultTheme } from 'vitepress';
import { repository } from './repository.js';

const docs = fileURLToPath(new URL('..', import.meta.url));

interface Page {
  readonly title: string;
  /** Its address on the site. */
  readonly url: string;
  /** Its Markdown, as a reader sees it. */
  readonly text: string;
}

/** Rewrites links: between pages as addresses of the site, to other files as addresses of the repository. */
function withSiteLinks(prose: string, folder: string): string {
  return prose.replaceAll(/(\]\(|\b(?:src|href)=")((?!#|\/|[a-z]+:)[^)\s"#]+)/g, (_link, before: string, target: string) => {
    const path = posix.join(folder, target);
    const isPage = path.endsWith('.md') && !path.startsWith('../');
    return before + (isPage ? `/${path.slice(0, -3)}.html` : `${repository}/blob/main/${posix.join('docs', path)}`);
  });
}

/** Removes front matter and hidden comments, and rewrites links. Code stays as it is. */
function visibleText(markdown: string, folder: string): string {
  const parts = markdown.replace(/^---\n[\s\S]*?\n---\n/, '').split(/(^```[\s\S]*?^```$)/m);
  const prose = (part: string): string => withSiteLinks(part.replaceAll(/<!--[\s\S]*?-->\n*/g, ''), folder);
  return `${parts
    .map((part, index) => (index % 2 === 1 ? part : prose(part)))
    .join('')
    .trim()}\n`;
}

function pageOf({ text: title = '', link = '' }: DefaultTheme.SidebarItem): Page {
  if (link === '/api/') return { title, url: '/api/', text: '' }; // generated, and longer than everything else
  const path = [`${link}.md`, `${link}/index.md`]
    .map((name) => posix.join('.', name))
    .find((name) => existsSync(join(docs, name)));
  if (path === undefined) throw new Error(`${link}: no such page`);
  const url = `/${path.slice(0, -3)}.html`.replace(/\/index\.html$/, '/');
  return { title, url, text: visibleText(readFileSync(join(docs, path), 'utf8'), posix.dirname(path)) };
}

/** Returns the first sentence of a page, without its links. */
function summaryOf({ text }: Page): string {
  const [paragraph = ''] = text.split('\n\n').filter((part) => /^[\p{L}`*[]/u.test(part));
  const plain = paragraph.replaceAll(/\[([^\]]*)\]\([^)]*\)/g, '$1').replaceAll('\n', ' ');
  const sentence = /^.*?(?:[.?](?= |$)|:$)/.exec(plain)?.[0] ?? '';
  return sentence === '' ? '' : `: ${sentence.replace(/:$/, '.')}`;
}

/** Makes the files for machines: an index of all pages (llmstxt.org), and the text of all pages. */
export function llmsFiles(
  title: string,
  description: string,
  sidebar: readonly DefaultTheme.SidebarItem[],
): Readonly<Record<string, string>> {
  const groups = sidebar.map(({ text = '', items = [] }) => ({ name: text, pages: items.map((item) => pageOf(item)) }));
  const intro = `# ${title}\n\n> ${description}.\n\n`;
  const list = (pages: readonly Page[]): string =>
    pages.map((page) => `- [${page.title}](${page.url})${summaryOf(page)}\n`).join('');
  const written = groups.flatMap(({ pages }) => pages).filter(({ text }) => text !== '');
  return {
    'llms.txt': `${intro}The text of all pages in one file: [llms-full.txt](/llms-full.txt)\n\n${groups
      .map(({ name, pages }) => `## ${name}\n\n${list(pages)}`)
      .join('\n')}`,
    'llms-full.txt': intro + written.map(({ url, text }) => `Page: ${url}\n\n${text}`).join('\n'),
  };
}
