import { posix } from 'node:path';
import type { MarkdownOptions } from 'vitepress';
import { repository } from './repository.js';

type MarkdownIt = Parameters<NonNullable<MarkdownOptions['config']>>[0];

/** The anchor that GitHub gives a heading, so that links hold in both places. */
export const slugify = (heading: string): string =>
  heading
    .toLowerCase()
    .replaceAll(/[^\p{L}\p{N} _-]/gu, '')
    .replaceAll(' ', '-');

/** Shows diagrams, marks tables of options, and links files that are not pages to the repository. */
export function extendMarkdown(markdown: MarkdownIt): void {
  showDiagrams(markdown);
  linkToRepository(markdown);
  markOptionTables(markdown);
}

/** Tables with a type and a default get a class of their own: their description needs most of the room. */
function markOptionTables({ renderer }: MarkdownIt): void {
  renderer.rules.table_open = (tokens, index) => {
    const end = tokens.findIndex(({ type }, at) => at > index && type === 'thead_close');
    const header = tokens.slice(index, end).flatMap(({ type, content }) => (type === 'inline' ? [content] : []));
    const isOfOptions = header.length === 4 && header[1] === 'type' && header[2] === 'default';
    return `<table tabindex="0"${isOfOptions ? ' class="options"' : ''}>\n`;
  };
}

function showDiagrams(markdown: MarkdownIt): void {
  const fence = markdown.renderer.rules.fence;
  if (fence === undefined) return;
  markdown.renderer.rules.fence = (tokens, index, ...rest) => {
    const token = tokens[index];
    if (token === undefined || token.info.trim() !== 'mermaid') return fence(tokens, index, ...rest);
    return `<Diagram id="diagram-${index}" source="${encodeURIComponent(token.content)}" />\n`;
  };
}

/** Links out of `docs/` work on GitHub as they stand; the site has no such pages. */
function linkToRepository(markdown: MarkdownIt): void {
  markdown.core.ruler.push('link-to-repository', ({ tokens, env }) => {
    const { relativePath } = env as { readonly relativePath?: string };
    if (relativePath === undefined) return; // the title of a box (`::: warning`), which VitePress renders on its own
    const folder = posix.join('docs', posix.dirname(relativePath));
    for (const token of tokens.flatMap(({ children }) => children ?? [])) {
      const href = token.type === 'link_open' ? token.attrGet('href') : null;
      if (href === null || /^[a-z]+:|^[/#]/.test(href)) continue;
      const path = posix.join(folder, href);
      if (!path.startsWith('docs/')) token.attrSet('href', `${repository}/blob/main/${path}`);
    }
  });
}
