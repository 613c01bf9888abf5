import { execFile } from 'node:child_process';
import { mkdirSync, mkdtempSync, rmSync, symlinkSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { expect, inject, it, onTestFinished } from 'vitest';
import { createDatabase } from '@parse-factors/test-server/database/test-database';
import { requireParseServer } from '@parse-factors/test-server/parse-server-home';
import { freePort } from '@parse-factors/test-server/postgres';
import { docsBlocks } from '../support/docs-page.js';

/** The test that docs/run/testing.md shows, run as it stands by Node's own runner. */

const packages = fileURLToPath(new URL('../../node_modules/@parse-factors', import.meta.url));

it('the test of the page passes', async () => {
  const folder = mkdtempSync(join(tmpdir(), 'testing-page-'));
  onTestFinished(() => rmSync(folder, { recursive: true, force: true }));
  const modules = join(folder, 'node_modules');
  mkdirSync(modules);
  symlinkSync(packages, join(modules, '@parse-factors'));
  symlinkSync(dirname(requireParseServer.resolve('parse-server/package.json')), join(modules, 'parse-server'));
  writeFileSync(join(folder, 'package.json'), '{"type": "commonjs"}');
  const { text = '' } = docsBlocks('run/testing').find(({ info }) => info === 'js [login.test.mjs]') ?? {};
  writeFileSync(join(folder, 'login.test.mjs'), text);
  const env = {
    PATH: process.env['PATH'],
    PARSE_SERVER_LOGS_FOLDER: 'null',
    PORT: String(await freePort()),
    DATABASE_URI: await createDatabase(inject('database')),
  };
  const loader = new URL(import.meta.resolve('tsx')).href;
  const words = ['--import', loader, '--conditions=@parse-factors/source', '--test', 'login.test.mjs'];
  const output = await new Promise<string>((resolve) => {
    execFile(process.execPath, words, { cwd: folder, env }, (_error, stdout, stderr) => resolve(stdout + stderr));
  });
  expect(output).toMatch(/^. pass 3$/m);
  expect(output).toMatch(/^. fail 0$/m);
});
