import { readFileSync } from 'node:fs';
import { createRequire } from 'node:module';
import type * as Library from '@simplewebauthn/browser';
import type { Browser, CDPSession, Page } from 'playwright-core';
import { afterAll, afterEach, beforeAll, describe, expect, it } from 'vitest';
import { addAuthenticator, hasChromium, launchChromium, servePage, type ServedPage } from '@parse-factors/test-server/chromium';
import type { Answer } from '@parse-factors/test-server/parse-server';
import { slug, type Stage } from '@parse-factors/e2e/harness';
import { PasskeyUser, startPasskeyStage } from '@parse-factors/e2e/passkey-stage';

declare const SimpleWebAuthnBrowser: typeof Library; // by the script in the page

const bundle = createRequire(import.meta.url)
  .resolve('@simplewebauthn/browser')
  .replace(/script.*$/, 'dist/bundle/index.umd.min.js');
const HTML = `<!doctype html><title>Passkeys</title><script>${readFileSync(bundle, 'utf8')}</script>
<form><input id="name" autocomplete="username webauthn"></form>`;

describe.skipIf(!hasChromium())('in Chromium, a passkey', () => {
  let stage: Stage;
  let browser: Browser;
  let own: ServedPage;
  let foreign: ServedPage;
  let page: Page;
  beforeAll(async () => {
    [own, foreign, browser] = await Promise.all([servePage(HTML), servePage(HTML), launchChromium()]);
    stage = await startPasskeyStage({ rpId: 'localhost', origins: [own.origin] });
  });
  afterEach(() => page.context().close());
  afterAll(async () => {
    await browser.close();
    own.server.close();
    foreign.server.close();
    await stage.stop();
  });

  /** A user's browser with an authenticator. */
  async function open(): Promise<{ cdp: CDPSession; authenticatorId: string }> {
    const context = await browser.newContext();
    page = await context.newPage();
    await page.goto(own.origin);
    return addAuthenticator(page);
  }

  const create = (options: string): Promise<string> =>
    page.evaluate(
      async (json) =>
        JSON.stringify(
          await SimpleWebAuthnBrowser.startRegistration({
            optionsJSON: JSON.parse(json) as Library.PublicKeyCredentialCreationOptionsJSON,
          }),
        ),
      options,
    );
  const get = (options: string, useBrowserAutofill = false): Promise<string> =>
    page.evaluate(
      async ({ json, isAutofill }) =>
        JSON.stringify(
          await SimpleWebAuthnBrowser.startAuthentication({
            optionsJSON: JSON.parse(json) as Library.PublicKeyCredentialRequestOptionsJSON,
            useBrowserAutofill: isAutofill,
          }),
        ),
      { json: options, isAutofill: useBrowserAutofill },
    );
  const handleOf = (credential: string): string =>
    (JSON.parse(credential) as { response: { userHandle: string } }).response.userHandle;
  const alone = (credential: string): Promise<Answer> =>
    stage.call('POST', '/users', { authData: { passkey: { id: handleOf(credential), credential } } });
  const second = ({ person }: PasskeyUser, credential: string): Promise<Answer> =>
    stage.logIn(person, { passkey: { credential } });

  /** A user with a passkey in this browser. */
  async function register(): Promise<PasskeyUser> {
    const user = new PasskeyUser(stage, await stage.signUp());
    const credential = await create(await user.begin());
    const saved = await user.save({ credential, name: 'Laptop' });
    expect(saved.body['authDataResponse'].passkey.status).toBe('enabled');
    return user;
  }

  it('is made, and logs in as a second factor, alone and by autofill', async () => {
    await open();
    const user = await register();
    expect((await stage.logIn(user.person)).body['error']).toContain('passkey');
    expect((await second(user, await get(await user.beginLogin()))).status).toBe(200);
    const first = await alone(await get(await user.beginAlone()));
    expect([first.status, first.body['objectId']]).toEqual([200, user.person.id]);
    const filled = await alone(await get(await user.beginAlone(), true));
    expect([filled.status, filled.body['objectId']]).toEqual([200, user.person.id]);
  });

  it('is one of two, on two devices; the one that is removed is good for nothing', async () => {
    await open();
    const user = await register();
    const laptop = page;
    expect((await user.save({ credential: await get(await user.begin({ purpose: 'fresh-proof' })) })).status).toBe(200);
    const begun = await user.begin({ purpose: 'enrolment' });
    await open(); // a phone
    const made = await create(begun);
    expect((await user.save({ credential: made, name: 'Phone' })).status).toBe(200);
    expect((await alone(await get(await user.beginAlone()))).status).toBe(200);
    const { id } = JSON.parse(made) as { id: string };
    expect((await user.save({ remove: id })).status).toBe(200);
    expect(slug(await alone(await get(await user.beginAlone())))).toBe('code_rejected');
    await page.context().close();
    page = laptop;
    expect((await alone(await get(await user.beginAlone()))).status).toBe(200);
    expect((await second(user, await get(await user.beginLogin()))).status).toBe(200);
  });

  it('is not made twice on the same device', async () => {
    await open();
    const user = await register();
    await expect(create(await user.begin({ purpose: 'enrolment' }))).rejects.toThrow('previously registered');
  });

  it('answers no page of another origin, and no answer twice', async () => {
    await open();
    const user = await register();
    const begun = { ...(JSON.parse(await user.begin({ purpose: 'enrolment' })) as object), excludeCredentials: [] };
    const credential = await get(await user.beginAlone());
    expect((await alone(credential)).status).toBe(200);
    expect(slug(await alone(credential))).toBe('code_rejected');
    await page.goto(foreign.origin); // the same host, so that the authenticator does answer
    expect(slug(await alone(await get(await user.beginAlone())))).toBe('code_rejected');
    expect(slug(await second(user, await get(await user.beginLogin())))).toBe('code_rejected');
    expect((await user.save({ credential: await create(JSON.stringify(begun)) })).status).toBe(400);
  });

  it('whose counter has gone back is refused', async () => {
    const { cdp, authenticatorId } = await open();
    const user = await register();
    for (let use = 0; use < 3; use += 1) expect((await alone(await get(await user.beginAlone()))).status).toBe(200);
    const { credentials } = await cdp.send('WebAuthn.getCredentials', { authenticatorId });
    const [copy] = credentials;
    if (copy === undefined) throw new Error('there is no credential');
    expect(copy.signCount).toBeGreaterThan(2);
    await cdp.send('WebAuthn.removeCredential', { authenticatorId, credentialId: copy.credentialId });
    await cdp.send('WebAuthn.addCredential', { authenticatorId, credential: { ...copy, signCount: 1 } });
    expect(slug(await alone(await get(await user.beginAlone())))).toBe('code_rejected');
    expect(stage.events.at(-1)).toMatchObject({ type: 'rejected' });
    expect(stage.events.some(({ reason }) => reason === 'counter_went_back')).toBe(true);
  });

  it('without user verification cannot sign in alone', async () => {
    const { cdp, authenticatorId } = await open();
    const user = await register();
    await cdp.send('WebAuthn.setUserVerified', { authenticatorId, isUserVerified: false });
    const options = (json: string): string =>
      JSON.stringify({ ...(JSON.parse(json) as object), userVerification: 'discouraged' });
    expect(slug(await alone(await get(options(await user.beginAlone()))))).toBe('code_rejected');
    expect((await second(user, await get(options(await user.beginLogin())))).status).toBe(200);
  });
});
