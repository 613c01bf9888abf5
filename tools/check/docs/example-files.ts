import { existsSync, readdirSync, readFileSync } from 'node:fs';
import { dirname, join, relative } from 'node:path';
import { root, type Page, type Problem } from './page.js';

const folder = join(root, 'docs', 'examples');

/** Code that tests run stands in a file, and on its page word for word. */
export function checkExampleFiles(pages: readonly Page[]): readonly Problem[] {
  const shown = new Set<string>();
  const problems = pages.flatMap((page) =>
    page.blocks.flatMap(({ info, line, text }) => {
      const [, path] = /^ts ((?:\.\.\/)*examples\/\S+)$/.exec(info) ?? [];
      if (path === undefined) return [];
      const file = [join(dirname(page.file), path), join(root, 'docs', path)].find((candidate) => existsSync(candidate));
      if (file !== undefined) shown.add(file);
      const isSame = file !== undefined && readFileSync(file, 'utf8') === text;
      return isSame ? [] : [{ page: page.name, line, what: `${path} differs from its file` }];
    }),
  );
  const hidden = readdirSync(folder).filter((name) => !shown.has(join(folder, name)));
  return [
    ...problems,
    ...hidden.map((name) => ({ page: relative(root, join(folder, name)), line: 1, what: 'stands on no page' })),
  ];
}
