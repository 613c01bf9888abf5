import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { defineConfig } from 'vitepress';
import { extendMarkdown, slugify } from './markdown.js';
import { apiSidebar } from './api-sidebar.js';
import { llmsFiles } from './llms.js';
import { nav, sidebar } from './pages.js';
import { repository } from './repository.js';
import { toBeFound } from './search.js';
import { sequenceDiagramsOnly } from './sequence-diagrams-only.js';

const title = 'parse-factors';
const description = 'Strong sign-in for Parse Server: second factors, passkeys and sign-in without passwords';

export default defineConfig({
  title,
  description,
  lang: 'en-GB',
  srcExclude: ['.snippets/**', 'examples/**'],
  head: [
    ['link', { rel: 'icon', href: '/icon.svg', type: 'image/svg+xml' }],
    ['meta', { name: 'theme-color', content: '#2f5f8f' }],
  ],
  markdown: { anchor: { slugify }, toc: { slugify }, headers: { slugify }, config: extendMarkdown },
  vite: {
    plugins: [sequenceDiagramsOnly()],
    build: {
      // Mermaid's core: loaded on pages with a diagram only.
      chunkSizeWarningLimit: 700,
    },
  },
  buildEnd: ({ outDir }) => {
    const files = llmsFiles(title, description, sidebar);
    for (const [name, text] of Object.entries(files)) writeFileSync(join(outDir, name), text);
  },
  themeConfig: {
    nav,
    sidebar: { '/': sidebar, '/api/': apiSidebar() },
    outline: [2, 3],
    search: { provider: 'local', options: { _render: toBeFound } },
    editLink: { pattern: `${repository}/edit/main/docs/:path`, text: 'Edit this page' },
    socialLinks: [{ icon: 'github', link: repository }],
    footer: { message: 'MIT licence' },
  },
});
