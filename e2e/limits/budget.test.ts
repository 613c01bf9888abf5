import { afterAll, beforeAll, expect, it } from 'vitest';
import { MemoryOtpStore } from '@parse-factors/core';
import { startStage, type Stage } from '../support/harness.js';

let stage: Stage;
beforeAll(async () => {
  const memory = new MemoryOtpStore({ clock: () => stage.time.now });
  stage = await startStage({ sms: { budget: { limit: 3, windowMs: 60_000 } }, compose: { store: memory } });
});
afterAll(() => stage.stop());

it('a budget bounds all messages of a factor, and a store that the application names is used', async () => {
  const answers = [];
  for (let index = 0; index < 5; index += 1) {
    const person = await stage.signUp();
    answers.push(await stage.challenge({ challengeData: { otp: { phone: `+155533300${String(10 + index)}` } } }, person.session));
  }
  expect(answers.map(({ status }) => status)).toEqual([200, 200, 200, 400, 400]);
  expect(answers.at(-1)?.body['error']).toMatch(/^cooldown: .* retry after 2026-/);
  expect(stage.sms.messages).toHaveLength(3);
  expect(await stage.rows.hasClass('FactorState')).toBe(false);
});
