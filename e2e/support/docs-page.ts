import { readFileSync } from 'node:fs';
import { fileURLToPath } from 'node:url';

/** A fenced block of a page: what stands beside the fence, and the text. */
export interface DocsBlock {
  readonly info: string;
  readonly text: string;
}

/**
 * Reads the fenced blocks of a page of the documentation.
 *
 * @param page its path below `docs`, without `.md`
 */
export const docsBlocks = (page: string): DocsBlock[] => {
  const file = fileURLToPath(new URL(`../../docs/${page}.md`, import.meta.url));
  return [...readFileSync(file, 'utf8').matchAll(/^```(.+)\n([\s\S]*?)^```$/gm)].map(([, info = '', text = '']) => ({
    info,
    text,
  }));
};
