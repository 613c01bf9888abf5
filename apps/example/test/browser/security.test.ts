import { readFileSync } from 'node:fs';
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
  moveIn,
  newEmail,
  newPhone,
  signInByEmail,
} from './steps.js';
import { DEVICES, type Visitor } from './visitor.js';

const MINUTE = 60_000;

const isThere = hasChromium();
let ui: UiStage;
beforeAll(async () => {
  if (isThere) ui = await startUi();
});
afterAll(() => ui?.stop());

/** Verifies the only factor again: the field for the code of the authenticator app is there at once. */
async function proveByApp(visitor: Visitor, secret: string): Promise<void> {
  await visitor.see("Verify it's you");
  await answer(visitor, ui.totp(secret), 'Confirm');
}

describe.skipIf(!isThere).each(DEVICES)('the security page on a $name', (device) => {
  beforeEach(() => ui.pass(60 * MINUTE));

  it('an authenticator: QR code and secret, replaced, and removed after a fresh proof only', async () => {
    const ann = await moveIn(ui, device);
    const { visitor } = ann;
    await visitor.row('Authenticator app').getByRole('button', { name: 'Add' }).click();
    await visitor.press('Show the QR code');
    await visitor.page.getByText('Cannot scan?').click();
    const shown = await visitor.page.locator('.secret').innerText();
    const image = visitor.page.getByAltText('QR code for an authenticator app');
    expect(await image.getAttribute('src')).toMatch(/^data:image\/svg\+xml/);
    expect(await visitor.page.evaluate<number>("document.querySelector('.qr').naturalWidth")).toBeGreaterThan(20);
    expect(await visitor.page.getByRole('link', { name: 'Open an app on this device' }).getAttribute('href')).toMatch(
      /^otpauth:\/\/totp\/Example:/,
    );
    await visitor.press('Copy the secret');
    await visitor.see('Copied.');
    const first = shown.replaceAll(' ', '');
    expect(await visitor.clipboard()).toBe(first);
    await visitor.picture('authenticator-set-up');
    await visitor.detail('authenticator-set-up', '.row:has(.qr)');
    await answer(visitor, ui.totp(first), 'Confirm');
    await visitor.see('Authenticator app set up.');

    await ui.pass(6 * MINUTE);
    await visitor.row('Authenticator app').getByRole('button', { name: 'Replace' }).click();
    await visitor.press('Show the QR code');
    await visitor.see("Verify it's you");
    await visitor.picture('fresh-proof');
    await visitor.detail('fresh-proof', 'dialog');
    await visitor.page.keyboard.press('Escape');
    expect(await visitor.focused()).toBe('Show the QR code');
    await visitor.press('Show the QR code');
    await proveByApp(visitor, first);
    await visitor.page.getByText('Cannot scan?').click();
    const second = (await visitor.page.locator('.secret').innerText()).replaceAll(' ', '');
    expect(second).not.toBe(first);
    await answer(visitor, ui.totp(second), 'Confirm');
    await visitor.page.locator('.qr').waitFor({ state: 'detached' });

    await ui.pass(6 * MINUTE);
    await visitor.row('Authenticator app').getByRole('button', { name: 'Remove' }).click();
    await proveByApp(visitor, first);
    await visitor.see('This was not accepted.');
    await answer(visitor, ui.totp(second), 'Confirm');
    await visitor.see('Authenticator app removed.');
    await visitor.see('Authenticator app: replaced');
    await visitor.signOut();
    await logIn(ann);
    await visitor.arriveAt('Security');
    await leave(visitor);
  });

  it('a phone and an address: added with a code, refused with a reason, replaced and removed', async () => {
    const { visitor } = await moveIn(ui, device);
    await visitor.row('Text message').getByRole('button', { name: 'Add' }).click();
    await visitor.fill('Phone number', '+49 900 1 234567');
    await visitor.press('Send a code');
    await visitor.see(/cannot be used|must be/);
    await visitor.press('Cancel');
    expect(await visitor.focused()).toBe('Add');
    const phone = newPhone();
    await addPhone(ui, visitor, phone);
    await visitor.see(`On, •••• ${phone.slice(-4)}`);

    const email = newEmail();
    await visitor.row('Email').getByRole('button', { name: 'Add' }).click();
    await visitor.fill('Email address', email);
    await visitor.press('Send a code');
    await visitor.see('We sent a code to');
    await visitor.picture('address');
    await answer(visitor, ui.lastCode(ui.mail), 'Confirm');
    await visitor.see('Email set up.');
    await visitor.picture('security');
    await visitor.detail('security', 'section:has(#second)');

    const next = newPhone();
    await ui.pass(2 * MINUTE);
    await visitor.press('Replace Text message');
    await visitor.fill('Phone number', next);
    await visitor.press('Send a code');
    await visitor.see('We sent a code to');
    await answer(visitor, ui.lastCode(ui.sms), 'Confirm');
    await visitor.see(`On, •••• ${next.slice(-4)}`);
    await visitor.see('Text message: replaced');

    await ui.pass(6 * MINUTE);
    await visitor.row('Email').getByRole('button', { name: 'Remove' }).click();
    await visitor.see("Verify it's you");
    await choose(visitor, /by email/);
    await visitor.see('We sent a code to');
    await visitor.picture('fresh-proof-by-mail');
    await answer(visitor, ui.lastCode(ui.mail), 'Confirm');
    await visitor.see('Email removed.');
    expect(await visitor.focused()).not.toBe('');
    await leave(visitor);
  });

  it('sessions: listed with how they were opened, and ended one by one or all others at once', async () => {
    const ann = await moveIn(ui, device);
    const { visitor } = ann;
    const secret = await addAuthenticatorApp(ui, visitor);
    const others: Visitor[] = [];
    for (let round = 0; round < 3; round += 1) {
      await ui.pass(2 * MINUTE);
      const other = await ui.visit(device);
      others.push(other);
      await logIn({ ...ann, visitor: other });
      await answer(other, ui.totp(secret), 'Sign in');
      await other.arriveAt('Security');
      await other.see('Password, Authenticator app');
    }
    await visitor.page.reload();
    const section = visitor.page.locator('section:has(#sessions)');
    await section.getByText('(this session)').waitFor();
    expect(await section.locator('li').count()).toBe(4);
    await visitor.detail('sessions', 'section:has(#sessions)');
    await section
      .getByRole('button', { name: /^Sign out:/ })
      .first()
      .click();
    await visitor.see('Signed out: ');
    await visitor.press('Sign out everywhere else');
    await visitor.see('Signed out of 2 other sessions.');
    // The list is read again after the text is shown.
    await expect.poll(() => section.locator('li').count()).toBe(1);
    for (const other of others) {
      await other.page.reload();
      await other.arriveAt('Sign in');
      await leave(other);
    }
    await leave(visitor);
  });

  it('the email address of the account: added, verified with a code, and changed after a fresh proof', async () => {
    const { visitor } = await moveIn(ui, device);
    const row = visitor.row('Email address');
    const email = newEmail();
    await row.getByRole('button', { name: 'Add' }).click();
    await visitor.fill('Email address', email);
    await visitor.press('Send a code');
    await visitor.see('We sent a code to');
    await visitor.press('Back');
    await visitor.press('Cancel');
    await visitor.see(`${email}, not verified`);
    await row.getByRole('button', { name: 'Verify' }).click();
    await answer(visitor, ui.lastCode(ui.mail), 'Verify');
    await visitor.see('Email address verified.');
    await visitor.see(`${email}, verified`);

    const secret = await addAuthenticatorApp(ui, visitor);
    await ui.pass(6 * MINUTE);
    const next = newEmail();
    await row.getByRole('button', { name: 'Change' }).click();
    await visitor.fill('Email address', next);
    await visitor.press('Send a code');
    await proveByApp(visitor, secret);
    await visitor.see('We sent a code to');
    await visitor.picture('verify-email');
    await answer(visitor, ui.lastCode(ui.mail), 'Verify');
    await visitor.see(`${next}, verified`);
    await leave(visitor);
  });

  it('two phones and two apps: named, renamed, removed one by one, with a choice of where a code goes', async () => {
    const { visitor } = await moveIn(ui, device);
    const [one, two] = [newPhone(), newPhone()];
    await addPhone(ui, visitor, one, 'My phone');
    await ui.pass(2 * MINUTE);
    await addPhone(ui, visitor, two, 'Work phone');
    await visitor.see('On, 2 set up');
    for (const text of ['My phone', 'Work phone', `•••• ${one.slice(-4)}`, `•••• ${two.slice(-4)}`]) await visitor.see(text);
    const first = await addAuthenticatorApp(ui, visitor, 'Tablet');
    const second = await addAuthenticatorApp(ui, visitor, 'Laptop');
    expect(second).not.toBe(first);
    await visitor.press('Rename Laptop');
    await visitor.fill('New name', 'Old laptop');
    await visitor.press('Rename');
    await visitor.see('Authenticator app renamed.');
    await visitor.picture('several-authenticators');
    await visitor.detail('several-authenticators', 'section:has(#second)');

    await ui.pass(6 * MINUTE);
    await visitor.press('Remove Work phone');
    await visitor.see("Verify it's you");
    await visitor.picture('fresh-proof-several');
    await choose(visitor, new RegExp(`•••• ${two.slice(-4)}`));
    await visitor.see('We sent a code to');
    expect(ui.sms.messages.at(-1)?.to).toBe(two);
    await answer(visitor, ui.lastCode(ui.sms), 'Confirm');
    await visitor.see('Work phone removed.');
    await visitor.see(`On, •••• ${one.slice(-4)}`);
    expect(await visitor.button('Remove My phone').isVisible()).toBe(false);
    await ui.pass(6 * MINUTE);
    await visitor.press('Remove Tablet');
    await visitor.see("Verify it's you");
    await choose(visitor, /authenticator app/);
    await answer(visitor, ui.totp(second), 'Confirm');
    await visitor.see('Tablet removed.');
    await leave(visitor);
  });

  it('recovery codes are shown once: copied, saved, printed', async () => {
    const { visitor } = await moveIn(ui, device);
    await addAuthenticatorApp(ui, visitor);
    await visitor.press('Create recovery codes');
    await visitor.see('Your new recovery codes');
    const codes = await visitor.page.locator('.printed code').allInnerTexts();
    expect(codes).toHaveLength(10);
    expect(codes[0]).toMatch(/^[0-9A-Z]{4}(?:-[0-9A-Z]{4}){3}$/);
    await visitor.picture('recovery-codes');
    await visitor.detail('recovery-codes', '.row:has(.codes)');
    await visitor.press('Copy');
    await visitor.see('Copied.');
    expect(await visitor.clipboard()).toBe(`${codes.join('\n')}\n`);
    const [download] = await Promise.all([visitor.page.waitForEvent('download'), visitor.press('Download')]);
    expect(download.suggestedFilename()).toBe('recovery-codes.txt');
    expect(readFileSync(await download.path(), 'utf8')).toBe(`${codes.join('\n')}\n`);
    await visitor.page.emulateMedia({ media: 'print' });
    expect(await visitor.button('Copy').isVisible()).toBe(false);
    expect(await visitor.page.getByText(codes[9] ?? '').isVisible()).toBe(true);
    expect(await visitor.page.getByRole('heading', { name: 'Recent events' }).isVisible()).toBe(false);
    await visitor.photograph('recovery-codes-printed');
    await visitor.page.emulateMedia({ media: 'screen' });
    await visitor.page.evaluate('print = () => { globalThis.printed = true }');
    await visitor.press('Print');
    expect(await visitor.page.evaluate('printed')).toBe(true);
    await visitor.press('I have saved them');
    expect(await visitor.focused()).toBe('Create new recovery codes');
    await visitor.page.reload();
    await visitor.see('10 left');
    expect(await visitor.page.content()).not.toContain(codes[0]);
    await leave(visitor);
  });

  it('passkeys: named, renamed, proven with, removed one by one', async () => {
    const { visitor } = await moveIn(ui, device);
    const laptop = await visitor.addAuthenticator();
    await visitor.row('Passkey').getByRole('button', { name: 'Add' }).click();
    await visitor.fill('Name', 'My laptop');
    await visitor.press('Create a passkey');
    await visitor.see('1 passkey');
    // A device holds one passkey of an account.
    await visitor.row('Passkey').getByRole('button', { name: 'Add' }).click();
    await visitor.press('Create a passkey');
    await visitor.see('This device already has a passkey for this account.');
    await visitor.press('Cancel');
    await visitor.press('Rename My laptop');
    await visitor.fill('New name', 'Old laptop');
    await visitor.press('Rename');
    await visitor.see('Passkey renamed.');
    await visitor.picture('passkey-renamed');
    await laptop.takeAway();
    await visitor.addAuthenticator();
    await visitor.row('Passkey').getByRole('button', { name: 'Add' }).click();
    await visitor.fill('Name', 'My phone');
    await visitor.press('Create a passkey');
    await visitor.see('2 passkeys');
    await visitor.press('Remove Old laptop');
    await visitor.see('Old laptop removed.');
    await visitor.see('1 passkey');
    await ui.pass(6 * MINUTE);
    await visitor.row('Passkey').getByRole('button', { name: 'Remove all' }).click();
    await visitor.see("Verify it's you");
    await visitor.press('Use a passkey');
    await visitor.see('Passkey removed.');
    await leave(visitor);
  });

  it('a user who signs in by email alone adds a factor after a proof by email, and a phone to sign in with', async () => {
    const visitor = await signInByEmail(ui, device);
    await ui.pass(6 * MINUTE);
    const phone = newPhone();
    await visitor.row('Sign-in by phone').getByRole('button', { name: 'Add' }).click();
    await visitor.fill('Phone number', `${phone.slice(0, 5)} ${phone.slice(5)}`);
    await visitor.press('Send a code');
    await visitor.see("Verify it's you");
    await visitor.page.getByRole('dialog').getByText('We sent a code to').waitFor();
    await answer(visitor, ui.lastCode(ui.mail), 'Confirm');
    await visitor.page.getByRole('dialog').waitFor({ state: 'detached' });
    await visitor.see('We sent a code to');
    await answer(visitor, ui.lastCode(ui.sms), 'Confirm');
    await visitor.see('Sign-in by phone set up.');
    await visitor.picture('without-password');
    await visitor.signOut();
    await ui.pass(2 * MINUTE);
    await visitor.press('Phone');
    await visitor.fill('Phone number', phone);
    await visitor.press('Send a code');
    await visitor.see('We sent a code to');
    await answer(visitor, ui.lastCode(ui.sms));
    await visitor.arriveAt('Security');
    await visitor.see('On, ');
    await leave(visitor);
  });

  it('a server that cannot be reached, and a session that was ended, are told', async () => {
    const ann = await moveIn(ui, device);
    const { visitor } = ann;
    await visitor.row('Text message').getByRole('button').first().click();
    await visitor.fill('Phone number', '12');
    await visitor.press('Send a code');
    await visitor.see(/phone/);
    await visitor.picture('phone-refused');
    await visitor.connect(false);
    await visitor.press('Send a code');
    await visitor.see('The server cannot be reached.');
    await visitor.connect(true);
    await ui.endSessions(ann.username);
    await visitor.press('Send a code');
    await visitor.arriveAt('Sign in');
    await leave(visitor);
  });
});
