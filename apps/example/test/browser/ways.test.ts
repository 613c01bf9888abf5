import { hasChromium } from '@parse-factors/test-server/chromium';
import { afterAll, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import { startUi, type UiStage } from './stage.js';
import {
  addAuthenticatorApp,
  addPhone,
  answer,
  choose,
  leave,
  logIn,
  moveIn,
  newPhone,
  otherThan,
  type Resident,
  withTwoPhones,
} from './steps.js';
import { type Device, DEVICES, type Visitor } from './visitor.js';

const MINUTE = 60_000;
const CALL = 'Call me instead';
const TEXT = 'Send a text message instead';

const isThere = hasChromium();
let ui: UiStage;
beforeAll(async () => {
  if (isThere) ui = await startUi();
});
afterAll(() => ui?.stop());

/** Signs a user up who has a phone as the second factor, and signs them out. */
async function withPhone(device: Device): Promise<{ ann: Resident; visitor: Visitor; phone: string }> {
  const ann = await moveIn(ui, device);
  const { visitor } = ann;
  const phone = newPhone();
  await addPhone(ui, visitor, phone);
  await visitor.signOut();
  await ui.pass(MINUTE);
  return { ann, visitor, phone };
}

async function sendTo(visitor: Visitor, phone: string): Promise<void> {
  await visitor.fill('Phone number', phone);
  await visitor.press('Send a code');
}

/** Waits until the server allows another code, then chooses a call. Gives the code that was read out. */
async function callInstead(visitor: Visitor, phone: string): Promise<string> {
  const calls = ui.voice.messages.length;
  expect(await visitor.button(CALL).isDisabled()).toBe(true);
  await ui.pass(61_000);
  await visitor.press(CALL);
  await visitor.see(/we are calling/i);
  // At a reset, the call is made after the reply.
  await expect.poll(() => ui.voice.messages.slice(calls).map(({ to }) => to)).toEqual([phone]);
  return ui.lastCode(ui.voice);
}

describe.skipIf(!isThere).each(DEVICES)('another way for a code on a $name', (device) => {
  // All users here share one IP address, whose limits are by the hour.
  beforeEach(() => ui.pass(60 * MINUTE));

  it('at the sign-in: a call replaces the text message, and a text message the call', async () => {
    const { ann, visitor, phone } = await withPhone(device);
    await logIn(ann);
    await visitor.see('We sent a code to');
    const byText = ui.lastCode(ui.sms);
    const texts = ui.sms.messages.length;
    const first = await callInstead(visitor, phone);
    expect(await visitor.said()).toBe(`We are calling •••• ${phone.slice(-4)} to read out a new code.`);
    expect(await visitor.focused()).toBe('Code');
    expect(await visitor.page.getByRole('button', { name: /^Call again in/ }).isDisabled()).toBe(true);
    expect(await visitor.button(TEXT).isDisabled()).toBe(true);
    await visitor.picture('code-by-call');
    if (byText !== first) {
      await answer(visitor, byText);
      await visitor.see('This was not accepted.'); // the call has replaced it
    }
    await ui.pass(61_000);
    await visitor.press('Call again');
    await expect.poll(() => ui.voice.messages.filter(({ to }) => to === phone).length).toBe(2);
    await visitor.page.getByRole('button', { name: /^Call again in/ }).waitFor();
    expect(ui.sms.messages).toHaveLength(texts);
    await ui.pass(61_000);
    await visitor.press(TEXT);
    await visitor.see('We sent another code to');
    expect(ui.sms.messages).toHaveLength(texts + 1);
    await visitor.button(CALL).waitFor();
    await answer(visitor, ui.lastCode(ui.sms));
    await visitor.arriveAt('Security');

    await visitor.open('/outbox');
    const call = visitor.page.getByRole('article', { name: `Call to ${phone}` }).last();
    expect(await call.innerText()).toContain(first);
    await visitor.picture('outbox-with-calls');
    await leave(visitor);
  });

  it('at the sign-in: a way that fails leads to the other one', async () => {
    const { ann, visitor } = await withPhone(device);
    const restore = ui.breakDown(ui.sms);
    await logIn(ann);
    await visitor.see('The message could not be sent.');
    restore();
    await visitor.picture('code-not-sent');
    await ui.pass(61_000);
    await visitor.press(CALL);
    await visitor.see(/we are calling/i);
    await answer(visitor, ui.lastCode(ui.voice));
    await visitor.arriveAt('Security');
    await leave(visitor);
  });

  it('at the sign-in: who begins again too early waits, and can still choose a call', async () => {
    const { ann, visitor, phone } = await withPhone(device);
    await logIn(ann);
    await visitor.see('We sent a code to');
    await visitor.press('Back');
    await logIn(ann);
    await visitor.see('We sent a code a moment ago.');
    await answer(visitor, await callInstead(visitor, phone));
    await visitor.arriveAt('Security');
    await leave(visitor);
  });

  it('of two phones the chosen one is called', async () => {
    const { ann, visitor, two } = await withTwoPhones(ui, device);
    await logIn(ann);
    await choose(visitor, new RegExp(`•••• ${two.slice(-4)}`));
    await visitor.see('We sent a code to');
    await answer(visitor, await callInstead(visitor, two));
    await visitor.arriveAt('Security');
    await leave(visitor);
  });

  it('at the set-up of a phone, at a fresh proof and at a sign-in without a password', async () => {
    const { visitor } = await moveIn(ui, device);
    const phone = newPhone();
    await visitor.row('Text message').getByRole('button', { name: 'Add' }).click();
    await sendTo(visitor, phone);
    await visitor.see('We sent a code to');
    await answer(visitor, await callInstead(visitor, phone), 'Confirm');
    await visitor.see('Text message set up.');

    await ui.pass(6 * MINUTE);
    await visitor.row('Sign-in by phone').getByRole('button', { name: 'Add' }).click();
    await sendTo(visitor, phone);
    await visitor.see("Verify it's you");
    await visitor.page.getByRole('dialog').getByText('We sent a code to').waitFor();
    const proof = await callInstead(visitor, phone);
    await visitor.picture('fresh-proof-by-call');
    await answer(visitor, proof, 'Confirm');
    await visitor.page.getByRole('dialog').waitFor({ state: 'detached' });
    await visitor.see('We sent a code to');
    await answer(visitor, ui.lastCode(ui.sms), 'Confirm');
    await visitor.see('Sign-in by phone set up.');

    await visitor.signOut();
    await ui.pass(2 * MINUTE);
    await visitor.press('Phone');
    await sendTo(visitor, phone);
    await visitor.see('We sent a code to');
    const code = await callInstead(visitor, phone);
    await answer(visitor, code);
    await visitor.arriveAt('One more step');
    await leave(visitor);
  });

  it('at a reset of the password: for its code, and for the second factor', async () => {
    const ann = await moveIn(ui, device);
    const { visitor } = ann;
    const phone = newPhone();
    await addAuthenticatorApp(ui, visitor);
    await visitor.row('Sign-in by phone').getByRole('button', { name: 'Add' }).click();
    await sendTo(visitor, phone);
    await visitor.see('We sent a code to');
    await answer(visitor, ui.lastCode(ui.sms), 'Confirm');
    await visitor.see('Sign-in by phone set up.');
    await ui.pass(MINUTE);
    const second = newPhone();
    await addPhone(ui, visitor, second);
    await visitor.signOut();
    await ui.pass(2 * MINUTE);
    await visitor.open('/forgot');
    await visitor.press('Phone');
    await sendTo(visitor, phone);
    await visitor.see('we sent a code there');
    await visitor.fill('New password', 'quite another password');
    const code = await callInstead(visitor, phone);
    expect(await visitor.said()).toBe(
      `If an account signs in with •••• ${phone.slice(-4)}, we are calling there to read out a code.`,
    );
    expect(await visitor.focused()).toBe('Code');
    await visitor.picture('reset-by-call');
    await visitor.fill('Code', otherThan(code));
    await visitor.press('Set the password');
    await visitor.see('This was not accepted.');
    await visitor.fill('Code', code);
    await visitor.press('Set the password');
    await visitor.see("Verify it's you");
    await choose(visitor, /text message/);
    await visitor.see('We sent a code to');
    await answer(visitor, await callInstead(visitor, second), 'Set the password');
    await visitor.arriveAt('Password changed');
    await visitor.press('Sign in');
    await visitor.giveName(ann.username, 'quite another password');
    await visitor.arriveAt('One more step');
    await leave(visitor);
  });

  it('at a reset, the page says the same for a number without an account, and no one is called', async () => {
    const visitor = await ui.visit(device);
    const phone = newPhone();
    await visitor.open('/forgot');
    await visitor.press('Phone');
    await sendTo(visitor, phone);
    await visitor.see('we sent a code there');
    await ui.pass(61_000);
    await visitor.press(CALL);
    await visitor.see('we are calling there to read out a code');
    for (const box of [ui.sms, ui.voice]) expect(box.messages.filter(({ to }) => to === phone)).toEqual([]);
    await leave(visitor);
  });
});
