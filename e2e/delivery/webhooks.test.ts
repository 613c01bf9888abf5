// @compat
import { FACTOR_EVENT_CLASS, FACTOR_WEBHOOK_CLASS } from '@parse-factors/core';
import type { Answer, Person } from '@parse-factors/test-server/parse-server';
import { isSignedBy, status, WebhookEndpoint } from '@parse-factors/test-server/webhook-endpoint';
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import type { Stage } from '../support/harness.js';
import { DAY, MINUTE } from '../support/time.js';
import { background, deliver, failures, SECRET, settled, startWebhookStage, waiting } from '../support/webhook-stage.js';

const SECOND = 1000;
const endpoint = new WebhookEndpoint();
let url: string;

beforeAll(async () => {
  url = `${await endpoint.start()}/hooks`;
});
afterAll(() => endpoint.stop());

describe('a server with a webhook', () => {
  let stage: Stage;
  let person: Person;
  let secret: string;
  beforeAll(async () => {
    stage = await startWebhookStage({ url, timeoutMs: 2000 }, { compose: { notices: true }, emailLogin: { signUp: false } });
    person = await stage.signUp();
    secret = await stage.enrolTotp(person);
    await settled();
  });
  afterAll(() => stage.stop());
  beforeEach(async () => {
    stage.time.now += DAY;
    await deliver(stage);
    await settled();
    endpoint.reset();
    stage.events.length = 0;
  });
  afterEach(() => settled());

  const logIn = (): Promise<Answer> => {
    stage.time.now += MINUTE;
    return stage.logIn(person, { totp: stage.totp(secret) });
  };

  it('the webhook receives a login, signed, without an address of the client, and its row is deleted', async () => {
    expect((await logIn()).status).toBe(200);
    await settled();
    const message = endpoint.messages.find(({ event }) => event.type === 'factor.verified');
    expect(message?.event).toEqual({
      type: 'factor.verified',
      timestamp: new Date(stage.time.now).toISOString(),
      data: { type: 'verified', factor: 'totp', userId: person.id, purpose: 'sign-in', at: stage.time.now },
    });
    for (const each of endpoint.messages) expect(await isSignedBy(SECRET, each)).toBe(true);
    expect(await waiting(stage)).toBe(0);
  });

  it('the webhook receives what the event log keeps, and no refusals that strangers cause without limit', async () => {
    await stage.logIn(person, { totp: '000000' });
    await stage.call('POST', '/users', { authData: { emailLogin: { id: 'unknown@example.com', code: '123456' } } });
    await settled();
    const logged = (await stage.rows.find(FACTOR_EVENT_CLASS)).filter(({ at }) => at === stage.time.now);
    expect(endpoint.types.toSorted()).toEqual(logged.map(({ type }) => `factor.${String(type)}`).toSorted());
    expect(endpoint.messages.map(({ event }) => event.data['userId'])).toEqual([person.id]);
    expect(stage.events.length).toBeGreaterThan(endpoint.received.length);
  });

  it('a login has its reply while the endpoint is silent, and the message arrives later', async () => {
    endpoint.answer = 'hang';
    const arrived = new Promise<void>((resolve) => (endpoint.onRequest = resolve));
    const reply = logIn();
    await arrived;
    const givenUp = endpoint.allGivenUp().then(() => undefined);
    // The reply comes before the server has given the endpoint up.
    expect((await Promise.race([reply, givenUp]))?.status).toBe(200);
    expect((await logIn()).status).toBe(200);
    expect(background.length).toBeGreaterThan(0);
    await settled();
    expect(await waiting(stage)).toBeGreaterThan(0);
    endpoint.onRequest = () => undefined;
    const { length } = endpoint.received;
    endpoint.answer = status(200);
    stage.time.now += 10 * SECOND;
    expect(await deliver(stage)).toBe(length);
    expect([await waiting(stage), failures(stage)]).toEqual([0, []]);
  });

  it.each([
    ['500', status(500)],
    ['a redirect', status(302, { Location: 'http://127.0.0.1:9/stolen' })],
    ['a broken connection', 'reset' as const],
  ])(
    'after %s, the next event of any user sends the message again, with its id and a signature of that moment',
    async (_how, answer) => {
      endpoint.answer = answer;
      await logIn();
      await settled();
      const [first] = endpoint.messages;
      endpoint.reset();
      stage.time.now += 6 * SECOND;
      await stage.logIn(person, { totp: '000000' });
      await settled();
      const again = endpoint.messages.find(({ id }) => id === first?.id);
      expect([again?.body, again?.sentAt]).toEqual([first?.body, Math.floor(stage.time.now / 1000)]);
      expect(again && (await isSignedBy(SECRET, again))).toBe(true);
      expect(await waiting(stage)).toBe(0);
    },
  );

  it('a message that fails for four days is given up: the listener and the event log say so, the webhook does not', async () => {
    endpoint.answer = status(500);
    await logIn();
    await settled();
    const messages = endpoint.received.length;
    for (let hour = 0; hour < 4 * 24; hour += 1) {
      stage.time.now += 61 * MINUTE;
      await deliver(stage);
    }
    expect([endpoint.received.length, await waiting(stage)]).toEqual([10 * messages, 0]);
    expect(failures(stage)).toEqual(Array.from({ length: messages }, () => 'given_up'));
    await settled();
    const logged = await stage.rows.find(FACTOR_EVENT_CLASS);
    expect(logged.filter(({ type, userId }) => type === 'webhook_failed' && userId === person.id)).toHaveLength(messages);
    expect(endpoint.types).not.toContain('factor.webhook_failed');
  });

  it('the self-check reports messages that have waited for an hour', async () => {
    const reasons = async (): Promise<readonly string[]> => (await stage.factors.check()).map(({ reason }) => reason);
    endpoint.answer = status(500);
    await logIn();
    await settled();
    expect(await reasons()).not.toContain('webhook_waiting');
    stage.time.now += 61 * MINUTE;
    expect(await reasons()).toContain('webhook_waiting');
  });

  it('a row from a clock that ran ahead is sent at once', async () => {
    endpoint.answer = status(500);
    await logIn();
    await settled();
    await stage.rows.update(FACTOR_WEBHOOK_CLASS, { attempts: 1 }, { dueAt: stage.time.now + 30 * DAY });
    endpoint.reset();
    expect(await deliver(stage)).toBeGreaterThan(0);
  });

  it('clients cannot read, write or count the queue, with a session or without', async () => {
    endpoint.answer = status(500);
    await logIn();
    await settled();
    const [row] = await stage.rows.find(FACTOR_WEBHOOK_CLASS);
    const path = `/classes/${FACTOR_WEBHOOK_CLASS}`;
    const attempts = [
      ['GET', path],
      ['GET', `${path}?count=1&limit=0`],
      ['GET', `${path}/${String(row?.['objectId'])}`],
      ['POST', path, { payload: '{}', attempts: 0, dueAt: 0, at: 0 }],
      ['PUT', `${path}/${String(row?.['objectId'])}`, { payload: '{}' }],
      ['DELETE', `${path}/${String(row?.['objectId'])}`],
      ['GET', `/aggregate/${FACTOR_WEBHOOK_CLASS}?group={"_id":null}`],
      ['DELETE', `/purge/${FACTOR_WEBHOOK_CLASS}`],
    ] as const;
    const before = await stage.rows.find(FACTOR_WEBHOOK_CLASS);
    for (const headers of [{}, person.session]) {
      for (const [method, at, body] of attempts) {
        const answer = await stage.call(method, at, body, headers);
        expect([method, at, answer.status >= 400, answer.body['results']]).toEqual([method, at, true, undefined]);
      }
    }
    expect((await stage.call('POST', '/functions/deliver', {}, person.session)).status).toBeGreaterThanOrEqual(400);
    expect(await stage.rows.find(FACTOR_WEBHOOK_CLASS)).toEqual(before);
  });

  it('no secret is stored, logged or told', async () => {
    endpoint.answer = status(500);
    await logIn();
    await settled();
    const kept = [await stage.rows.find(FACTOR_WEBHOOK_CLASS), await stage.rows.find(FACTOR_EVENT_CLASS), stage.events];
    for (const told of [JSON.stringify(kept), JSON.stringify(endpoint.received)]) {
      expect(told).not.toContain(SECRET.slice('whsec_'.length));
      expect(told).not.toContain(secret);
    }
  });

  it('deleting a user deletes their messages, and those of no other user', async () => {
    const other = await stage.signUp();
    endpoint.answer = status(500);
    await stage.enrolTotp(other);
    await logIn();
    await settled();
    const users = async (): Promise<ReadonlySet<unknown>> =>
      new Set((await stage.rows.find(FACTOR_WEBHOOK_CLASS)).map(({ userId }) => userId));
    expect(await users()).toEqual(new Set([other.id, person.id]));
    expect((await stage.call('DELETE', `/users/${other.id}`, undefined, other.session)).status).toBe(200);
    await settled();
    expect(await users()).toEqual(new Set([person.id]));
  });
});
