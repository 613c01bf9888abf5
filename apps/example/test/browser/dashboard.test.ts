import { spawnSync } from 'node:child_process';
import { mkdirSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import type { Browser, Locator, Page } from 'playwright-core';
import { afterAll, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import { hasChromium, launchChromium } from '@parse-factors/test-server/chromium';
import { hasDashboard, ParseDashboard } from '@parse-factors/test-server/parse-dashboard';
import { freePort } from '@parse-factors/test-server/postgres';
import { startUi, type UiStage } from './stage.js';
import { addAuthenticatorApp, addPhone, moveIn, type Resident } from './steps.js';
import { DEVICES } from './visitor.js';

const PICTURES = fileURLToPath(new URL('../../screenshots/desktop', import.meta.url));
const CLI = fileURLToPath(new URL('../../../../packages/core/src/cli.ts', import.meta.url));
const MALICE = '<img src=x onerror=alert(1)>';
const [DESK] = DEVICES;

/** What `parse-factors dashboard-config` prints. */
function printedConfig(): object {
  const { stdout } = spawnSync(process.execPath, ['--import', 'tsx', CLI, 'dashboard-config'], { encoding: 'utf8' });
  return JSON.parse(stdout) as object;
}

const isThere = hasChromium() && hasDashboard();
const dashboard = new ParseDashboard();
let ui: UiStage;
let browser: Browser;
let page: Page;
let url = '';
const faults: string[] = [];

beforeAll(async () => {
  if (!isThere) return;
  const port = await freePort();
  url = `http://127.0.0.1:${port}`;
  ui = await startUi({ isEnforced: true, options: { allowOrigin: [url] } });
  const app = { appId: 'example', appName: 'Example', serverURL: `${ui.url}/parse`, masterKey: ui.masterKey };
  await dashboard.start(port, { apps: [{ ...app, ...printedConfig() }] });
  browser = await launchChromium();
  page = await browser.newPage({ viewport: { width: 1280, height: 800 } });
  page.setDefaultTimeout(15_000);
  await page.clock.install();
  page.on('pageerror', (error) => faults.push(error.message));
  page.on('dialog', (dialog) => {
    faults.push(`a script has run: ${dialog.message()}`);
    void dialog.dismiss();
  });
  mkdirSync(PICTURES, { recursive: true });
}, 60_000);
afterAll(async () => {
  await browser?.close();
  await ui?.stop();
  await dashboard.remove();
});
beforeEach(() => ui?.pass(60 * 60_000));

const modal = (): Locator => page.locator('[data-modal="true"]');
const see = (text: string | RegExp): Promise<void> => page.getByText(text).last().waitFor();
const picture = async (name: string): Promise<void> => {
  await page.screenshot({ path: `${PICTURES}/dashboard-${name}.png`, animations: 'disabled' });
};

/** Selects a user in the data browser, with the info panel shown. */
async function select({ username }: Pick<Resident, 'username'>): Promise<Locator> {
  await page.goto(`${url}/apps/Example/browser/_User`);
  const cell = page.getByText(username).first();
  await cell.waitFor();
  if (await page.getByText('Show Panel').isVisible()) await page.getByText('Show Panel').click();
  await cell.click();
  await see('Latest events');
  return cell;
}

/** Runs a script on a user, by the menu of a cell. */
async function run(title: string, person: Pick<Resident, 'username'>): Promise<void> {
  const cell = await select(person);
  await cell.click({ button: 'right' });
  await page.getByText('Scripts', { exact: true }).last().hover();
  await page.getByText(title, { exact: true }).last().click();
}

const choose = async (shown: string, chosen: string): Promise<void> => {
  await modal().getByText(shown, { exact: true }).click();
  await page.getByText(chosen, { exact: true }).last().click();
};
const tick = (): Promise<void> => modal().locator('span > span:empty').last().click();
const submit = (): Promise<void> => modal().getByText('Submit').click();

async function openView(name: string, cloudFunction: string): Promise<void> {
  await page.goto(`${url}/apps/Example/views`);
  await page.getByText('Create a view').first().click();
  await modal().locator('input[type=text], input:not([type])').first().fill(name);
  await choose('Aggregation Pipeline', 'Cloud Function');
  await modal().locator('input[type=text], input:not([type])').nth(1).fill(cloudFunction);
  await modal().getByText('Create', { exact: true }).click();
  await page.getByText(name, { exact: true }).first().click();
}

/** A user with an authenticator app of that name, which is HTML by default. */
async function newUser(app = MALICE): Promise<Resident> {
  if (DESK === undefined) throw new Error('no device');
  const person = await moveIn(ui, DESK);
  await addAuthenticatorApp(ui, person.visitor, app);
  return person;
}

describe.skipIf(!isThere)('Parse Dashboard, with the configuration that the command prints', () => {
  it('shows a user in the info panel, and resets a factor once the operator has ticked the box', async () => {
    const ann = await newUser("Ann's phone");
    await addPhone(ui, ann.visitor, undefined, 'Work');
    await select(ann);
    await see('No locks.');
    await see(/^Ann's phone, since/);
    await picture('panel');
    await run('Reset factors', ann);
    await choose('Choose one', 'totp');
    await picture('script');
    await submit();
    await see(/tick the box. Nothing was reset/);
    await run('Reset factors', ann);
    await choose('Choose one', 'All at once, but not the only way in');
    await tick();
    await submit();
    await see('Reset: otp, totp.');
    await select(ann);
    await see('No factors.');
    await see('The policy demands that this user set up a factor.');
    expect(faults).toEqual([]);
  });

  it('ends locks, and ends sessions', async () => {
    const ann = await newUser();
    await select(ann);
    await see(`${MALICE}, since`);
    await run('End locks', ann);
    await submit();
    await see('Not locked any more: totp.');
    await run('End sessions', ann);
    await tick();
    await submit();
    await see(/Sessions ended: 1\./);
    await select(ann);
    await see('No sessions.');
    expect(faults).toEqual([]);
  });

  it('asks before it issues a help code, and shows it until the form is closed', async () => {
    const ann = await newUser();
    await run('Issue a help code', ann);
    await modal().getByText('Continue').click();
    const code = modal().getByText(/^([0-9A-Z]{4}-){2}[0-9A-Z]{4}$/);
    await code.waitFor();
    await picture('help-code');
    await page.clock.fastForward(60_000); // notes of the dashboard vanish after 3.5 seconds
    expect(await code.innerText()).toHaveLength(14);
    await submit();
    await see('Done.');
    expect(faults).toEqual([]);
  });

  it('shows the views, in which names of users are no HTML', async () => {
    const bob = DESK === undefined ? undefined : await moveIn(ui, DESK);
    await bob?.visitor.rename(MALICE);
    await openView('Factors by role', 'factorsDashboardAdoption');
    await see('All users');
    await picture('view');
    await openView('Users who must set up a factor', 'factorsDashboardMissing');
    await see('&lt;img src=x onerror=alert(1)&gt;');
    expect(await page.locator('img[src="x"]').count()).toBe(0);
    expect(faults).toEqual([]);
  });

  it('shows the findings of the self-check under App Settings, Security', async () => {
    await page.goto(`${url}/apps/Example/settings/security`);
    await see('Self-check of the factors');
    expect(faults).toEqual([]);
  });
});
