import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import type { Channel, ChannelLike } from '@parse-factors/core/channel';
import { sendgrid } from '@parse-factors/email-otp/sendgrid';
import { smtp } from '@parse-factors/email-otp/smtp';
import { twilio } from '@parse-factors/sms-otp/twilio';
import type { Answer, Person } from '@parse-factors/test-server/parse-server';
import { slug, startStage, type Stage } from '../support/harness.js';
import { StandIn, TWILIO_ACCEPTED } from '@parse-factors/test-server/provider-stand-in';
import { SmtpStage } from '../support/smtp-stage.js';
import { DAY, MINUTE } from '../support/time.js';

const api = new StandIn();
const sid = `AC${'0'.repeat(32)}`;
let stage: Stage;
let smsChannel: ChannelLike;
let mailChannel: ChannelLike;
let base: string;
beforeAll(async () => {
  base = await api.start();
  stage = await startStage({
    sms: { channel: (delivery) => channelOf(smsChannel)(delivery), deliveryTimeoutMs: 300 },
    mail: { channel: (delivery) => channelOf(mailChannel)(delivery), deliveryTimeoutMs: 2000 },
  });
});
afterAll(async () => {
  await stage.stop();
  api.stop();
});

const channelOf = (like: ChannelLike): Channel['send'] =>
  typeof like === 'function' ? async (delivery) => like(delivery) : (delivery) => like.send(delivery);
const askSms = (person: Person, phone: string): Promise<Answer> =>
  stage.challenge({ challengeData: { otp: { phone } } }, person.session);
const codeIn = (text: string | undefined): string => /\d{6}/.exec(text ?? '')?.[0] ?? '';

describe('twilio', () => {
  beforeAll(() => {
    smsChannel = twilio({ accountSid: sid, authToken: 'token', from: '+15005550006', baseUrl: base });
  });

  it("twilio sends what Twilio's API expects, field by field", async () => {
    api.received.length = 0;
    api.answer = TWILIO_ACCEPTED;
    const person = await stage.signUp();
    expect((await askSms(person, '+15552220001')).status).toBe(200);
    expect(api.received).toHaveLength(1);
    const [request] = api.received;
    expect(request).toMatchObject({ method: 'POST', path: `/2010-04-01/Accounts/${sid}/Messages.json` });
    expect(request?.headers.authorization).toBe(`Basic ${Buffer.from(`${sid}:token`).toString('base64')}`);
    expect(request?.headers['content-type']).toMatch(/^application\/x-www-form-urlencoded/);
    const form = Object.fromEntries(new URLSearchParams(request?.body));
    expect(form).toEqual({
      To: '+15552220001',
      From: '+15005550006',
      Body: expect.stringMatching(/^\d{6} is your code to add this number\. It is valid for 5 minutes\. Never share it\.$/),
    });
    expect((await stage.save(person, { otp: { phone: '+15552220001', code: codeIn(form['Body']) } })).status).toBe(200);
  });

  it('twilio takes a Messaging Service instead of a number', async () => {
    api.received.length = 0;
    const service = `MG${'1'.repeat(32)}`;
    smsChannel = twilio({ accountSid: sid, authToken: 'token', messagingServiceSid: service, baseUrl: base });
    await askSms(await stage.signUp(), '+15552220002');
    const form = Object.fromEntries(new URLSearchParams(api.received[0]?.body));
    expect(form).toEqual({ To: '+15552220002', MessagingServiceSid: service, Body: expect.any(String) });
  });

  it('twilio sends by WhatsApp, with a template where one is named', async () => {
    api.received.length = 0;
    const from = '+15005550006';
    smsChannel = twilio({ accountSid: sid, authToken: 'token', from, via: 'whatsapp', baseUrl: base });
    await askSms(await stage.signUp(), '+15552220012');
    const contentSid = `HX${'2'.repeat(32)}`;
    smsChannel = twilio({ accountSid: sid, authToken: 'token', from, via: 'whatsapp', contentSid, baseUrl: base });
    const person = await stage.signUp();
    await askSms(person, '+15552220013');
    const [plain, template] = api.received.map(({ body }) => Object.fromEntries(new URLSearchParams(body)));
    expect(plain).toEqual({
      To: 'whatsapp:+15552220012',
      From: 'whatsapp:+15005550006',
      Body: expect.stringMatching(/^\d{6} is/),
    });
    expect(template).toEqual({
      To: 'whatsapp:+15552220013',
      From: 'whatsapp:+15005550006',
      ContentSid: contentSid,
      ContentVariables: expect.stringMatching(/^\{"1":"\d{6}"\}$/),
    });
    const { 1: code } = JSON.parse(template?.['ContentVariables'] ?? '') as { 1: string };
    expect((await stage.save(person, { otp: { phone: '+15552220013', code } })).status).toBe(200);
    smsChannel = twilio({ accountSid: sid, authToken: 'token', from, baseUrl: base });
  });

  it('twilio sends notices as plain texts, but not by WhatsApp, which takes none', async () => {
    api.received.length = 0;
    const options = { accountSid: sid, authToken: 'token', from: '+15005550006', baseUrl: base };
    const notice = { to: '+15552220014', subject: '', text: 'Something happened.', signal: new AbortController().signal };
    await twilio(options).notify?.(notice);
    expect(Object.fromEntries(new URLSearchParams(api.received[0]?.body))).toEqual({
      To: '+15552220014',
      From: '+15005550006',
      Body: 'Something happened.',
    });
    expect(twilio({ ...options, via: 'whatsapp' }).notify).toBeUndefined();
  });

  it.each([
    ['an error', { status: 400, body: JSON.stringify({ code: 21612, message: 'Invalid To +15552220003', status: 400 }) }],
    ['throttling', { status: 429, body: JSON.stringify({ code: 20429, message: 'Too Many Requests', status: 429 }) }],
    ['a breakdown', { status: 503, body: '<html>' }],
    ['a reset', 'reset'],
    ['silence', 'hang'],
  ] as const)(
    'twilio answering with %s gives delivery_failed in time, after one try, and leaves no live code',
    async (_name, answer) => {
      api.answer = answer;
      api.received.length = 0;
      stage.events.length = 0;
      const person = await stage.signUp();
      const started = performance.now();
      const refused = await askSms(person, '+15552220003');
      expect(performance.now() - started).toBeLessThan(5000);
      expect(refused.body).toEqual({ code: 141, error: 'delivery_failed: The message could not be sent. Request a new code.' });
      expect(api.received).toHaveLength(1);
      const code = codeIn(new URLSearchParams(api.received[0]?.body).get('Body') ?? '');
      expect(code).toMatch(/^\d{6}$/);
      expect(slug(await stage.save(person, { otp: { phone: '+15552220003', code } }))).toBe('code_expired');
      expect(slug(await askSms(person, '+15552220003'))).toBe('cooldown'); // no storm of retries
      expect(stage.events.map(({ type }) => type)).toContain('delivery_failed');
      expect(JSON.stringify(stage.events)).not.toContain('Invalid To');
      api.answer = TWILIO_ACCEPTED;
      stage.time.now += 60 * MINUTE;
      expect((await askSms(person, '+15552220003')).status).toBe(200); // the next honest try works
      stage.time.now += DAY;
    },
  );
});

describe('sendgrid', () => {
  it("sendgrid sends what SendGrid's API expects, field by field", async () => {
    api.received.length = 0;
    api.answer = { status: 202, body: '' };
    mailChannel = sendgrid({ apiKey: 'SG.key', from: 'Acme <codes@acme.example>', baseUrl: base });
    const person = await stage.signUp();
    expect((await stage.challenge({ challengeData: { email: { email: 'sg@example.com' } } }, person.session)).status).toBe(200);
    const [request] = api.received;
    expect(request).toMatchObject({ method: 'POST', path: '/v3/mail/send' });
    expect(request?.headers.authorization).toBe('Bearer SG.key');
    const body = JSON.parse(request?.body ?? '') as { content: { value: string }[] };
    expect(body).toEqual({
      from: { email: 'codes@acme.example', name: 'Acme' },
      personalizations: [{ to: [{ email: 'sg@example.com' }] }],
      subject: 'Your code',
      content: [
        {
          type: 'text/plain',
          value: expect.stringMatching(/^\d{6} is your code to add this address\. It is valid for 10 minutes\./),
        },
        { type: 'text/html', value: expect.stringMatching(/^<!doctype html>[^]*>\d{6}<\/span>/) },
      ],
      tracking_settings: { click_tracking: { enable: false }, open_tracking: { enable: false } },
    });
    expect((await stage.save(person, { email: { email: 'sg@example.com', code: codeIn(body.content[0]?.value) } })).status).toBe(
      200,
    );
  });

  it('sendgrid fills a dynamic template in, and only checks messages in sandbox mode', async () => {
    api.received.length = 0;
    api.answer = { status: 200, body: '' };
    const templateId = `d-${'0'.repeat(32)}`;
    mailChannel = sendgrid({ apiKey: 'SG.key', from: 'codes@acme.example', templateId, sandbox: true, baseUrl: base });
    const person = await stage.signUp();
    expect((await stage.challenge({ challengeData: { email: { email: 'sg3@example.com' } } }, person.session)).status).toBe(200);
    const body = JSON.parse(api.received[0]?.body ?? '') as {
      personalizations: { dynamic_template_data: Record<string, string> }[];
    };
    expect(body).toEqual({
      from: { email: 'codes@acme.example' },
      template_id: templateId,
      personalizations: [
        {
          to: [{ email: 'sg3@example.com' }],
          dynamic_template_data: {
            code: expect.stringMatching(/^\d{6}$/),
            validMinutes: 10,
            purpose: 'enrolment',
            locale: 'en',
            subject: 'Your code',
            text: expect.stringContaining(' is your code to add this address.'),
          },
        },
      ],
      mail_settings: { sandbox_mode: { enable: true } },
      tracking_settings: { click_tracking: { enable: false }, open_tracking: { enable: false } },
    });
    const code = body.personalizations[0]?.dynamic_template_data['code'];
    expect((await stage.save(person, { email: { email: 'sg3@example.com', code } })).status).toBe(200);
    const channel = sendgrid({ apiKey: 'SG.key', from: 'codes@acme.example', templateId, baseUrl: base });
    api.answer = { status: 202, body: '' };
    const notice = { to: 'sg3@example.com', subject: 'S', text: 'T', html: '<p>T</p>', signal: new AbortController().signal };
    await channel.notify?.(notice);
    expect(JSON.parse(api.received[1]?.body ?? '')).toMatchObject({
      subject: 'S',
      content: [
        { type: 'text/plain', value: 'T' },
        { type: 'text/html', value: '<p>T</p>' },
      ],
    });
    mailChannel = sendgrid({ apiKey: 'SG.key', from: 'codes@acme.example', baseUrl: base });
  });

  it.each([[{ status: 401, body: '{"errors":[{"message":"bad key"}]}' }], [{ status: 429, body: '{}' }], ['hang']] as const)(
    'sendgrid answering %j gives delivery_failed and no live code',
    async (answer) => {
      api.answer = answer;
      api.received.length = 0;
      const person = await stage.signUp();
      expect(slug(await stage.challenge({ challengeData: { email: { email: 'sg2@example.com' } } }, person.session))).toBe(
        'delivery_failed',
      );
      const code = codeIn(api.received[0]?.body);
      expect(slug(await stage.save(person, { email: { email: 'sg2@example.com', code } }))).toBe('code_expired');
      stage.time.now += DAY;
    },
  );
});

describe('smtp', () => {
  const server = new SmtpStage();
  const { mails } = server;
  let channel: ReturnType<typeof smtp>;
  beforeAll(async () => {
    channel = smtp({ url: `smtp://user%40host:p%40ss@127.0.0.1:${await server.start()}`, from: 'Acme <codes@acme.example>' });
    mailChannel = channel;
  });
  afterAll(async () => {
    channel.close();
    await server.stop();
  });

  it('smtp delivers a mail that arrives, and its code confirms the address', async () => {
    const person = await stage.signUp();
    expect((await stage.challenge({ challengeData: { email: { email: 'smtp@example.com' } } }, person.session)).status).toBe(200);
    expect(mails).toHaveLength(1);
    expect(mails[0]).toMatchObject({
      from: { address: 'codes@acme.example', name: 'Acme' },
      to: [{ address: 'smtp@example.com' }],
      subject: 'Your code',
      text: expect.stringMatching(/^\d{6} is your code to add this address\./),
      html: expect.stringMatching(/^<!doctype html>[^]*>\d{6}<\/span>/),
    });
    expect((await stage.save(person, { email: { email: 'smtp@example.com', code: codeIn(mails[0]?.text) } })).status).toBe(200);
  });

  it('smtp reports a refused recipient as delivery_failed, and works again after', async () => {
    const person = await stage.signUp();
    server.refusal = 'no such user smtp2@example.com';
    const refused = await stage.challenge({ challengeData: { email: { email: 'smtp2@example.com' } } }, person.session);
    expect(refused.body).toEqual({ code: 141, error: 'delivery_failed: The message could not be sent. Request a new code.' });
    server.refusal = undefined;
    stage.time.now += MINUTE;
    expect((await stage.challenge({ challengeData: { email: { email: 'smtp2@example.com' } } }, person.session)).status).toBe(
      200,
    );
  });
});

describe('a channel of the application', () => {
  it('a channel that fails late makes only its own code void, whatever the clock did meanwhile', async () => {
    const phone = '+15552220008';
    const person = await stage.signUp();
    let first = '';
    smsChannel = async ({ code }) => {
      first = code;
      stage.time.now -= 5000;
      throw new Error('late');
    };
    expect(slug(await askSms(person, phone))).toBe('delivery_failed');
    expect(slug(await stage.save(person, { otp: { phone, code: first } }))).toBe('code_expired');

    let second = '';
    smsChannel = async () => {
      // A minute passes; the next code is asked for, sent and live before the first one fails.
      stage.time.now += MINUTE;
      smsChannel = async ({ code }) => void (second = code);
      expect((await askSms(person, phone)).status).toBe(200);
      throw new Error('late');
    };
    stage.time.now += 65_000;
    expect(slug(await askSms(person, phone))).toBe('delivery_failed');
    expect((await stage.save(person, { otp: { phone, code: second } })).status).toBe(200);
    stage.time.now += DAY;
  });

  it.each([
    [
      'throws',
      () => {
        throw new Error('secret +15552220009');
      },
    ],
    ['rejects', () => Promise.reject(new Error('secret +15552220009'))],
    ['rejects with nothing', () => Promise.reject()],
    ['never settles', () => new Promise<void>(() => undefined)],
    [
      'rejects after the time is over',
      ({ signal }: { signal: AbortSignal }) =>
        new Promise<void>((_resolve, reject) => {
          signal.addEventListener('abort', () => setImmediate(() => reject(new Error('late'))));
        }),
    ],
  ] as const)(
    'a channel that %s gives delivery_failed, tells nothing, and leaves the process running',
    async (_name, channel) => {
      smsChannel = channel as ChannelLike;
      const person = await stage.signUp();
      const refused = await askSms(person, '+15552220009');
      expect(refused.body).toEqual({ code: 141, error: 'delivery_failed: The message could not be sent. Request a new code.' });
      stage.time.now += DAY;
    },
  );
});
