import { randomUUID } from 'node:crypto';
import { expect } from 'vitest';
import type { Finger } from './finger.js';
import type { UiStage } from './stage.js';
import type { Device, Visitor } from './visitor.js';

/** A user who has signed up, and their browser. */
export interface Resident {
  readonly visitor: Visitor;
  readonly username: string;
  readonly password: string;
}

let count = 0;

/** A number in the range kept for fiction, another one each time. */
export const newPhone = (): string => `+1555555${String((count += 1)).padStart(4, '0')}`;

export const newEmail = (): string => `ann-${(count += 1)}@example.com`;

/** What holds on every page, whatever is done there. */
export async function leave(visitor: Visitor): Promise<void> {
  expect(await visitor.faults()).toEqual([]);
  expect(await visitor.cookies()).toBe(0);
  await visitor.leave();
}

/** Opens a browser and signs up there. */
export async function moveIn(ui: UiStage, device: Device): Promise<Resident> {
  const visitor = await ui.visit(device);
  const [username, password] = [`ann-${randomUUID().slice(0, 8)}`, `password ${randomUUID()}`];
  await visitor.signUp(username, password);
  return { visitor, username, password };
}

/** Opens a browser and signs in by email there, without a password. */
export async function signInByEmail(ui: UiStage, device: Device): Promise<Visitor> {
  const visitor = await ui.visit(device);
  await visitor.open('/');
  await visitor.press('Email');
  await visitor.fill('Email address', newEmail());
  await visitor.press('Send a code');
  await visitor.see('We sent a code to');
  await answer(visitor, ui.lastCode(ui.mail));
  await visitor.arriveAt('Security');
  return visitor;
}

/** Signs out, and in again with the passkey. */
export async function signInAgainByPasskey(visitor: Visitor, finger: Finger): Promise<void> {
  await finger.touch(false);
  // The field's own offer has begun and is taken back before the finger is there: else it would sign in first.
  await Promise.all([visitor.passkeyAsked(), visitor.signOut()]);
  await visitor.press('Email');
  await finger.touch(true);
  await visitor.press('Sign in with a passkey');
  await visitor.arriveAt('Security');
}

export const logIn = ({ visitor, username, password }: Resident): Promise<void> => visitor.giveName(username, password);

/** Adds an authenticator; gives its secret as it is shown to be typed in. */
export async function addAuthenticatorApp(ui: UiStage, visitor: Visitor, name?: string): Promise<string> {
  await visitor.row('Authenticator app').getByRole('button', { name: 'Add' }).click();
  await visitor.press('Show the QR code');
  await visitor.page.getByText('Cannot scan?').click();
  const secret = (await visitor.page.locator('.secret').innerText()).replaceAll(' ', '');
  if (name !== undefined) await visitor.fill('Name', name);
  await visitor.fill('Code', ui.totp(secret));
  await visitor.press('Confirm');
  await visitor.page.locator('.qr').waitFor({ state: 'detached' });
  await visitor.see('Authenticator app set up.');
  return secret;
}

/** Adds a phone as a second factor, beside those before. */
export async function addPhone(ui: UiStage, visitor: Visitor, phone: string = newPhone(), name?: string): Promise<void> {
  await visitor.row('Text message').getByRole('button', { name: 'Add' }).click();
  await visitor.fill('Phone number', phone);
  await visitor.press('Send a code');
  await visitor.see('We sent a code to');
  if (name !== undefined) await visitor.fill('Name', name);
  await visitor.fill('Code', ui.lastCode(ui.sms));
  await visitor.press('Confirm');
  await visitor.page.getByText('We sent a code to').waitFor({ state: 'detached' });
  await visitor.see('Text message set up.');
}

/** Signs a user up with two phones, named `Mine` and `Work`, and signs them out. */
export async function withTwoPhones(
  ui: UiStage,
  device: Device,
): Promise<{ readonly ann: Resident; readonly visitor: Visitor; readonly two: string }> {
  const ann = await moveIn(ui, device);
  const { visitor } = ann;
  const [one, two] = [newPhone(), newPhone()];
  await addPhone(ui, visitor, one, 'Mine');
  await ui.pass(2 * 60_000);
  await addPhone(ui, visitor, two, 'Work');
  await visitor.signOut();
  await ui.pass(60_000);
  return { ann, visitor, two };
}

/** Makes recovery codes, and keeps them. */
export async function makeRecoveryCodes(visitor: Visitor): Promise<string[]> {
  await visitor.press('Create recovery codes');
  await visitor.see('Your new recovery codes');
  const codes = await visitor.page.locator('.printed code').allInnerTexts();
  await visitor.press('I have saved them');
  return codes;
}

/** Chooses a factor where several are offered. */
export const choose = (visitor: Visitor, name: RegExp): Promise<void> =>
  visitor.page.locator('.choices').getByRole('button', { name }).click();

/** Types a code in and sends it. */
export async function answer(visitor: Visitor, code: string, submit = 'Sign in'): Promise<void> {
  await visitor.fill('Code', code);
  await visitor.press(submit);
}

/** Another code than this one. */
export const otherThan = (code: string): string => String((Number(code) + 1) % 1_000_000).padStart(6, '0');
