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

/** Shows diagrams, and leads links to files that are no pages to the repository. */
export function extendMarkdown(markdown: MarkdownIt): void {
  showDiagrams(markdown);
  linkToRepository(markdown);
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
    const folder = posix.join('docs', posix.dirname((env as { relativePath: string }).relativePath));
    for (const token of tokens.flatMap(({ children }) => children ?? [])) {
      const href = token.type === 'link_open' ? token.attrGet('href') : null;
      if (href === null || /^[a-z]+:|^[/#]/.test(href)) continue;
      const path = posix.join(folder, href);
      if (!path.startsWith('docs/')) token.attrSet('href', `${repository}/blob/main/${path}`);
    }
  });
}
