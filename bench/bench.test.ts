import { spawnSync } from 'node:child_process';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';

const root = join(import.meta.dirname, '..');

describe('the benchmarks with --json', () => {
  it('print only JSON on stdout, and a row for what was not run where there is no redis-server', () => {
    const main = join('bench', 'main.ts');
    const node = ['--import', 'tsx', '--conditions=@parse-factors/source', main, '--json', 'redis'];
    const env = { ...process.env, PATH: '/nowhere' };
    const { stdout, stderr } = spawnSync(process.execPath, node, { cwd: root, encoding: 'utf8', env });
    expect(stderr).toContain('skipped: there is no redis-server');
    expect(JSON.parse(stdout)).toEqual({
      results: [{ name: 'Redis: not run, there is no redis-server', ratio: null, bound: null }],
    });
  });
});
