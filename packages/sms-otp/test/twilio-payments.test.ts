import { type Delivery, RecipientUnreachable } from '@parse-factors/core/channel';
import { expect, it } from 'vitest';
import { StandIn } from '../../test-server/src/provider-stand-in.js';
import { twilio } from '../src/twilio.js';

const account = { accountSid: `AC${'0'.repeat(32)}`, authToken: 'token', from: '+12025550123' };
const payment = {
  to: '+12025550124',
  code: '123456',
  text: '123456 is your code to pay 12.50 EUR to ACME GmbH.',
  details: { amount: '12.50 EUR', payee: 'ACME GmbH' },
  signal: new AbortController().signal,
} as unknown as Delivery;

it('twilio sends the code of a payment with its text, but not with a template of its own', async () => {
  const api = new StandIn();
  const baseUrl = await api.start();
  await expect(twilio({ ...account, baseUrl, contentSid: `HX${'0'.repeat(32)}` }).send(payment)).rejects.toThrow(
    RecipientUnreachable,
  );
  expect(api.received).toEqual([]);
  await twilio({ ...account, baseUrl }).send(payment);
  api.stop();
  expect(new URLSearchParams(api.received[0]?.body).get('Body')).toBe(payment.text);
});
