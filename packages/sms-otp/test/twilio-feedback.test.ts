import { afterAll, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import type { Channel, ConfirmedDelivery, Delivery } from '@parse-factors/core/channel';
import { StandIn, TWILIO_ACCEPTED } from '../../test-server/src/provider-stand-in.js';
import { twilio } from '../src/twilio.js';

/** https://www.twilio.com/docs/messaging/api/message-feedback-resource */

const NUMBER = '+33612345678';
const CODE = '804215';
const accountSid = `AC${'0'.repeat(32)}`;
const home = `/2010-04-01/Accounts/${accountSid}/Messages`;
const sid = `SM${'0'.repeat(32)}`;

describe('feedback to Twilio', () => {
  const api = new StandIn();
  let baseUrl = '';
  beforeAll(async () => {
    baseUrl = await api.start();
  });
  beforeEach(() => {
    api.received.length = 0;
    api.answer = TWILIO_ACCEPTED;
  });
  afterAll(() => api.stop());
  const channel = (feedback?: boolean): Channel =>
    twilio({ accountSid, authToken: 'token', from: '+12025550123', baseUrl, ...(feedback !== undefined && { feedback }) });
  const { signal } = new AbortController();
  const confirmed = (changes: Partial<ConfirmedDelivery> = {}): ConfirmedDelivery => ({
    to: NUMBER,
    code: CODE,
    signal,
    ...changes,
  });
  const delivery: Delivery = {
    ...confirmed(),
    subject: '',
    text: `${CODE} is your code.`,
    expiresAt: 0,
    validMinutes: 5,
    purpose: 'sign-in',
    locale: 'en',
    user: undefined,
  };
  const requests = (): object[] =>
    api.received.map(({ method, path, body }) => ({ method, path, body: Object.fromEntries(new URLSearchParams(body)) }));
  const sent = { method: 'POST', path: `${home}.json`, body: { To: NUMBER, From: '+12025550123', Body: delivery.text } };

  it('is not given, and not announced, unless it is asked for', async () => {
    for (const feedback of [undefined, false]) {
      expect(channel(feedback).confirmed).toBeUndefined();
      await channel(feedback).send(delivery);
    }
    expect(requests()).toEqual([sent, sent]);
  });

  it('is announced with each code, and given once for the code that was verified', async () => {
    const reporting = channel(true);
    await reporting.send(delivery);
    api.answer = { status: 201, body: JSON.stringify({ message_sid: sid, outcome: 'confirmed' }) };
    await reporting.confirmed?.(confirmed({ code: '000000' }));
    await reporting.confirmed?.(confirmed({ to: '+33600000000' }));
    await reporting.confirmed?.(confirmed());
    await reporting.confirmed?.(confirmed());
    expect(requests()).toEqual([
      { ...sent, body: { ...sent.body, ProvideFeedback: 'true' } },
      { method: 'POST', path: `${home}/${sid}/Feedback.json`, body: { Outcome: 'confirmed' } },
    ]);
  });

  it('is not announced with notices', async () => {
    await channel(true).notify?.({ to: NUMBER, subject: '', text: 'Hello', signal });
    expect(requests()).toEqual([{ ...sent, body: { ...sent.body, Body: 'Hello' } }]);
  });

  it('is not given for a message that was not accepted', async () => {
    const reporting = channel(true);
    api.answer = { status: 500, body: '' };
    await expect(reporting.send(delivery)).rejects.toThrow();
    await reporting.confirmed?.(confirmed());
    expect(api.received).toHaveLength(1);
  });

  it('is refused by name with another value', () => {
    expect(() => channel('yes' as never)).toThrow(/^twilio: option "feedback" must be one of true, false/);
  });
});
