import { randomUUID } from 'node:crypto';
import { PasskeyFactor } from '@parse-factors/passkey';
import { RecoveryCodesFactor } from '@parse-factors/recovery-codes';
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import { hasChromium } from '@parse-factors/test-server/chromium';
import { freePort } from '@parse-factors/test-server/postgres';
import { authenticatorCode } from '@parse-factors/e2e/authenticator-code';
import { startBrowserStage, type BrowserApp, type BrowserStage } from './browser-app.js';
import { newApp } from '@parse-factors/e2e/client-stage';
import { startStage } from '@parse-factors/e2e/harness';
import { ExampleProcesses } from '@parse-factors/test-server/example-process';

/** The client in a real browser and in Node, against the example as `npm start` runs it. */

const processes = new ExampleProcesses();
let origin = '';
let browser: BrowserStage;
let app: BrowserApp;
let secrets: string[] = [];

const secret = (text: unknown): string => {
  expect(text).toEqual(expect.stringMatching(/.{6}/));
  secrets.push(String(text));
  return String(text);
};
/** A code of the clock's next step: the present one may be used up, and no test waits for another. */
const totp = (seed: string, stepsAhead = 0): string => secret(authenticatorCode(seed, Date.now(), stepsAhead));
/** The newest code that was sent to an address. */
async function codeTo(address: string): Promise<string> {
  const messages = (await (await fetch(`${origin}/outbox.json`)).json()) as { to: string; text: string }[];
  return secret(/\d{6}/.exec(messages.findLast(({ to }) => to === address)?.text ?? '')?.[0]);
}
const newName = (): string => `ann-${randomUUID()}`;
const expectNoTrace = async (on = app): Promise<void> => {
  const stored = String(await on.call('stored'));
  expect(stored).toContain('currentUser');
  expect(secrets.filter((each) => stored.includes(each))).toEqual([]);
  expect(stored).not.toContain('authDataResponse');
  expect(stored).not.toContain('sealed');
};

const withChromium = describe.skipIf(!hasChromium());

withChromium('in Chromium', () => {
  beforeAll(async () => {
    const port = await freePort();
    origin = `http://localhost:${port}`;
    browser = await startBrowserStage();
    await processes.start(port, { ORIGINS: browser.origin }).until('Ctrl-C stops it');
  });
  afterAll(async () => {
    await browser?.stop();
    processes.remove();
  });
  beforeEach(async () => {
    secrets = [];
    app = await browser.open({ appId: 'example', serverUrl: `${origin}/parse` });
  });
  afterEach(() => app.close());

  it('an authenticator is set up and asked for at the login, and localStorage holds nothing of it', async () => {
    const [username, password] = [newName(), secret(`password ${randomUUID()}`)];
    const id = await app.call('signUp', username, password);
    const begun = (await app.call('enrol', 'totp')) as { secret: string; qr: string; uri: string };
    expect(begun.qr).toMatch(/^data:image\/svg\+xml;base64,/);
    const seed = secret(begun.secret);
    expect((await app.tryCall('confirm', 'totp', 'x')).error).toMatchObject({ slug: 'invalid_input' });
    await app.call('confirm', 'totp', totp(seed));
    expect(await app.call('current')).toEqual({ totp: { status: 'enabled' } });
    const codes = (await app.call('recoveryCodes')) as string[];
    codes.forEach(secret);
    await expectNoTrace();
    await app.call('logOut');
    expect(await app.call('logIn', username, password)).toEqual({
      status: 'factors',
      needs: expect.arrayContaining(['recovery', 'totp']),
      destinations: {},
    });
    expect((await app.tryCall('answer', 'totp', '000000')).error).toMatchObject({ slug: 'code_rejected' });
    expect(await app.call('answer', 'totp', totp(seed, 1))).toMatchObject({ status: 'session', id });
    await expectNoTrace();
    const token = secret(await app.call('trustDevice', 'Chromium'));
    await app.reload();
    expect(Object.keys((await app.call('enrolled')) as object).toSorted()).toEqual(['device', 'recovery', 'totp']);
    expect(await app.call('logIn', username, password, { device: { token } })).toMatchObject({
      status: 'session',
      replies: { device: { token: expect.not.stringMatching(token) } },
    });
    await app.call('logIn', username, password);
    expect(await app.call('answer', 'recovery', codes[0])).toMatchObject({ status: 'session' });
    await expectNoTrace();
  });

  it('codes by SMS are asked for where the person is told they go', async () => {
    const [username, password, phone] = [newName(), secret(`password ${randomUUID()}`), '+14155550123'];
    await app.call('signUp', username, password);
    await app.call('enrol', 'otp', { phone });
    expect((await app.tryCall('enrol', 'otp', { phone })).error).toMatchObject({ slug: 'cooldown', retryAt: expect.any(String) });
    await app.call('confirm', 'otp', { phone, code: await codeTo(phone) });
    secrets.push(phone);
    await expectNoTrace();
    expect(await app.call('logIn', username, password)).toMatchObject({ needs: ['otp'], destinations: { otp: '•••• 0123' } });
  });

  it('a user signs in without a password', async () => {
    const email = `${newName()}@example.com`;
    await app.call('start', 'emailLogin', { email });
    const code = await codeTo(email);
    expect((await app.tryCall('finish', 'emailLogin', { email, code: '000000' })).error).toMatchObject({ slug: 'code_rejected' });
    expect(await app.call('finish', 'emailLogin', { email: email.toUpperCase(), code })).toMatchObject({ isNew: true });
    secrets.push(email);
    await expectNoTrace();
  });

  it('a passkey is set up, answers a login, and is enough for one', async () => {
    await app.addAuthenticator();
    const [username, password] = [newName(), secret(`password ${randomUUID()}`)];
    const id = await app.call('signUp', username, password);
    expect(await app.call('passkeyRegister', 'Laptop')).toMatchObject({ status: 'enabled' });
    await expectNoTrace();
    expect((await app.tryCall('passkeyRegister', 'Laptop')).error).toMatchObject({ name: 'InvalidStateError' }); // it is there already
    await app.call('logOut');
    expect(await app.call('logIn', username, password)).toMatchObject({ status: 'factors', needs: ['passkey'] });
    expect(await app.call('passkeyAnswer')).toMatchObject({ status: 'session', id });
    await expectNoTrace();
    await app.call('logOut');
    expect(await app.call('passkeyLogIn', false)).toMatchObject({ status: 'session', id, isNew: false });
    await expectNoTrace();
    const [{ id: credential }] = await listed();
    await app.call('passkeyRename', credential, 'Old laptop');
    expect(await listed()).toMatchObject([{ id: credential, name: 'Old laptop' }]);
    expect(Date.parse(String(await app.call('passkeyFreshen')))).toBeGreaterThan(Date.now());
    await expectNoTrace();
    expect((await app.tryCall('passkeyRemove', credential)).error?.slug).toBe('invalid_input'); // the last one goes by "remove"
  });

  it('a passkey is offered in the field of a form', async () => {
    await app.addAuthenticator();
    const id = await app.call('signUp', newName(), secret(`password ${randomUUID()}`));
    await app.call('passkeyRegister');
    await app.call('logOut');
    expect(await app.call('passkeyLogIn', true)).toMatchObject({ status: 'session', id });
  });

  it('a person uses a browser and an application in Node side by side', async () => {
    const [username, password] = [newName(), secret(`password ${randomUUID()}`)];
    await app.call('signUp', username, password);
    const { secret: seed } = (await app.call('enrol', 'totp')) as { secret: string };
    await app.call('confirm', 'totp', totp(secret(seed)));
    const node = newApp(`${origin}/parse`, 'example');
    const login = await node.client.logIn(username, password);
    if (login.status !== 'factors') throw new Error(login.status);
    expect((await login.answer('totp', totp(seed, 1))).status).toBe('session');
    const shown = { totp: { status: 'enabled', authenticators: expect.stringContaining('"name":"Unnamed app"') } };
    expect(await node.client.enrolled()).toEqual(shown);
    expect(await app.call('enrolled')).toEqual(shown);
    expect(node.written.filter((text) => secrets.some((each) => text.includes(each)))).toEqual([]);
  });

  it('a user signs up with a passkey alone, loses it, and gets back in with recovery codes', async () => {
    const passkey = new PasskeyFactor({ rpId: 'localhost', origins: [browser.origin], policy: 'solo', signUp: true });
    const recovery = new RecoveryCodesFactor({ changesFactors: { afterMs: 60 * 60_000 } });
    const stage = await startStage({ install: true, more: { passkey, recovery } });
    try {
      const first = await browser.open({ appId: 'test', serverUrl: stage.url });
      await first.addAuthenticator();
      const username = newName();
      const { id, recoveryCodes } = (await first.call('passkeySignUp', username)) as { id: string; recoveryCodes: string[] };
      expect(recoveryCodes).toHaveLength(10);
      recoveryCodes.forEach(secret);
      await expectNoTrace(first);
      await first.call('logOut');
      expect(await first.call('passkeyLogIn', false)).toMatchObject({ status: 'session', id, isNew: false });
      expect(await first.call('passkeyOffer')).toBe(false); // there is one already, and the browser shows nothing
      await first.close(); // the authenticator is gone with it
      const second = await browser.open({ appId: 'test', serverUrl: stage.url });
      await second.addAuthenticator();
      expect((await second.tryCall('passkeyRecover', username, 'AAAA-AAAA-AAAA-AAAA')).error?.slug).toBe('code_rejected');
      expect(await second.call('passkeyRecover', username, recoveryCodes[0])).toMatchObject({ status: 'pending' });
      stage.time.now += 60 * 60_000;
      expect(await second.call('passkeyRecover', username, recoveryCodes[1])).toEqual({ status: 'recovered' });
      expect(await second.call('passkeyLogIn', false)).toMatchObject({ status: 'session', id });
      await expectNoTrace(second);
      await second.close();
    } finally {
      await stage.stop();
    }
  });

  it('a passkey that is demanded is set up on the way in', async () => {
    const passkey = new PasskeyFactor({ rpId: 'localhost', origins: [browser.origin] });
    const stage = await startStage({ install: true, compose: { enrolment: { requiredFor: 'everybody' } }, more: { passkey } });
    const other = await browser.open({ appId: 'test', serverUrl: stage.url });
    await other.addAuthenticator();
    const [username, password] = [newName(), secret(`password ${randomUUID()}`)];
    const id = await other.call('signUp', username, password);
    expect(await other.call('logIn', username, password)).toMatchObject({
      status: 'enrolment',
      needs: expect.arrayContaining(['passkey']),
    });
    expect(await other.call('passkeyEnrol', 'Laptop')).toMatchObject({ status: 'session', id });
    await expectNoTrace(other);
    expect((await other.tryCall('passkeyLogIn', false)).error).toMatchObject({ slug: 'session_required' }); // it does not sign in alone here
    await other.call('logIn', username, password);
    expect(await other.call('passkeyAnswer')).toMatchObject({ status: 'session', id });
    await other.close();
    await stage.stop();
  });
});

const listed = async (): Promise<[{ id: string; name: string }]> => {
  const { passkey } = (await app.call('enrolled')) as { passkey: { passkeys: string } };
  return JSON.parse(passkey.passkeys) as [{ id: string; name: string }];
};
