import { createServer, type Server } from 'node:net';
import type { AddressInfo } from 'node:net';
import { afterAll, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import type { Channel } from '@parse-factors/core/channel';
import { sendgrid } from '@parse-factors/email-otp/sendgrid';
import { smtp } from '@parse-factors/email-otp/smtp';
import { twilio } from '@parse-factors/sms-otp/twilio';
import { slug, startStage, type Stage } from '../support/harness.js';
import { StandIn, TWILIO_ACCEPTED, type StandInAnswer } from '@parse-factors/test-server/provider-stand-in';
import { DAY } from '../support/time.js';

/** Each channel takes its provider's documented answer for an accepted message, and no other. */

const api = new StandIn();
let base: string;
let stage: Stage;
let mailChannel: Channel;
let smsChannel: Channel;
beforeAll(async () => {
  base = await api.start();
  stage = await startStage({
    sms: { channel: (delivery) => smsChannel.send(delivery), deliveryTimeoutMs: 2000 },
    mail: { channel: (delivery) => mailChannel.send(delivery), deliveryTimeoutMs: 2000 },
  });
  smsChannel = twilio({ accountSid: `AC${'0'.repeat(32)}`, authToken: 'token', from: '+15005550006', baseUrl: base });
});
afterAll(async () => {
  await stage.stop();
  api.stop();
});
beforeEach(() => {
  stage.time.now += DAY;
  stage.events.length = 0;
  api.received.length = 0;
});

let people = 0;
async function ask(factor: 'otp' | 'email'): Promise<string> {
  people += 1;
  const address = factor === 'otp' ? { phone: `+1555333${1000 + people}` } : { email: `answer${people}@example.com` };
  const person = await stage.signUp();
  const answer = await stage.challenge({ challengeData: { [factor]: address } }, person.session);
  return answer.status === 200 ? 'sent' : slug(answer);
}

/** That the ask failed, and that the reason in the event is a short name. */
async function expectFailure(factor: 'otp' | 'email'): Promise<void> {
  expect(await ask(factor)).toBe('delivery_failed');
  const reasons = stage.events.flatMap((event) => (event.type === 'delivery_failed' ? [event.reason] : []));
  expect(reasons).toEqual([expect.stringMatching(/^[A-Za-z0-9_-]{1,40}$/)]);
  expect(JSON.stringify(stage.events)).not.toContain('secret words');
}

const html = { 'Content-Type': 'text/html' };
const page = '<!doctype html><title>secret words</title>';
const elsewhere = { Location: '/elsewhere' };

describe('SendGrid', () => {
  const make = (sandbox: boolean): Channel => sendgrid({ apiKey: 'SG.key', from: 'codes@acme.example', sandbox, baseUrl: base });

  it('SendGrid has sent a message with 202 and no body, or in sandbox mode with 200', async () => {
    mailChannel = make(false);
    api.answer = { status: 202, body: '', headers: { 'X-Message-Id': 'abc' } };
    expect(await ask('email')).toBe('sent');
    mailChannel = make(true);
    api.answer = { status: 200, body: '' };
    expect(await ask('email')).toBe('sent');
  });

  const answers: readonly [string, StandInAnswer][] = [
    ['200 with a page', { status: 200, body: page, headers: html }],
    ['200 with nothing', { status: 200, body: '' }],
    ['201 with a message of Twilio', TWILIO_ACCEPTED],
    ['202 with a page', { status: 202, body: page, headers: html }],
    ['202 with errors', { status: 202, body: '{"errors":[{"message":"secret words"}]}' }],
    ['204', { status: 204, body: '' }],
    ['301', { status: 301, body: '', headers: elsewhere }],
    ['307', { status: 307, body: '', headers: elsewhere }],
    ['JSON that ends early', 'truncated'],
  ];
  it.each(answers)('SendGrid has not sent a message with %s', async (_what, answer) => {
    mailChannel = make(false);
    api.answer = answer;
    await expectFailure('email');
    expect(api.received).toHaveLength(1);
  });

  it('SendGrid is not listened to beyond 64 kB', async () => {
    mailChannel = make(false);
    api.answer = { status: 202, body: ' '.repeat(70_000) };
    await expectFailure('email');
    expect(stage.events.find(({ type }) => type === 'delivery_failed')?.reason).toBe('ERR_BAD_RESPONSE');
  });

  it.each([
    ['202', { status: 202, body: '' }],
    ['a page', { status: 200, body: page, headers: html }],
  ])('SendGrid has not checked a message in sandbox mode with %s', async (_what, answer) => {
    mailChannel = make(true);
    api.answer = answer;
    await expectFailure('email');
  });
});

describe('Twilio', () => {
  const message = { sid: `SM${'a'.repeat(32)}`, status: 'queued', error_code: null };
  const created = (fields: object): StandInAnswer => ({ status: 201, body: JSON.stringify({ ...message, ...fields }) });

  it.each(['accepted', 'queued', 'sending', 'sent', 'delivered'])(
    'Twilio has sent with 201 and a message that is %s',
    async (status) => {
      api.answer = created({ status });
      expect(await ask('otp')).toBe('sent');
    },
  );

  const answers: readonly [string, StandInAnswer][] = [
    ['a message that failed', created({ status: 'failed' })],
    ['a message that is undelivered', created({ status: 'undelivered' })],
    ['a message that is canceled', created({ status: 'canceled' })],
    ['a message that is scheduled', created({ status: 'scheduled' })],
    ['a message with an error', created({ error_code: 30007 })],
    ['a message without a SID', created({ sid: undefined })],
    ['a message with another SID', created({ sid: 'secret words' })],
    ['a message without a state', created({ status: undefined })],
    ['200 with a message', { status: 200, body: JSON.stringify(message) }],
    ['202 with a message', { status: 202, body: JSON.stringify(message) }],
    ['200 with a page', { status: 200, body: page, headers: html }],
    ['201 with a page', { status: 201, body: page, headers: html }],
    ['201 with nothing', { status: 201, body: '' }],
    ['201 with null', { status: 201, body: 'null' }],
    ['201 with a list', { status: 201, body: '[]' }],
    ['JSON that ends early', { status: 201, body: '{"sid": "SM' }],
    ['a message in 70 kB', { status: 201, body: JSON.stringify(message) + ' '.repeat(70_000) }],
    ['a body that ends early', 'truncated'],
    ['302', { status: 302, body: '', headers: elsewhere }],
    ['308', { status: 308, body: '', headers: elsewhere }],
  ];
  it.each(answers)('Twilio has not sent a message with %s', async (_what, answer) => {
    api.answer = answer;
    await expectFailure('otp');
    expect(api.received).toHaveLength(1);
  });

  it('Twilio gives address_refused for a message that failed because of its number', async () => {
    api.answer = created({ status: 'failed', error_code: 21610 });
    expect(await ask('otp')).toBe('address_refused');
  });
});

describe('SMTP', () => {
  let server: Server;
  /** What the server says after the data. */
  let reply = '';
  let recipientReply = '250 OK';
  beforeAll(async () => {
    server = createServer((socket) => {
      let isData = false;
      socket.on('error', () => undefined);
      socket.write('220 stand-in ESMTP\r\n');
      socket.setEncoding('utf8').on('data', (chunk: string) => {
        if (isData) {
          if (!chunk.endsWith('\r\n.\r\n')) return;
          isData = false;
          socket.write(`${reply}\r\n`);
        } else if (chunk.startsWith('DATA')) {
          isData = true;
          socket.write('354 Go on\r\n');
        } else socket.write(chunk.startsWith('RCPT') ? `${recipientReply}\r\n` : '250 OK\r\n');
      });
    });
    await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  });
  afterAll(() => void server.close());

  it.each([
    ['250', '250 2.0.0 OK', '250 OK', 'sent'],
    ['250 alone', '250', '250 OK', 'sent'],
    ['200', '200 secret words', '250 OK', 'delivery_failed'],
    ['251', '251 secret words', '250 OK', 'delivery_failed'],
    ['2500', '2500 secret words', '250 OK', 'delivery_failed'],
    ['a page', '<html>secret words', '250 OK', 'delivery_failed'],
    ['450', '450 secret words', '250 OK', 'delivery_failed'],
    ['a refused recipient', '250 OK', '550 secret words', 'delivery_failed'],
  ])('SMTP answering %s', async (_what, given, recipient, outcome) => {
    reply = given;
    recipientReply = recipient;
    const { port } = server.address() as AddressInfo;
    const channel = smtp({ url: `smtp://127.0.0.1:${port}`, from: 'codes@acme.example' });
    mailChannel = channel;
    try {
      if (outcome === 'sent') expect(await ask('email')).toBe('sent');
      else await expectFailure('email');
    } finally {
      channel.close();
    }
  });
});
