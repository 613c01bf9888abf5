import { randomUUID } from 'node:crypto';
import { hasChromium } from '@parse-factors/test-server/chromium';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { startUi, type UiStage } from './stage.js';
import { leave } from './steps.js';
import { DEVICES } from './visitor.js';

describe.skipIf(!hasChromium())('the example with REQUIRE_FACTOR=true', () => {
  let ui: UiStage;
  beforeAll(async () => {
    ui = await startUi({ isEnforced: true });
  });
  afterAll(() => ui?.stop());

  it.each(DEVICES)('a passkey that signs up on a $name is the factor that every user must have', async (device) => {
    const visitor = await ui.visit(device);
    await visitor.open('/sign-up');
    await visitor.addAuthenticator();
    await visitor.press('Passkey');
    await visitor.fill('Name', `kim-${randomUUID().slice(0, 8)}`);
    await visitor.press('Sign up with a passkey');
    await visitor.arriveAt('Your account is ready');
    expect(await visitor.page.locator('.printed code').count()).toBe(10);
    await visitor.press('I have saved them');
    await visitor.arriveAt('Security');
    await visitor.see('1 passkey');
    await leave(visitor);
  });
});
