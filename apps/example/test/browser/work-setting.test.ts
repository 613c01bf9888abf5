import { hasChromium } from '@parse-factors/test-server/chromium';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { startUi, type UiStage } from './stage.js';
import { leave, newEmail, signInByEmail } from './steps.js';
import { DEVICES } from './visitor.js';

describe.skipIf(!hasChromium())('the example with PROOF_OF_WORK=true', () => {
  let ui: UiStage;
  beforeAll(async () => {
    ui = await startUi({ asksForWork: true });
  });
  afterAll(() => ui?.stop());

  it.each(DEVICES)('a stranger signs in by email on a $name, and notices nothing of it', async (device) => {
    await leave(await signInByEmail(ui, device));
    const bare = await fetch(`${ui.url}/parse/challenge`, {
      method: 'POST',
      headers: { 'X-Parse-Application-Id': 'example', 'Content-Type': 'application/json' },
      body: JSON.stringify({ challengeData: { emailLogin: { email: newEmail() } } }),
    });
    expect(await bare.json()).toMatchObject({ error: expect.stringMatching(/^address_refused/) });
  });
});
