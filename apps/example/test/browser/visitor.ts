import { readFileSync } from 'node:fs';
import { createRequire } from 'node:module';
import type { AxeResults } from 'axe-core';
import type { Browser, BrowserContext, Locator, Page } from 'playwright-core';
import { addFinger, type Finger } from './finger.js';

/** The device that a visitor uses. */
export interface Device {
  readonly name: string;
  readonly viewport: { readonly width: number; readonly height: number };
  readonly hasTouch: boolean;
  readonly colorScheme: 'light' | 'dark';
}

/** A desk in daylight, and a small phone at night. */
export const DEVICES: readonly Device[] = [
  { name: 'desktop', viewport: { width: 1280, height: 900 }, hasTouch: false, colorScheme: 'light' },
  { name: 'phone', viewport: { width: 360, height: 740 }, hasTouch: true, colorScheme: 'dark' },
];

/** Where a visitor goes, with what, and when. */
export interface Visit {
  readonly url: string;
  readonly device: Device;
  readonly now: number;
  /** The folder for the visitor's pictures, without its last part. */
  readonly pictures: string;
}

const axe = readFileSync(createRequire(import.meta.url).resolve('axe-core/axe.min.js'), 'utf8');

/** Counts how far things jump, and what the browser refuses to load. */
const WATCH = `
  globalThis.jumps = 0;
  globalThis.refused = [];
  new PerformanceObserver((list) => {
    for (const { value } of list.getEntries()) globalThis.jumps += value;
  }).observe({ type: 'layout-shift', buffered: true });
  addEventListener('securitypolicyviolation', ({ violatedDirective, blockedURI }) => globalThis.refused.push(violatedDirective + ' ' + blockedURI));
`;

/** A person with a browser. They find elements by role and name, as a screen reader does. */
export class Visitor {
  readonly page: Page;
  readonly #context: BrowserContext;
  readonly #visit: Visit;
  /** Everything that went wrong unseen, and every address outside the server. */
  readonly #faults: string[] = [];

  private constructor(context: BrowserContext, page: Page, visit: Visit) {
    this.#context = context;
    this.page = page;
    this.#visit = visit;
    page.on('pageerror', (error) => this.#faults.push(error.message));
    page.on('console', (message) => {
      // A refused request is told to the person by the page; Chromium tells it here as well.
      // Mails may run no scripts, that of the test included.
      const isRefusal = /^Failed to load resource|^Blocked script execution in '[^']*\/outbox\/\w+'/.test(message.text());
      if (message.type() === 'error' && !isRefusal) this.#faults.push(message.text());
    });
    page.on('request', (request) => {
      if (!/^(?:data|blob):/.test(request.url()) && new URL(request.url()).origin !== visit.url) this.#faults.push(request.url());
    });
  }

  static async arrive(browser: Browser, visit: Visit): Promise<Visitor> {
    const { viewport, hasTouch, colorScheme } = visit.device;
    const context = await browser.newContext({ viewport, hasTouch, colorScheme, locale: 'en-GB', baseURL: visit.url });
    await context.grantPermissions(['clipboard-read', 'clipboard-write']);
    const page = await context.newPage();
    page.setDefaultTimeout(15_000);
    await page.clock.install({ time: visit.now });
    await page.addInitScript(WATCH);
    return new Visitor(context, page, visit);
  }

  async open(path: string): Promise<void> {
    await this.page.goto(path);
    await this.page.getByRole('heading', { level: 1 }).waitFor();
  }

  /** Fills a field in, by its label. */
  fill(label: string, text: string): Promise<void> {
    return this.page
      .locator('input')
      .and(this.page.getByLabel(label, { exact: true }))
      .fill(text);
  }

  button(name: string): Locator {
    return this.page.getByRole('button', { name, exact: true });
  }

  press(name: string): Promise<void> {
    return this.button(name).click();
  }

  /** Waits until this can be read somewhere. */
  see(text: string | RegExp): Promise<void> {
    return this.page.getByText(text).first().waitFor();
  }

  /** Waits until a page has this title. */
  async arriveAt(title: string): Promise<void> {
    await this.page.getByRole('heading', { level: 1, name: title, exact: true }).waitFor();
  }

  /** The row of a factor on the security page. */
  row(name: string): Locator {
    return this.page.getByRole('listitem').filter({ has: this.page.getByRole('heading', { level: 3, name, exact: true }) });
  }

  /** What a live region has said last. */
  async said(): Promise<string> {
    return (await this.page.locator('[role=status], [role=alert]').allInnerTexts()).join(' ').trim();
  }

  async signUp(username: string, password: string): Promise<void> {
    await this.open('/sign-up');
    await this.fill('Name', username);
    await this.fill('Password', password);
    await this.press('Sign up');
    await this.arriveAt('Security');
  }

  /** Takes another user name, past the page. */
  async rename(username: string): Promise<void> {
    const user = 'JSON.parse(localStorage.getItem("Parse/example/currentUser"))';
    const headers = `{ 'X-Parse-Application-Id': 'example', 'X-Parse-Session-Token': user.sessionToken, 'Content-Type': 'application/json' }`;
    const send = `fetch('/parse/users/' + user.objectId, { method: 'PUT', headers: ${headers}, body: ${JSON.stringify(JSON.stringify({ username }))} })`;
    const status = await this.page.evaluate<number>(`(async (user) => (await ${send}).status)(${user})`);
    if (status !== 200) throw new Error(`rename: ${status}`);
  }

  async giveName(username: string, password: string): Promise<void> {
    await this.open('/');
    await this.fill('Name', username);
    await this.fill('Password', password);
    await this.press('Sign in');
  }

  async signOut(): Promise<void> {
    await this.press('Sign out');
    await this.arriveAt('Sign in');
  }

  /** An authenticator in the device; a finger lies on it until it is lifted. */
  addAuthenticator(): Promise<Finger> {
    return addFinger(this.page);
  }

  /** Waits until the page asks the browser for a passkey. */
  passkeyAsked(): Promise<void> {
    return this.page.evaluate<void>(`new Promise((resolve) => {
      const { get } = navigator.credentials;
      navigator.credentials.get = function (...given) {
        resolve();
        return get.apply(this, given);
      };
    })`);
  }

  /** What has the focus, as it is called. */
  focused(): Promise<string> {
    return this.page.evaluate<string>(
      '(({ labels, innerText }) => (labels?.[0]?.innerText ?? innerText).trim())(document.activeElement)',
    );
  }

  /** Cuts the connection to the server, or mends it. */
  connect(isConnected: boolean): Promise<void> {
    return this.#context.setOffline(!isConnected);
  }

  /** What was copied last. */
  clipboard(): Promise<string> {
    return this.page.evaluate<string>('navigator.clipboard.readText()');
  }

  /** Everything that the browser keeps for this site. */
  stored(): Promise<string> {
    return this.page.evaluate<string>('JSON.stringify([{ ...localStorage }, { ...sessionStorage }])');
  }

  /** Lets time pass in the browser. */
  async pass(ms: number): Promise<void> {
    if (!this.page.isClosed()) await this.page.clock.fastForward(ms);
  }

  /** A picture of the whole page, for the artefacts of the run. */
  async photograph(name: string): Promise<void> {
    await this.page.screenshot({ path: `${this.#visit.pictures}/${name}.png`, fullPage: true, animations: 'disabled' });
  }

  /** A picture of what stands in the window, from this element on; documents show it. */
  async detail(name: string, selector: string): Promise<void> {
    await this.page.evaluate(`document.querySelector('${selector}').scrollIntoView()`);
    await this.page.screenshot({ path: `${this.#visit.pictures}/${name}-detail.png`, animations: 'disabled' });
  }

  /** The same of the whole page, which is also looked at with the rules of axe. */
  async picture(name: string): Promise<void> {
    await this.photograph(name);
    this.#faults.push(...(await this.#axe()).map((violation) => `${name}: ${violation}`));
  }

  async #axe(): Promise<string[]> {
    await this.page.evaluate(axe);
    const { violations } = await this.page.evaluate<AxeResults>('axe.run()');
    return violations.map(({ id, impact, nodes }) => `${String(impact)} ${id}: ${nodes.map(({ html }) => html).join(' ')}`);
  }

  /** How far the page has jumped since it was last asked, as Cumulative Layout Shift. */
  async jumps(): Promise<number> {
    await this.page.waitForLoadState('networkidle');
    return this.page.evaluate<number>('[jumps, (jumps = 0)][0]');
  }

  /** What went wrong unseen until now: errors, accessibility, requests to elsewhere, and what the policy refused. */
  async faults(): Promise<readonly string[]> {
    const refused = await this.page.evaluate<string[]>('refused');
    const wide = await this.page.evaluate<number>('document.documentElement.scrollWidth - innerWidth');
    return [...this.#faults, ...refused, ...(wide > 0 ? [`wider than the window by ${wide}`] : [])];
  }

  async cookies(): Promise<number> {
    return (await this.#context.cookies()).length;
  }

  leave(): Promise<void> {
    return this.#context.close();
  }
}
