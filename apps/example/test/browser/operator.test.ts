import { afterAll, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import { hasChromium } from '@parse-factors/test-server/chromium';
import { startUi, type UiStage } from './stage.js';
import { addAuthenticatorApp, addPhone, answer, choose, leave, logIn, moveIn, newEmail, otherThan } from './steps.js';
import { DEVICES } from './visitor.js';

const isThere = hasChromium();
let ui: UiStage;
beforeAll(async () => {
  if (isThere) ui = await startUi({ isEnforced: true });
});
afterAll(() => ui?.stop());

describe.skipIf(!isThere).each(DEVICES)('operators and the outbox on a $name', (device) => {
  beforeEach(() => ui.pass(60 * 60_000));

  it('who has to have a factor sets one up on the way in', async () => {
    const ann = await moveIn(ui, device);
    const { visitor } = ann;
    await visitor.signOut();
    await logIn(ann);
    await visitor.arriveAt('Set up a second factor');
    await visitor.picture('enrolment');
    await visitor.press('Email');
    await visitor.fill('Email address', newEmail());
    await visitor.press('Send a code');
    await visitor.see('We sent a code to');
    await answer(visitor, ui.lastCode(ui.mail), 'Confirm');
    await visitor.arriveAt('Security');
    await visitor.see('On, ');
    await leave(visitor);
  });

  it('an operator finds a user, ends a lock, resets a factor, and reads what happened', async () => {
    const ann = await moveIn(ui, device);
    const secret = await addAuthenticatorApp(ui, ann.visitor);
    await addPhone(ui, ann.visitor);
    await ann.visitor.signOut();
    await ui.pass(60_000);
    await logIn(ann);
    await ann.visitor.press('Use the authenticator app');
    for (let guess = 0; guess < 10; guess += 1) {
      await answer(ann.visitor, otherThan(ui.totp(secret)));
      await ann.visitor.page.locator('form[aria-busy=false]').waitFor();
    }
    await answer(ann.visitor, ui.totp(secret));
    await ann.visitor.see('Too many wrong codes');

    const visitor = await ui.visit(device);
    await visitor.open('/operator');
    await visitor.fill('Master key', 'a guess');
    await visitor.press('Open');
    await visitor.see('The server refused this master key.');
    await visitor.picture('operator-closed');
    await visitor.fill('Master key', ui.masterKey);
    await visitor.press('Open');
    await visitor.fill('Name begins with', ann.username);
    await visitor.press('Find');
    await visitor.press(ann.username);
    expect(await visitor.focused()).toBe(ann.username);
    await visitor.see('Authenticator app: locked after wrong answers');
    await visitor.picture('operator');
    await visitor.detail('operator', 'main');
    await visitor.press('Unlock');
    await visitor.see('Unlocked: ');
    await answer(ann.visitor, ui.totp(secret));
    await ann.visitor.arriveAt('Security');

    await visitor.press('Reset: Authenticator app');
    await visitor.press('No');
    expect(await visitor.focused()).toBe('Reset');
    await visitor.press('Reset: Authenticator app');
    await visitor.press('Yes, reset');
    await visitor.see('Removed: Authenticator app.');
    await visitor.see('Authenticator app: reset by an operator');
    await visitor.press('Reset all second factors');
    await visitor.press('Yes, reset all second factors');
    await visitor.see('Removed: Text message.');
    await visitor.see('No factors.');
    await visitor.press('Back');
    expect(await visitor.focused()).toBe(ann.username);
    await visitor.press('Show');
    await visitor.see('reset by an operator');
    expect(await visitor.stored()).not.toContain(ui.masterKey);
    await leave(visitor);
    await leave(ann.visitor);
  });

  it('an operator issues a help code, which a user without their phone signs in with, to set another factor up', async () => {
    const ann = await moveIn(ui, device);
    await addAuthenticatorApp(ui, ann.visitor);
    await ann.visitor.signOut();
    await ui.pass(60_000);
    const visitor = await ui.visit(device);
    await visitor.open('/operator');
    await visitor.fill('Master key', ui.masterKey);
    await visitor.press('Open');
    await visitor.fill('Name begins with', ann.username);
    await visitor.press('Find');
    await visitor.press(ann.username);
    await visitor.press('Issue a help code');
    await visitor.see('Help code: issued by an operator');
    const code = await visitor.page.locator('.done code').innerText();
    expect(code).toMatch(/^(\w{4}-){2}\w{4}$/);
    await visitor.picture('help-code');
    await visitor.press('Back');
    await visitor.press(ann.username);
    await visitor.see('Help code: issued by an operator');
    expect(await visitor.said()).not.toContain(code);
    expect(await visitor.stored()).not.toContain(code);

    await logIn(ann);
    await ann.visitor.press('Try another way');
    await choose(ann.visitor, /^Use a code from support/);
    await ann.visitor.picture('help-code-sign-in');
    await ann.visitor.fill('Code from support', 'AAAA-AAAA-AAAA');
    await ann.visitor.press('Sign in');
    await ann.visitor.see('This was not accepted.');
    await ann.visitor.fill('Code from support', code.toLowerCase());
    await ann.visitor.press('Sign in');
    await ann.visitor.arriveAt('Security');
    await addPhone(ui, ann.visitor);
    await ann.visitor.signOut();
    await logIn(ann);
    await ann.visitor.see('Get a code by text message');
    expect(await ann.visitor.said()).not.toContain('support');
    await leave(visitor);
    await leave(ann.visitor);
  });

  it('a name that is no name breaks nothing', async () => {
    const { visitor } = await moveIn(ui, device);
    const own = device.name;
    const named = ['<img src=x onerror=alert(1)>', '\u202Egnp.exe', 'long'.repeat(200), 'a.b*c[d\\'].map((name) => name + own);
    const names = [...named, `${'\u200B'.repeat(own.length)} `];
    const operator = await ui.visit(device);
    for (const name of names) await visitor.rename(name);
    await operator.open('/operator');
    await operator.fill('Master key', ui.masterKey);
    await operator.press('Open');
    for (const name of [...names].toReversed()) {
      await visitor.rename(name);
      await operator.fill('Name begins with', name);
      await operator.press('Find');
      const shown = operator.page.locator('bdi');
      await expect.poll(() => shown.allInnerTexts()).toEqual([expect.stringContaining(name.trim())]);
    }
    await operator.picture('operator-names');
    await leave(operator);
    await leave(visitor);
  });

  it('the outbox shows each message as it is seen: a text, and a mail in its frame; new ones come by themselves', async () => {
    ui.sms.messages.length = 0;
    ui.mail.messages.length = 0;
    const outbox = await ui.visit(device);
    await outbox.open('/outbox');
    await outbox.see('Nothing has been sent yet.');
    const { visitor } = await moveIn(ui, device);
    await addPhone(ui, visitor);
    await visitor.row('Email').getByRole('button', { name: 'Add' }).click();
    await visitor.fill('Email address', newEmail());
    await visitor.press('Send a code');
    await visitor.see('We sent a code to');
    await outbox.page
      .getByRole('article', { name: /^Text message to \+1/ })
      .first()
      .waitFor();
    const code = ui.lastCode(ui.mail);
    const mail = outbox.page.getByRole('article', { name: /^Email to ann-/ }).first();
    await mail.locator('.subject').waitFor();
    const frame = mail.locator('iframe').contentFrame();
    await frame.getByText(code).first().waitFor();
    await outbox.picture('outbox');
    await leave(outbox);
    await leave(visitor);
  });

  it('no page jumps by itself: not while it loads, nor while a countdown runs', async () => {
    const ann = await moveIn(ui, device);
    const { visitor } = ann;
    await addPhone(ui, visitor);
    const jumps: Record<string, number> = {};
    for (const path of ['/security', '/sign-up', '/outbox', '/operator']) {
      await visitor.open(path);
      jumps[path] = await visitor.jumps();
    }
    await visitor.signOut();
    await ui.pass(60_000);
    await visitor.open('/');
    jumps['/'] = await visitor.jumps();
    await logIn(ann);
    await visitor.see('We sent a code to');
    await visitor.jumps();
    for (let tick = 0; tick < 12; tick += 1) await visitor.pass(5100);
    jumps['countdown'] = await visitor.jumps();
    // Web Vitals calls anything below 0.1 good.
    expect(Object.entries(jumps).filter(([, jump]) => jump > 0.01)).toEqual([]);
    await leave(visitor);
  });
});
