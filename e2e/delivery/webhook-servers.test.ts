import { FACTOR_WEBHOOK_CLASS } from '@parse-factors/core';
import { status, WebhookEndpoint } from '@parse-factors/test-server/webhook-endpoint';
import { afterAll, afterEach, beforeAll, describe, expect, it, vi } from 'vitest';
import type { Stage } from '../support/harness.js';
import { MASTER } from '../support/requests.js';
import type { Answer } from '@parse-factors/test-server/parse-server';
import { MINUTE } from '../support/time.js';
import { composeOther, deliver, failures, settled, startWebhookStage, waiting } from '../support/webhook-stage.js';

const SECOND = 1000;
const endpoint = new WebhookEndpoint();
let url: string;
let stage: Stage;
let isStopped = false;
beforeAll(async () => {
  url = `${await endpoint.start()}/hooks`;
});
afterAll(() => endpoint.stop());
afterEach(async () => {
  await settled();
  if (!isStopped) await stage.stop();
  isStopped = false;
  vi.useRealTimers();
  endpoint.reset();
});

/** Lets a new user send so many wrong answers, each of which is an event. */
async function fail(times: number): Promise<readonly Answer[]> {
  const person = await stage.signUp();
  await stage.enrolTotp(person);
  return Promise.all(Array.from({ length: times }, () => stage.logIn(person, { totp: '000000' })));
}

it('two servers that look at the same moment send each message once', async () => {
  const webhook = { url, events: ['rejected', 'locked'] } as const;
  stage = await startWebhookStage(webhook);
  composeOther(stage, webhook);
  endpoint.answer = status(500);
  for (let round = 0; round < 3; round += 1) await fail(5);
  await settled();
  const messages = await waiting(stage);
  expect(messages).toBeGreaterThanOrEqual(12);
  endpoint.reset();
  endpoint.answer = 'hang';
  stage.time.now += 10 * MINUTE;
  const servers = ['deliver', 'deliverOther'] as const;
  const looks = Promise.all(Array.from({ length: 20 }, (_, look) => deliver(stage, servers[look % 2])));
  // One server sends eight messages at the same time.
  await vi.waitUntil(() => endpoint.received.length > 8, { timeout: 10_000 });
  endpoint.release(status(204));
  const sent = await looks;
  expect(endpoint.received).toHaveLength(messages);
  expect(new Set(endpoint.messages.map(({ id }) => id)).size).toBe(messages);
  for (const server of [0, 1]) expect(sent.some((count, look) => look % 2 === server && count > 0)).toBe(true);
  expect(await waiting(stage)).toBe(0);
});

it('a server sends what another one was sending when it died, and not before that one must have finished', async () => {
  const webhook = { url, events: ['enrolled'] } as const;
  stage = await startWebhookStage(webhook);
  composeOther(stage, webhook);
  endpoint.answer = 'hang';
  const arrived = new Promise<void>((resolve) => (endpoint.onRequest = resolve));
  await stage.enrolTotp(await stage.signUp());
  await arrived;
  const rows = await stage.rows.find(FACTOR_WEBHOOK_CLASS);
  expect(rows.map(({ attempts }) => attempts)).toEqual([1]);
  await settled();
  // It has died before it could note that the endpoint did not answer: the row is as it was.
  await stage.rows.delete(FACTOR_WEBHOOK_CLASS);
  await stage.rows.insert(FACTOR_WEBHOOK_CLASS, rows);
  endpoint.onRequest = () => undefined;
  endpoint.reset();
  stage.time.now = Number(rows[0]?.['dueAt']) - 1;
  expect(await deliver(stage, 'deliverOther')).toBe(0);
  stage.time.now += 1;
  expect(await deliver(stage, 'deliverOther')).toBe(1);
  expect(endpoint.types).toEqual(['factor.enrolled']);
});

it('while the endpoint is dead, events leave at most maxQueued rows, every login has its reply, and one event a minute says so', async () => {
  stage = await startWebhookStage({ url: 'http://127.0.0.1:9/hooks', maxQueued: 10, events: ['rejected', 'locked'] });
  const replies: Answer[] = [];
  for (let user = 0; user < 10; user += 1) replies.push(...(await fail(12)));
  expect(new Set(replies.map(({ status: code }) => code))).toEqual(new Set([400]));
  expect((await stage.logIn(await stage.signUp())).status).toBe(200);
  await settled();
  expect(await waiting(stage)).toBeLessThanOrEqual(10);
  const told = stage.events.filter(({ type }) => type === 'webhook_failed');
  expect(new Set(failures(stage))).toEqual(new Set(['queue_full']));
  for (const [index, { at }] of told.slice(1).entries()) expect(at - Number(told[index]?.at)).toBeGreaterThanOrEqual(MINUTE);
});

it('a class that an administrator deletes is made anew, closed, and the webhook hears of it', async () => {
  stage = await startWebhookStage({ url, events: ['enrolled', 'misconfigured'] });
  await stage.enrolTotp(await stage.signUp());
  await settled();
  expect((await stage.call('DELETE', `/schemas/${FACTOR_WEBHOOK_CLASS}`, undefined, MASTER)).status).toBe(200);
  endpoint.reset();
  await stage.enrolTotp(await stage.signUp());
  await settled();
  expect(endpoint.types.toSorted()).toEqual(['factor.enrolled', 'factor.misconfigured']);
  const told = endpoint.messages.find(({ event }) => event.type === 'factor.misconfigured');
  expect(told?.event.data['reason']).toBe(`class_deleted:${FACTOR_WEBHOOK_CLASS}`);
  expect((await stage.call('GET', `/classes/${FACTOR_WEBHOOK_CLASS}`)).status).toBeGreaterThanOrEqual(400);
});

it('logins work while the queue cannot be used, and one event says that messages are lost', async () => {
  stage = await startWebhookStage({ url });
  const open = await stage.call('POST', `/schemas/${FACTOR_WEBHOOK_CLASS}`, { fields: {} }, MASTER);
  expect(open.status).toBe(200);
  await fail(5);
  expect((await stage.logIn(await stage.signUp())).status).toBe(200);
  await settled();
  expect([endpoint.received.length, failures(stage)]).toEqual([0, ['queue_unavailable', 'queue_unavailable']]);
});

describe('the timer of a server', () => {
  it('sends what is due without an event, and ends with its server', async () => {
    vi.useFakeTimers({ toFake: ['setInterval', 'clearInterval'] });
    stage = await startWebhookStage({ url, events: ['enrolled'] });
    endpoint.answer = status(500);
    await stage.enrolTotp(await stage.signUp());
    await settled();
    endpoint.reset();
    stage.time.now += 6 * SECOND;
    vi.advanceTimersByTime(5000);
    await vi.waitUntil(async () => (await waiting(stage)) === 0, { timeout: 5000 });
    expect(endpoint.types).toEqual(['factor.enrolled']);
    const timers = vi.getTimerCount();
    await stage.stop();
    isStopped = true;
    vi.advanceTimersByTime(5000);
    expect(vi.getTimerCount()).toBeLessThan(timers);
  });
});
