import { relative } from 'node:path';
import { describe, expect, it } from 'vitest';
import { llmsFiles } from '../../../docs/.vitepress/llms.js';
import { sidebar } from '../../../docs/.vitepress/pages.js';
import { readPages, root } from './page.js';

const { 'llms.txt': index = '', 'llms-full.txt': full = '' } = llmsFiles('parse-factors', 'Strong sign-in', sidebar);

/** The address of each page of the site, from the files that there are. */
const addresses = readPages()
  .map(({ file }) => relative(root, file))
  .filter((name) => name.startsWith('docs/'))
  .map((name) => `/${name.slice('docs/'.length, -'.md'.length)}.html`.replace(/\/index\.html$/, '/'));

const withoutCode = full.replaceAll(/^```[\s\S]*?^```$/gm, '');

describe('the files for machines', () => {
  it('begin as llmstxt.org says', () => {
    expect(index).toMatch(/^# parse-factors\n\n> Strong sign-in\.\n\n/);
    expect(index.split('\n').filter((line) => line.startsWith('## '))).toEqual(sidebar.map(({ text }) => `## ${text}`));
  });

  it.each(addresses)('have the page %s', (address) => {
    expect(index).toContain(`](${address})`);
    expect(full).toContain(`\nPage: ${address}\n\n`);
  });

  it('list the API, which has no text in them', () => {
    expect(index).toContain('[API](/api/)');
    expect(full).not.toContain('Page: /api/');
  });

  it('show no hidden comment and no front matter', () => {
    expect(withoutCode).not.toContain('<!--');
    expect(withoutCode).not.toMatch(/^layout: /m);
  });

  it('link from the root of the site, or to another one', () => {
    const links = [...withoutCode.matchAll(/\]\(([^)\s]+)\)/g)].map(([, target = '']) => target);
    expect(links.length).toBeGreaterThan(100);
    expect(links.filter((target) => !/^(?:https?:|mailto:|\/|#)/.test(target))).toEqual([]);
  });
});

it('refuse a page of the sidebar that is missing', () => {
  expect(() => llmsFiles('', '', [{ items: [{ text: 'Gone', link: '/start/gone' }] }])).toThrow('/start/gone: no such page');
});
