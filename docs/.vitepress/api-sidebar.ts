import { existsSync, readFileSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import type { DefaultTheme } from 'vitepress';

const index = fileURLToPath(new URL('../api/index.md', import.meta.url));

/** What can be imported, as `npm run docs:api` has found it. */
export function apiSidebar(): DefaultTheme.SidebarItem[] {
  const text = existsSync(index) ? readFileSync(index, 'utf8') : '';
  const items = [...text.matchAll(/\[(@[^\]]+)\]\(([^)]+)\.md\)/g)].map(([, name = '', path = '']) => ({
    text: name.replace('@parse-factors/', ''),
    link: `/api/${path}`,
  }));
  return [
    {
      text: 'Documentation',
      items: [
        { text: 'Start', link: '/start/new-app' },
        { text: 'Options', link: '/reference/options' },
      ],
    },
    { text: 'API', link: '/api/', items },
  ];
}
