import { twilio } from '@parse-factors/sms-otp/twilio';
import { StandIn, TWILIO_ACCEPTED } from '@parse-factors/test-server/provider-stand-in';
import { afterAll, beforeAll, beforeEach, expect, it, vi } from 'vitest';
import { startStage, type Stage } from '../support/harness.js';
import { DAY, MINUTE } from '../support/time.js';

/** A provider hears that a message has arrived, once its code was verified. */

const api = new StandIn();
let stage: Stage;
beforeAll(async () => {
  const baseUrl = await api.start();
  const channel = twilio({
    accountSid: `AC${'0'.repeat(32)}`,
    authToken: 'token',
    from: '+15005550006',
    feedback: true,
    baseUrl,
  });
  stage = await startStage({ sms: { channel, deliveryTimeoutMs: 30_000 } });
});
afterAll(async () => {
  await stage.stop();
  api.stop();
});
beforeEach(() => {
  stage.time.now += DAY;
  api.received.length = 0;
  api.answer = TWILIO_ACCEPTED;
});

const feedbacks = (): (string | undefined)[] =>
  api.received.filter(({ path }) => path?.endsWith('/Feedback.json')).map(({ body }) => body);
const sentCode = (): string => /\d{6}/.exec(new URLSearchParams(api.received.at(-1)?.body).get('Body') ?? '')?.[0] ?? '';

it('Twilio gets one feedback for each code that was verified, and none for a wrong one', async () => {
  const [person, phone] = [await stage.signUp(), '+15553331001'];
  await stage.challenge({ challengeData: { otp: { phone } } }, person.session);
  const code = sentCode();
  expect((await stage.save(person, { otp: { phone, code: code === '000000' ? '000001' : '000000' } })).status).not.toBe(200);
  expect((await stage.save(person, { otp: { phone, code } })).status).toBe(200);
  await vi.waitFor(() => expect(feedbacks()).toEqual(['Outcome=confirmed']));
  stage.time.now += MINUTE;
  await stage.challenge({ username: person.username, password: person.password, challengeData: { otp: true } });
  expect((await stage.logIn(person, { otp: sentCode() })).status).toBe(200);
  await vi.waitFor(() => expect(feedbacks()).toHaveLength(2));
});

it('no login waits for the feedback, or fails with it', async () => {
  const [person, phone] = [await stage.signUp(), '+15553331002'];
  await stage.challenge({ challengeData: { otp: { phone } } }, person.session);
  const code = sentCode();
  api.answer = 'hang';
  expect((await stage.save(person, { otp: { phone, code } })).status).toBe(200);
  await vi.waitFor(() => expect(feedbacks()).toHaveLength(1)); // and it still hangs
});
