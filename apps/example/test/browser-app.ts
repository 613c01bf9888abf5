import { readFileSync } from 'node:fs';
import { createServer, type Server } from 'node:http';
import { createRequire } from 'node:module';
import type { Browser, BrowserContext, Page } from 'playwright-core';
import { bundle } from '../../../tools/bundle.js';
import { launchChromium } from '../../../tools/chromium.js';
import type { Outcome } from './browser-page.js';

const sdk = createRequire(import.meta.url).resolve('parse/dist/parse.min.js');

/** An application in a real browser: a page of its own origin, with the SDK and the client. */
export class BrowserApp {
  readonly #page: Page;
  readonly #context: BrowserContext;

  private constructor(context: BrowserContext, page: Page) {
    this.#context = context;
    this.#page = page;
  }

  static async open(browser: Browser, url: string): Promise<BrowserApp> {
    const context = await browser.newContext();
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
    const devtools = await this.#context.newCDPSession(this.#page);
    await devtools.send('WebAuthn.enable');
    await devtools.send('WebAuthn.addVirtualAuthenticator', {
      options: {
        protocol: 'ctap2',
        transport: 'internal',
        hasResidentKey: true,
        hasUserVerification: true,
        isUserVerified: true,
        automaticPresenceSimulation: true,
      },
    });
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
  readonly open: () => Promise<BrowserApp>;
  stop(): Promise<void>;
}

const html = (settings: object): string => `<!doctype html><meta charset="utf-8"><title>Test</title>
<input autocomplete="username webauthn">
<script>globalThis.settings = ${JSON.stringify(settings)};</script>
<script src="/parse.js"></script><script type="module" src="/page.js"></script>`;

/** @param port where the page is served, on http://localhost: a secure context for browsers */
export async function startBrowserStage(port: number, settings: { appId: string; serverUrl: string }): Promise<BrowserStage> {
  const files: Readonly<Record<string, readonly [type: string, text: string]>> = {
    '/': ['text/html', html(settings)],
    '/parse.js': ['text/javascript', readFileSync(sdk, 'utf8')],
    '/page.js': ['text/javascript', await bundle({ source: `import './apps/example/test/browser-page.js';` })],
  };
  const server: Server = createServer(({ url = '' }, response) => {
    const [type, text] = files[url] ?? ['text/plain', ''];
    response.writeHead(url in files ? 200 : 404, { 'Content-Type': type }).end(text);
  });
  await new Promise<void>((resolve) => server.listen(port, '127.0.0.1', resolve));
  const browser = await launchChromium();
  return {
    open: () => BrowserApp.open(browser, `http://localhost:${port}/`),
    async stop() {
      await browser.close();
      server.closeAllConnections();
      server.close();
    },
  };
}
