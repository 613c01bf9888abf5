import { afterAll, beforeAll, expect, it } from 'vitest';
import { startStage, type Stage } from '../support/harness.js';
import { MINUTE } from '../support/time.js';

let stage: Stage;
beforeAll(async () => {
  stage = await startStage();
});
afterAll(() => stage.stop());

it('without the guard any session can unlink a factor; once the guard is installed, none can', async () => {
  const [one, two] = [await stage.signUp(), await stage.signUp()];
  await stage.enrolTotp(one);
  await stage.enrolTotp(two);
  stage.time.now += 5 * MINUTE;
  expect((await stage.save(one, { totp: null })).status).toBe(200);
  stage.factors.install();
  expect((await stage.save(two, { totp: null })).body['error']).toMatch(/^fresh_proof_required: /);
});
