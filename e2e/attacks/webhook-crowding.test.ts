// @compat
import { PasskeyFactor } from '@parse-factors/passkey';
import { status, WebhookEndpoint } from '@parse-factors/test-server/webhook-endpoint';
import { FACTOR_WEBHOOK_CLASS } from '@parse-factors/core';
import { afterAll, afterEach, beforeAll, expect, it } from 'vitest';
import type { Answer, Person } from '@parse-factors/test-server/parse-server';
import type { Stage } from '../support/harness.js';
import { failures, settled, startWebhookStage } from '../support/webhook-stage.js';

/** Attempts to fill the queue of the webhook while its endpoint is down, so that events of other users are lost. */

const endpoint = new WebhookEndpoint();
let url: string;
let stage: Stage;
beforeAll(async () => {
  url = `${await endpoint.start()}/hooks`;
});
afterAll(() => endpoint.stop());
afterEach(() => stage.stop());

const changeEmail = (thief: Person, index: number): Promise<Answer> =>
  stage.call('PUT', `/users/${thief.id}`, { email: `t${index}@example.com` }, thief.session);
const askForPasskey = (thief: Person): Promise<Answer> => stage.challenge({ challengeData: { passkey: true } }, thief.session);

it.each([
  ['changes of their own email', changeEmail],
  ['challenges of a passkey', askForPasskey],
])('%s fill half of the queue at most', async (_what, attempt) => {
  endpoint.answer = status(500);
  const passkey = new PasskeyFactor({ rpId: 'acme.example', origins: ['https://acme.example'] });
  stage = await startWebhookStage({ url, maxQueued: 100 }, { more: { passkey } });
  const [victim, thief] = [await stage.signUp(), await stage.signUp()];
  const secret = await stage.enrolTotp(victim);
  for (let round = 0; round < 16; round += 1)
    await Promise.all(Array.from({ length: 10 }, (_, index) => attempt(thief, 10 * round + index)));
  await settled();
  const queued = (await stage.rows.find(FACTOR_WEBHOOK_CLASS, { userId: thief.id })).length;
  // The queue is counted for every 50 events, and holds events of the victim.
  expect([queued >= 40, queued <= 50, failures(stage)]).toEqual([true, true, ['queue_full']]);
  await stage.save(victim, { totp: stage.totp(secret) });
  expect((await stage.save(victim, { totp: null })).status).toBe(200);
  await settled();
  const payloads = (await stage.rows.find(FACTOR_WEBHOOK_CLASS, { userId: victim.id })).map(({ payload }) => String(payload));
  expect(payloads.filter((payload) => payload.includes('factor.removed'))).toHaveLength(1);
});
