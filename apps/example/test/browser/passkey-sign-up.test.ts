import { randomUUID } from 'node:crypto';
import { readFileSync } from 'node:fs';
import { hasChromium } from '@parse-factors/test-server/chromium';
import { afterAll, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import { startUi, type UiStage } from './stage.js';
import type { Finger } from './finger.js';
import { addAuthenticatorApp, answer, choose, leave, logIn, moveIn, signInAgainByPasskey } from './steps.js';
import { DEVICES, type Device, type Visitor } from './visitor.js';

const MINUTE = 60_000;
const HOUR = 60 * MINUTE;
const SUBMIT = 'Sign up with a passkey';

const isThere = hasChromium();
let ui: UiStage;
beforeAll(async () => {
  if (isThere) ui = await startUi();
});
afterAll(() => ui?.stop());

const newName = (): string => `kim-${randomUUID().slice(0, 8)}`;

/** Opens the sign-up page at its form for passkeys, on a device with an authenticator. */
async function openForm(device: Device): Promise<{ visitor: Visitor; finger: Finger }> {
  const visitor = await ui.visit(device);
  await visitor.open('/sign-up');
  const finger = await visitor.addAuthenticator();
  await visitor.press('Passkey');
  return { visitor, finger };
}

/** Signs up with a passkey, and gives the recovery codes that the page shows. */
async function signUp(visitor: Visitor, username: string): Promise<string[]> {
  await visitor.fill('Name', username);
  await visitor.press(SUBMIT);
  await visitor.arriveAt('Your account is ready');
  return visitor.page.locator('.printed code').allInnerTexts();
}

/** What the server knows of a user with this name, and how many users it has. */
async function usersNamed(username: string): Promise<{ named: number; all: number }> {
  const headers = { 'X-Parse-Application-Id': 'example', 'X-Parse-Master-Key': ui.masterKey };
  // Without a condition, Parse Server estimates the number.
  const count = async (where: object): Promise<number> => {
    const query = `where=${encodeURIComponent(JSON.stringify(where))}&count=1&limit=0`;
    return ((await (await fetch(`${ui.url}/parse/users?${query}`, { headers })).json()) as { count: number }).count;
  };
  return { named: await count({ username }), all: await count({ createdAt: { $exists: true } }) };
}

describe.skipIf(!isThere).each(DEVICES)('signing up with a passkey alone on a $name', (device) => {
  // All users here share one IP address, whose limits are by the hour.
  beforeEach(() => ui.pass(HOUR));

  it('a user signs up, saves their name and codes, and signs in again with the passkey', async () => {
    const { visitor, finger } = await openForm(device);
    const username = newName();
    await visitor.picture('sign-up-with-passkey');
    const codes = await signUp(visitor, username);
    expect(codes).toHaveLength(10);
    expect(await visitor.focused()).toBe('Your account is ready'); // the heading of the page that came
    await visitor.see(`Name: ${username}`);
    await visitor.picture('recovery-codes-of-sign-up');
    await visitor.press('Copy');
    await visitor.see('Copied.');
    expect(await visitor.clipboard()).toBe(`Name: ${username}\n\n${codes.join('\n')}\n`);
    const [download] = await Promise.all([visitor.page.waitForEvent('download'), visitor.press('Download')]);
    expect(readFileSync(await download.path(), 'utf8')).toBe(`Name: ${username}\n\n${codes.join('\n')}\n`);
    await visitor.page.emulateMedia({ media: 'print' });
    for (const text of [username, codes[0] ?? '']) expect(await visitor.page.getByText(text).first().isVisible()).toBe(true);
    await visitor.page.emulateMedia({ media: 'screen' });
    await visitor.press('I have saved them');
    await visitor.arriveAt('Security');
    await visitor.see(`You are signed in as ${username}.`);
    await visitor.see('1 passkey');
    await visitor.see('10 left');
    await visitor.picture('security-of-passkey-account');
    expect(await visitor.stored()).not.toContain(codes[0]);
    await signInAgainByPasskey(visitor, finger);
    await visitor.see(`You are signed in as ${username}.`);
    await leave(visitor);
  });

  it('a name that is taken: the page says so, and what to do with the passkey', async () => {
    const ann = await moveIn(ui, device);
    await ann.visitor.signOut();
    const { visitor } = await openForm(device);
    await visitor.fill('Name', ann.username);
    await visitor.press(SUBMIT);
    await visitor.see('This name is taken. Choose another one.');
    expect(await visitor.said()).toContain('delete it');
    await visitor.picture('sign-up-with-passkey-refused');
    expect(await visitor.stored()).not.toContain('sessionToken');
    const username = newName();
    await signUp(visitor, username);
    expect(await usersNamed(username)).toMatchObject({ named: 1 });
    await leave(visitor);
    await logIn(ann);
    await ann.visitor.arriveAt('Security'); // the account of that name is as it was
    await leave(ann.visitor);
  });

  it('a dialogue that ends without a passkey leaves nothing behind, and can be repeated', async () => {
    const { visitor, finger } = await openForm(device);
    const username = newName();
    const { all } = await usersNamed(username);
    await finger.verify(false);
    await visitor.fill('Name', username);
    await visitor.press(SUBMIT);
    await visitor.see('No passkey was used.');
    expect(await usersNamed(username)).toEqual({ named: 0, all });
    expect(await finger.passkeys()).toBe(0);
    expect(await visitor.stored()).not.toContain('sessionToken');
    await visitor.picture('sign-up-with-passkey-cancelled');
    await finger.verify(true);
    await signUp(visitor, username);
    expect(await usersNamed(username)).toEqual({ named: 1, all: all + 1 });
    expect(await finger.passkeys()).toBe(1);
    await leave(visitor);
  });

  it('changes of the account need the passkey: the page says so after another proof, and keeps the last passkey', async () => {
    const { visitor } = await openForm(device);
    await signUp(visitor, newName());
    await visitor.press('I have saved them');
    await visitor.arriveAt('Security');
    // The sign-up itself is no fresh proof, so the first change asks for one.
    await visitor.press('Create new recovery codes');
    await choose(visitor, /passkey/);
    await visitor.press('I have saved them');
    const secret = await addAuthenticatorApp(ui, visitor);
    await ui.pass(6 * MINUTE);
    const remove = (): Promise<void> => visitor.row('Authenticator app').getByRole('button', { name: 'Remove' }).click();
    await remove();
    await choose(visitor, /authenticator app/);
    await answer(visitor, ui.totp(secret), 'Confirm');
    await visitor.see('only your passkey verifies');
    await visitor.picture('passkey-needed');
    await remove();
    await choose(visitor, /passkey/);
    await visitor.see('Authenticator app removed.');
    await visitor.row('Passkey').getByRole('button', { name: 'Remove' }).click();
    await visitor.see('This is the only way to sign in to the account.');
    await visitor.picture('last-passkey-kept');
    await visitor.page.reload();
    await visitor.see('1 passkey');
    await leave(visitor);
  });

  it('a user who has lost the passkey gets back in with two codes and a wait', async () => {
    const { visitor: first } = await openForm(device);
    const username = newName();
    const codes = await signUp(first, username);
    await first.leave(); // the authenticator is gone with it
    const visitor = await ui.visit(device);
    await visitor.open('/');
    await visitor.addAuthenticator();
    await visitor.page.getByRole('link', { name: 'Get back in' }).click();
    await visitor.arriveAt('Lost your passkey?');
    const send = async (code: string): Promise<void> => {
      await visitor.fill('Name', username);
      await visitor.fill('Recovery code', code);
      const replied = visitor.page.waitForResponse((response) => response.url().endsWith('/functions/factorsRecover'));
      await Promise.all([replied, visitor.press('Send the code')]);
    };
    const isIdle = (): Promise<void> => visitor.page.locator('form[aria-busy=false]').waitFor();
    await send('AAAA-AAAA-AAAA-AAAA');
    await visitor.see('This was not accepted.');
    await isIdle();
    await send(codes[0] ?? '');
    await visitor.see('Come back after');
    await isIdle();
    await visitor.picture('recover-waiting');
    await send(codes[1] ?? '');
    await isIdle();
    await visitor.see('Come back after'); // still: the code is unused
    await ui.pass(3 * 24 * HOUR);
    await send(codes[1] ?? '');
    await visitor.arriveAt('You have a new passkey');
    await visitor.picture('recovered');
    await visitor.press('Sign in');
    // The finger is there, so the field for the name signs in with the new passkey.
    await visitor.arriveAt('Security');
    await visitor.see(`You are signed in as ${username}.`);
    await visitor.see('1 passkey');
    await leave(visitor);
  });
});
