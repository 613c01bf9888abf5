import { readFileSync } from 'node:fs';
import { createRequire } from 'node:module';
import { proofOfWork } from '@parse-factors/core';
import { startStage, type Stage } from '@parse-factors/e2e/harness';
import { bundle } from '@parse-factors/test-server/bundle';
import { hasChromium, launchChromium, servePage, type ServedPage } from '@parse-factors/test-server/chromium';
import type { Browser, BrowserContext, Page } from 'playwright-core';
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, it } from 'vitest';

/** The proof of work in a real browser: in a Worker, without one, and from another origin than the server's. */

const HEADER = 'x-parse-factors-proof';
const BITS = 16;
const SDK = readFileSync(createRequire(import.meta.url).resolve('parse/dist/parse.min.js'), 'utf8');

/** What runs in the page. It counts Workers, and the longest time that the page could not do anything else. */
const SOURCE = `
  import { createFactorClient } from './packages/client/src/index.js';
  import { proofOfWork, solveProofOfWork } from './packages/client/src/proof-of-work.js';
  Parse.initialize('test');
  const seen = { workers: 0, pauseMs: 0 };
  const { Worker: Native } = globalThis;
  globalThis.Worker = class extends Native {
    constructor(...given) { super(...given); seen.workers += 1; }
  };
  let last = performance.now();
  setInterval(() => { const now = performance.now(); seen.pauseMs = Math.max(seen.pauseMs, now - last); last = now; });
  globalThis.signIn = async (serverUrl, email) => {
    Parse.serverURL = serverUrl;
    const client = createFactorClient(Parse, { checks: proofOfWork(Parse, { keys: ['emailLogin'] }) });
    return (await client.passwordless.start('emailLogin', { email })).status;
  };
  globalThis.stop = async (afterMs) => {
    const controller = new AbortController();
    setTimeout(() => controller.abort(), afterMs);
    const work = { challenge: 'x'.repeat(88), bits: '32' };
    return solveProofOfWork(work, { signal: controller.signal }).then(() => 'solved', ({ name }) => name);
  };
  globalThis.seen = seen;
`;

const script = (code: string, type: string): string =>
  `<script type="${type}">${code.replaceAll('</script', String.raw`<\/script`)}</script>`;

describe.skipIf(!hasChromium())('a proof of work in Chromium', () => {
  let stage: Stage;
  let browser: Browser;
  let plain: ServedPage;
  let strict: ServedPage;
  let context: BrowserContext;

  const open = async ({ origin }: ServedPage): Promise<Page> => {
    const page = await context.newPage();
    await page.goto(origin);
    await page.waitForFunction('typeof seen === "object"');
    return page;
  };
  const signIn = (page: Page, email: string): Promise<unknown> =>
    page.evaluate(`signIn(${JSON.stringify(stage.url)}, ${JSON.stringify(email)})`);
  const seenBy = async (page: Page): Promise<{ workers: number; pauseMs: number }> => page.evaluate('seen');

  beforeAll(async () => {
    stage = await startStage({
      install: true,
      emailLogin: { allow: proofOfWork({ bits: BITS }) },
      server: { allowHeaders: [HEADER] },
    });
    const scripts = script(SDK, 'text/javascript') + script(await bundle({ source: SOURCE }), 'module');
    const policy = `<meta http-equiv="Content-Security-Policy" content="worker-src 'none'">`;
    plain = await servePage(`<!doctype html><meta charset="utf-8"><title>Test</title>${scripts}`);
    strict = await servePage(`<!doctype html><meta charset="utf-8">${policy}<title>Test</title>${scripts}`);
    browser = await launchChromium();
  });
  afterAll(async () => {
    await browser?.close();
    for (const { server } of [plain, strict]) server.close();
    await stage?.stop();
  });
  beforeEach(async () => {
    context = await browser.newContext();
    stage.mail.messages.length = 0;
    stage.time.now += 86_400_000;
  });
  afterEach(() => context.close());

  it('is solved in a Worker, and the message goes out', async () => {
    const page = await open(plain);
    expect(await signIn(page, 'ann@example.com')).toBe('sent');
    expect(stage.mail.messages.map(({ to }) => to)).toEqual(['ann@example.com']);
    expect(await seenBy(page)).toMatchObject({ workers: 1 });
  });

  it('is solved without one where the page forbids it, and the page still reacts', async () => {
    const page = await open(strict);
    expect(await signIn(page, 'bob@example.com')).toBe('sent');
    expect(stage.mail.messages.map(({ to }) => to)).toEqual(['bob@example.com']);
    const { pauseMs } = await seenBy(page);
    expect(pauseMs).toBeLessThan(500); // the whole work takes longer on a slow machine
  });

  it.each([
    ['in a Worker', () => plain],
    ['without one', () => strict],
  ])('can be stopped %s', async (_where, page) => {
    expect(await (await open(page())).evaluate('stop(50)')).toBe('AbortError');
    expect(await (await open(page())).evaluate('stop(0)')).toBe('AbortError');
  });
});
