import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { describe, expect, it } from 'vitest';

const folder = fileURLToPath(new URL('../../e2e', import.meta.url));
const index = readFileSync(join(folder, 'README.md'), 'utf8');
const linked = [...index.matchAll(/\]\(([^)]+\.test\.ts)\)/g)].map(([, file = '']) => file);
const listed = [...index.slice(index.indexOf('## Every file')).matchAll(/\]\(([^)]+\.test\.ts)\)/g)].map(([, file = '']) => file);
const present = readdirSync(folder, { recursive: true, encoding: 'utf8' })
  .map((file) => file.replaceAll('\\', '/'))
  .filter((file) => file.endsWith('.test.ts') && !file.includes('node_modules'));

describe('the index of e2e', () => {
  it('links to no test file that does not exist', () => {
    expect(linked.filter((file) => !present.includes(file))).toEqual([]);
  });

  it('lists every test file of e2e exactly once', () => {
    expect(listed.toSorted()).toEqual(present.toSorted());
  });
});
