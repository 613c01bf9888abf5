import { afterAll, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import { hasChromium } from '@parse-factors/test-server/chromium';
import { startUi, type UiStage } from './stage.js';
import {
  addAuthenticatorApp,
  addPhone,
  answer,
  choose,
  leave,
  logIn,
  makeRecoveryCodes,
  moveIn,
  newEmail,
  newPhone,
  otherThan,
  signInAgainByPasskey,
  withTwoPhones,
} from './steps.js';
import { DEVICES } from './visitor.js';

const HOUR = 60 * 60_000;

const isThere = hasChromium();
let ui: UiStage;
beforeAll(async () => {
  if (isThere) ui = await startUi();
});
afterAll(() => ui?.stop());

describe.skipIf(!isThere).each(DEVICES)('signing in on a $name', (device) => {
  // All users here share one IP address, whose limits are by the hour.
  beforeEach(() => ui.pass(HOUR));

  it('a user signs up and signs in again; the page tells of a taken name and of a wrong password', async () => {
    const ann = await moveIn(ui, device);
    const { visitor, username, password } = ann;
    await visitor.picture('security-empty');
    await visitor.signOut();
    await visitor.picture('sign-in');
    const before = await visitor.button('Sign in with a passkey').boundingBox();
    await visitor.giveName(username, `${password}?`);
    await visitor.see('Wrong name or password.');
    expect(await visitor.button('Sign in with a passkey').boundingBox()).toEqual(before);
    await visitor.picture('sign-in-refused');
    await logIn(ann);
    await visitor.arriveAt('Security');
    await visitor.signOut();
    await visitor.open('/sign-up');
    await visitor.picture('sign-up');
    await visitor.fill('Name', username);
    await visitor.fill('Password', 'another password');
    await visitor.press('Sign up');
    await visitor.see('This name is taken. Choose another one.');
    await leave(visitor);
  });

  it('a code by text message: masked, sent again when the countdown is over, pasted as it was copied', async () => {
    const ann = await moveIn(ui, device);
    const { visitor } = ann;
    const phone = newPhone();
    await addPhone(ui, visitor, phone);
    await visitor.signOut();
    await ui.pass(60_000);
    await logIn(ann);
    // There is one factor only: its code is sent at once.
    await visitor.see('We sent a code to');
    expect(await visitor.said()).toContain(`•••• ${phone.slice(-4)}`);
    expect(await visitor.said()).not.toContain(phone);
    await visitor.picture('code');
    const field = visitor.page.getByRole('textbox', { name: 'Code' });
    expect(await field.getAttribute('autocomplete')).toBe('one-time-code');
    expect(await field.getAttribute('inputmode')).toBe('numeric');
    expect(await visitor.focused()).toBe('Code');
    await answer(visitor, otherThan(ui.lastCode(ui.sms)));
    await visitor.see('This was not accepted.');
    expect(await visitor.focused()).toBe('Sign in');
    expect(await visitor.page.getByRole('alert').innerText()).toMatch(/^This was not accepted\./);
    await visitor.picture('code-refused');

    const again = visitor.page.getByRole('button', { name: /^Send again/ });
    expect(await again.innerText()).toMatch(/^Send again in (1:00|0:\d\d)$/);
    expect(await again.isDisabled()).toBe(true);
    await ui.pass(61_000);
    await visitor.button('Send again').click();
    await visitor.see('We sent another code to');
    expect(await visitor.focused()).toBe('Code');
    const code = ui.lastCode(ui.sms);
    await visitor.page.evaluate(`navigator.clipboard.writeText('${code.slice(0, 3)} ${code.slice(3)}')`);
    await field.focus();
    await visitor.page.keyboard.press('ControlOrMeta+V');
    await visitor.press('Sign in');
    await visitor.arriveAt('Security');
    await leave(visitor);
  });

  it('of two phones one is chosen, and the code goes there', async () => {
    const { ann, visitor, two } = await withTwoPhones(ui, device);
    await logIn(ann);
    await visitor.see("Verify it's you");
    await visitor.picture('choice-of-phones');
    expect(await visitor.page.content()).not.toContain('Work');
    await choose(visitor, new RegExp(`•••• ${two.slice(-4)}`));
    await visitor.see('We sent a code to');
    expect(await visitor.said()).toContain(`•••• ${two.slice(-4)}`);
    expect(ui.sms.messages.at(-1)?.to).toBe(two);
    await ui.pass(61_000);
    await visitor.button('Send again').click();
    await visitor.see('We sent another code to');
    expect(ui.sms.messages.at(-1)?.to).toBe(two);
    await answer(visitor, ui.lastCode(ui.sms));
    await visitor.arriveAt('Security');
    await leave(visitor);
  });

  it('of several factors one is chosen; wrong codes lock it, and the page says until when', async () => {
    const ann = await moveIn(ui, device);
    const { visitor } = ann;
    const secret = await addAuthenticatorApp(ui, visitor);
    await addPhone(ui, visitor);
    await visitor.signOut();
    await ui.pass(60_000);
    await logIn(ann);
    await visitor.see("Verify it's you");
    await expect.poll(() => visitor.focused()).toMatch(/^One more step|^Verify it's you/);
    await visitor.picture('choice');
    await choose(visitor, /authenticator app/);
    await visitor.picture('authenticator');
    const wrong = otherThan(ui.totp(secret));
    for (let guess = 0; guess < 10; guess += 1) {
      await answer(visitor, wrong);
      await visitor.page.locator('form[aria-busy=false]').waitFor();
    }
    await answer(visitor, ui.totp(secret));
    // The date is shown if the lock ends after midnight.
    await visitor.see(/Too many wrong codes.*Try again at (?:\d\d\/\d\d\/\d{4}, )?\d\d:\d\d:\d\d \(in 1[45]:\d\d\)/);
    await visitor.picture('locked');
    await ui.pass(16 * 60_000);
    await visitor.see('You can try again now.');
    await answer(visitor, ui.totp(secret));
    await visitor.arriveAt('Security');
    await leave(visitor);
  });

  it('a recovery code signs in once, and is behind a link', async () => {
    const ann = await moveIn(ui, device);
    const { visitor } = ann;
    await addAuthenticatorApp(ui, visitor);
    const [code = ''] = await makeRecoveryCodes(visitor);
    const use = async (): Promise<void> => {
      await logIn(ann);
      // The authenticator app is the only factor: its field comes at once.
      await visitor.page.getByRole('textbox', { name: 'Code' }).waitFor();
      await visitor.press('Try another way');
      await choose(visitor, /recovery code/);
      await visitor.fill('Recovery code', code.toLowerCase().replaceAll('-', ' '));
      await visitor.press('Sign in');
    };
    await visitor.signOut();
    await use();
    await visitor.arriveAt('Security');
    await visitor.see('9 left');
    await visitor.signOut();
    await use();
    await visitor.see('This was not accepted.');
    await visitor.picture('recovery');
    await leave(visitor);
  });

  it('a trusted device is asked for nothing but the password, until its trust ends', async () => {
    const ann = await moveIn(ui, device);
    const { visitor } = ann;
    const secret = await addAuthenticatorApp(ui, visitor);
    await visitor.signOut();
    await ui.pass(60_000);
    await logIn(ann);
    await visitor.page.getByLabel('Trust this device for 30 days').check();
    await answer(visitor, ui.totp(secret));
    await visitor.arriveAt('Security');
    for (let times = 0; times < 2; times += 1) {
      await visitor.signOut();
      await logIn(ann);
      await visitor.arriveAt('Security');
    }
    await visitor.see('1 device');
    await visitor.picture('trusted-device');
    await visitor.page.getByRole('button', { name: /^Revoke: / }).click();
    await visitor.see(/no longer trusted\./);
    await visitor.signOut();
    await logIn(ann);
    await visitor.arriveAt('One more step');
    await leave(visitor);
  });

  it.each(['Email', 'Phone'])('no password: %s, for the first time and again', async (way) => {
    const visitor = await ui.visit(device);
    const [label, address, box] = way === 'Email' ? ['Email address', newEmail(), ui.mail] : ['Phone number', newPhone(), ui.sms];
    const sign = async (spelling: string): Promise<void> => {
      await visitor.open('/');
      await visitor.press(way);
      await visitor.fill(label, spelling);
      await visitor.press('Send a code');
      await visitor.see('We sent a code to');
      await visitor.picture(`passwordless-${way.toLowerCase()}`);
      await answer(visitor, ui.lastCode(box));
      await visitor.arriveAt('Security');
    };
    await sign(way === 'Email' ? address.toUpperCase() : `${address.slice(0, 5)} ${address.slice(5)}`);
    const name = await visitor.page.locator('.lead').innerText();
    expect(name).toContain('•••');
    await visitor.signOut();
    await ui.pass(61_000);
    await sign(address);
    expect(await visitor.page.locator('.lead').innerText()).toBe(name);
    await leave(visitor);
  });

  it('a forgotten password is reset with a code and the second factor, and all sessions end', async () => {
    const ann = await moveIn(ui, device);
    const { visitor } = ann;
    const secret = await addAuthenticatorApp(ui, visitor);
    const email = newEmail();
    await visitor.row('Sign-in by email').getByRole('button', { name: 'Add' }).click();
    await visitor.fill('Email address', email);
    await visitor.press('Send a code');
    await visitor.see('We sent a code to');
    await answer(visitor, ui.lastCode(ui.mail), 'Confirm');
    await visitor.see('Sign-in by email set up.');
    await visitor.signOut();
    await ui.pass(61_000);
    await visitor.page.getByRole('link', { name: 'Reset it' }).click();
    await visitor.arriveAt('Reset your password');
    await visitor.fill('Email address', email.toUpperCase());
    await visitor.press('Send a code');
    await visitor.see('we sent a code there');
    await visitor.picture('reset');
    await visitor.fill('Code', ui.lastCode(ui.mail));
    await visitor.fill('New password', 'quite another password');
    await visitor.press('Set the password');
    await visitor.see("Verify it's you");
    await choose(visitor, /authenticator app/);
    await answer(visitor, ui.totp(secret), 'Set the password');
    await visitor.arriveAt('Password changed');
    await visitor.picture('reset-done');
    await visitor.press('Sign in');
    await ui.pass(61_000);
    await visitor.giveName(ann.username, ann.password);
    await visitor.see('Wrong name or password.');
    await visitor.giveName(ann.username, 'quite another password');
    await answer(visitor, ui.totp(secret));
    await visitor.arriveAt('Security');
    await leave(visitor);
  });

  it('a passkey signs in alone: by its button, and from the field for the name', async () => {
    const ann = await moveIn(ui, device);
    const { visitor } = ann;
    const finger = await visitor.addAuthenticator();
    await visitor.row('Passkey').getByRole('button', { name: 'Add' }).click();
    await visitor.press('Create a passkey');
    await visitor.see('1 passkey');
    await visitor.picture('passkeys');
    await signInAgainByPasskey(visitor, finger);
    // Now the finger is there when the field offers the passkey.
    const isLogin = (response: { url(): string; status(): number }): boolean =>
      response.url() === `${ui.url}/parse/users` && response.status() === 200;
    await Promise.all([visitor.page.waitForResponse(isLogin), visitor.press('Sign out')]);
    await visitor.arriveAt('Security');
    await visitor.see('Passkey: verified');
    await leave(visitor);
  });

  it('by keyboard alone, in the order that is seen', async () => {
    const ann = await moveIn(ui, device);
    const { visitor, username, password } = ann;
    const secret = await addAuthenticatorApp(ui, visitor);
    await visitor.signOut();
    await ui.pass(60_000);
    await visitor.open('/');
    const { keyboard } = visitor.page;
    const seen: string[] = [];
    for (let step = 0; step < 8; step += 1) {
      await keyboard.press('Tab');
      seen.push(await visitor.focused());
      if (seen.at(-1) === 'Name') await keyboard.type(username);
      if (seen.at(-1) === 'Password' && seen.includes('Name')) await keyboard.type(password);
    }
    expect(seen).toEqual(['Example', 'Outbox', 'Operator', 'Password', 'Email', 'Phone', 'Name', 'Password']);
    await keyboard.press('Enter');
    await visitor.see('Open your authenticator app');
    await keyboard.type(ui.totp(secret));
    await keyboard.press('Enter');
    await visitor.arriveAt('Security');
    expect(await visitor.focused()).toBe('Security'); // the heading of the page that came
    await leave(visitor);
  });
});
