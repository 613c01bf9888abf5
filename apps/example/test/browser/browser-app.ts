import { readFileSync } from 'node:fs';
import { createRequire } from 'node:module';
import type { Browser, BrowserContext, Page } from 'playwright-core';
import { bundle } from '@parse-factors/test-server/bundle';
import { addAuthenticator, launchChromium, servePage } from '@parse-factors/test-server/chromium';
import type { Outcome, PageSettings } from './browser-page.js';

const sdk = createRequire(import.meta.url).resolve('parse/dist/parse.min.js');

/** An application in a real browser: a page of its own origin, with the SDK and the client. */
export class BrowserApp {
  readonly #page: Page;
  readonly #context: BrowserContext;

  private constructor(context: BrowserContext, page: Page) {
    this.#context = context;
    this.#page = page;
  }

  static async open(browser: Browser, url: string, server: PageSettings): Promise<BrowserApp> {
    const context = await browser.newContext();
    await context.addInitScript(`globalThis.settings = ${JSON.stringify(server)};`);
    const page = await context.newPage();
    await page.goto(url);
    await page.waitForFunction('typeof call === "function"');
    return new BrowserApp(context, page);
  }

  /** Calls what the page offers. */
  async call(name: string, ...given: readonly unknown[]): Promise<unknown> {
    const { value, error } = await this.tryCall(name, ...given);
    if (error !== undefined) throw new Error(`${name}: ${error.message}`);
    return value;
  }

  /** The same where an error is expected. */
  tryCall(name: string, ...given: readonly unknown[]): Promise<Outcome> {
    return this.#page.evaluate(`call(${[name, ...given].map((each) => JSON.stringify(each)).join(', ')})`);
  }

  /** An authenticator in the device that answers whatever it is asked. */
  async addAuthenticator(): Promise<void> {
    await addAuthenticator(this.#page);
  }

  reload(): Promise<unknown> {
    return this.#page.reload().then(() => this.#page.waitForFunction('typeof call === "function"'));
  }

  close(): Promise<void> {
    return this.#context.close();
  }
}

/** Where the page is served, and the browser that opens it. */
export interface BrowserStage {
  readonly origin: string;
  readonly open: (server: PageSettings) => Promise<BrowserApp>;
  stop(): Promise<void>;
}

/** Serves the page on `http://localhost`, a secure context for browsers, and starts one. */
export async function startBrowserStage(): Promise<BrowserStage> {
  const script = (code: string, type = 'text/javascript'): string =>
    `<script type="${type}">${code.replaceAll('</script', String.raw`<\/script`)}</script>`;
  const { origin, server } = await servePage(
    `<!doctype html><meta charset="utf-8"><title>Test</title><input autocomplete="username webauthn">` +
      script(readFileSync(sdk, 'utf8')) +
      script(await bundle({ source: `import './apps/example/test/browser/browser-page.js';` }), 'module'),
  );
  const browser = await launchChromium();
  return {
    origin,
    open: (settings) => BrowserApp.open(browser, origin, settings),
    async stop() {
      await browser.close();
      server.closeAllConnections();
      server.close();
    },
  };
}
