import { outbox, type Outbox } from '@parse-factors/core';
import { createDatabase } from '@parse-factors/test-server/database/test-database';
import { freePort } from '@parse-factors/test-server/postgres';
import { afterAll, beforeAll, beforeEach, describe, expect, inject, it } from 'vitest';
import { startServer, type RunningServer } from '../src/server/server.js';
import { call, type CallReply } from './call.js';
import { testSettings } from './test-settings.js';

const HOUR = 60 * 60_000;
const WAYS = '["sms","voice"]';

const time = { now: Date.now() };
const clock = (): number => time.now;
const [sms, voice, email] = ['sms', 'voice', 'email'].map((name) => outbox({ name, clock })) as [Outbox, Outbox, Outbox];
let port: number;
let server: RunningServer;
beforeAll(async () => {
  port = await freePort();
  server = await startServer(
    testSettings({ port }),
    { sms, voice, email, outboxes: [sms, voice, email] },
    await createDatabase(inject('database')),
    { clock, options: { silent: true } },
  );
});
afterAll(() => server.stop());
beforeEach(() => {
  // All requests come from one IP address, whose limits are by the hour.
  time.now += HOUR;
  for (const box of [sms, voice]) box.messages.length = 0;
});

let numbers = 0;
const newPhone = (): string => `+1555557${String((numbers += 1)).padStart(4, '0')}`;
const sentBy = (): readonly number[] => [sms.messages.length, voice.messages.length];
const codeIn = (box: Outbox): string => /\d{6}/.exec(box.messages.at(-1)?.text ?? '')?.[0] ?? '';
const isRefused = expect.stringMatching(/^cooldown: .* retry after \d{4}-/);

const ask = (challengeData: object, more: object = {}): Promise<CallReply> =>
  call({ port, path: '/challenge', body: { challengeData, ...more } });
const replyOf = (reply: CallReply, key: string): unknown =>
  (reply['challengeData'] as Record<string, unknown> | undefined)?.[key];

/** A user with a password and a phone as a second factor. */
async function moveIn(phone: string): Promise<{ username: string; password: string }> {
  const person = { username: `ann${(numbers += 1)}`, password: 'correct horse' };
  const { objectId, sessionToken } = await call({ port, path: '/users', body: person });
  const session = String(sessionToken);
  await call({ port, path: '/challenge', session, body: { challengeData: { otp: { phone } } } });
  const authData = { otp: { phone, code: codeIn(sms) } };
  const saved = await call({ port, path: `/users/${String(objectId)}`, method: 'PUT', session, body: { authData } });
  expect(saved).toMatchObject({ authDataResponse: { otp: { status: 'enabled' } } });
  time.now += HOUR;
  sms.messages.length = 0;
  return person;
}

describe('in the example, text messages and calls share one cooldown', () => {
  it('at a sign-in: a call is refused until a code may be sent again, and then replaces the code', async () => {
    const person = await moveIn(newPhone());
    expect(replyOf(await ask({ otp: true }, person), 'otp')).toMatchObject({ status: 'sent', via: 'sms', ways: WAYS });
    const first = codeIn(sms);
    expect(await ask({ otp: { via: 'voice' } }, person)).toMatchObject({ code: 155, error: isRefused });
    time.now += 59_000;
    expect(await ask({ otp: { via: 'voice' } }, person)).toMatchObject({ code: 155, error: isRefused });
    expect(sentBy()).toEqual([1, 0]);
    time.now += 1000;
    const called = await ask({ otp: { via: 'voice' } }, person);
    expect(replyOf(called, 'otp')).toMatchObject({ status: 'sent', via: 'voice', ways: WAYS });
    expect(sentBy()).toEqual([1, 1]);
    expect(await ask({ otp: { via: 'sms' } }, person)).toMatchObject({ code: 155, error: isRefused });
    const answer = (code: string): Promise<CallReply> =>
      call({ port, path: '/login', body: { ...person, authData: { otp: code } } });
    if (first !== codeIn(voice)) expect(await answer(first)).toMatchObject({ error: expect.stringMatching(/^code_rejected/) });
    expect(await answer(codeIn(voice))).toMatchObject({ sessionToken: expect.stringMatching(/^r:/) });
  });

  it('at a sign-in: of 20 requests by both ways at once, one is sent', async () => {
    const person = await moveIn(newPhone());
    const all = Array.from({ length: 20 }, (_, index) => ask({ otp: { via: index % 2 === 0 ? 'sms' : 'voice' } }, person));
    const replies = await Promise.all(all);
    expect(replies.filter((reply) => replyOf(reply, 'otp') !== undefined)).toHaveLength(1);
    expect(sms.messages.length + voice.messages.length).toBe(1);
  });

  it('at a reset: the same replies for a number with an account and without, by both ways', async () => {
    const phone = newPhone();
    await ask({ phoneLogin: { phone } });
    await call({ port, path: '/users', body: { authData: { phoneLogin: { id: phone, code: codeIn(sms) } } } });
    time.now += HOUR;
    sms.messages.length = 0;
    const request = (to: string, via?: string): Promise<CallReply> =>
      call({
        port,
        path: '/functions/factorsRequestPasswordReset',
        body: { factor: 'phoneLogin', phone: to, ...(via !== undefined && { via }) },
      });
    const stranger = newPhone();
    for (const to of [stranger, phone]) {
      expect(await request(to)).toMatchObject({ result: { status: 'sent', via: 'sms', ways: WAYS } });
      expect(await request(to, 'voice')).toMatchObject({ code: 155, error: isRefused });
      time.now += 60_000;
      expect(await request(to, 'voice')).toMatchObject({ result: { status: 'sent', via: 'voice', ways: WAYS } });
      time.now += 60_000;
    }
    // No reply waits for these messages. The last request is that of the number with an account.
    await expect.poll(sentBy).toEqual([1, 1]);
    expect([sms, voice].map((box) => box.messages.map(({ to }) => to))).toEqual([[phone], [phone]]);
    expect(await request(phone, 'fax')).toMatchObject({ error: expect.stringMatching(/^invalid_input: .*"sms" or "voice"/) });
  });
});
