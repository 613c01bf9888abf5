import { proseOf } from './page.js';

/** The anchor that GitHub gives a heading; the site is told to give the same. */
export const anchorOf = (heading: string): string =>
  heading
    .replaceAll(/\[([^\]]*)\]\([^)]*\)/g, '$1')
    .replaceAll(/<[^>]*>/g, '')
    .trim()
    .toLowerCase()
    .replaceAll(/[^\p{L}\p{M}\p{N} _-]/gu, '')
    .replaceAll(' ', '-');

/** The anchors of a page: of its headings, in their order, and those that it names itself. */
export function headingAnchors(text: string): readonly string[] {
  const prose = proseOf(text);
  const times = new Map<string, number>();
  const headings = [...prose.matchAll(/^#+ (.+)$/gm)].map(([, heading = '']) => {
    const anchor = anchorOf(heading);
    const before = times.get(anchor) ?? 0;
    times.set(anchor, before + 1);
    return before === 0 ? anchor : `${anchor}-${before}`;
  });
  return [...headings, ...[...prose.matchAll(/\b(?:id|name)="([^"]+)"/g)].map(([, id = '']) => id)];
}
