import { defineConfig } from 'vitepress';
import { extendMarkdown, slugify } from './markdown.js';
import { apiSidebar } from './api-sidebar.js';
import { nav, sidebar } from './pages.js';
import { repository } from './repository.js';

export default defineConfig({
  title: 'parse-factors',
  description: 'Strong sign-in for Parse Server: second factors, passkeys and sign-in without passwords',
  lang: 'en-GB',
  srcExclude: ['.snippets/**', 'examples/**'],
  head: [
    ['link', { rel: 'icon', href: '/icon.svg', type: 'image/svg+xml' }],
    ['meta', { name: 'theme-color', content: '#2f5f8f' }],
  ],
  markdown: { anchor: { slugify }, toc: { slugify }, headers: { slugify }, config: extendMarkdown },
  vite: {
    build: {
      // Mermaid is loaded by pages with a diagram, when one comes into view, and not before.
      chunkSizeWarningLimit: 900,
    },
  },
  themeConfig: {
    nav,
    sidebar: { '/': sidebar, '/api/': apiSidebar() },
    outline: [2, 3],
    search: { provider: 'local' },
    editLink: { pattern: `${repository}/edit/main/docs/:path`, text: 'Edit this page' },
    socialLinks: [{ icon: 'github', link: repository }],
    footer: { message: 'MIT licence' },
  },
});
