// @slow
import { failover, ways } from '@parse-factors/core';
import type { Channel } from '@parse-factors/core/channel';
import { ses } from '@parse-factors/channels/ses';
import { twilioVerify } from '@parse-factors/channels/twilio-verify';
import { vonage } from '@parse-factors/channels/vonage';
import { sendgrid } from '@parse-factors/email-otp/sendgrid';
import { smtp } from '@parse-factors/email-otp/smtp';
import { byCountry } from '@parse-factors/sms-otp';
import { twilio } from '@parse-factors/sms-otp/twilio';
import { freePort } from '@parse-factors/test-server/postgres';
import { StandIn } from '@parse-factors/test-server/provider-stand-in';
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import { DoctorRig } from '../support/doctor.js';
import { SmtpStage } from '../support/smtp-stage.js';

/** The doctor tries the channels of a server, and sends nothing. Providers are local servers of this machine. */

const rig = new DoctorRig();
const api = new StandIn();
const mails = new SmtpStage();
let up = '';
let down = '';
let mailPort = 0;
beforeAll(async () => {
  await rig.open();
  up = await api.start();
  down = `http://127.0.0.1:${await freePort()}`;
  mailPort = await mails.start();
});
beforeEach(() => {
  api.received.length = 0;
  api.answer = { status: 401, body: '{"message":"secret words"}' };
});
afterEach(() => rig.stop());
afterAll(async () => {
  await rig.close();
  await mails.stop();
  api.stop();
  for (const text of rig.printed) expect(text).not.toMatch(/secret words|SG\.key|p%40ss|p@ss|t0ken/);
});

const from = '+15005550006';
const sender = 'Acme <codes@acme.example>';
const sid = `AC${'0'.repeat(32)}`;
const bySmtp = (password: string, port = mailPort): ReturnType<typeof smtp> =>
  smtp({ url: `smtp://user%40host:${password}@127.0.0.1:${port}`, from: sender });
const byTwilio = (baseUrl: string): Channel => twilio({ accountSid: sid, authToken: 't0ken', from, baseUrl });
const byVonage = (baseUrl: string): Channel => vonage({ apiKey: 'key', apiSecret: 't0ken', from, baseUrl });
const bySendgrid = (baseUrl: string): Channel => sendgrid({ apiKey: 'SG.key', from: sender, baseUrl });
const signal = (): AbortSignal => new AbortController().signal;

describe('the clients of providers', () => {
  it.each([
    ['twilio', byTwilio, 'GET'],
    ['sendgrid', bySendgrid, 'HEAD'],
  ] as const)('%s reaches a provider that answers anything, and no other, and sends nothing', async (_name, make, method) => {
    for (const status of [200, 204, 302, 401, 404, 429, 500]) {
      api.answer = { status, body: '', headers: { Location: `${up}/elsewhere` } };
      await expect(make(up).reach?.(signal())).resolves.toBeUndefined();
    }
    expect(api.received.map((request) => [request.method, request.body])).toEqual(Array.from({ length: 7 }, () => [method, '']));
    await expect(make(down).reach?.(signal())).rejects.toMatchObject({ code: 'ECONNREFUSED' });
    api.answer = 'hang';
    const controller = new AbortController();
    api.onRequest = () => controller.abort();
    await expect(make(up).reach?.(controller.signal)).rejects.toThrow();
    api.onRequest = () => undefined;
    await api.allGivenUp();
  });

  it('smtp logs in, and sends nothing', async () => {
    const [right, wrong, gone] = [bySmtp('p%40ss'), bySmtp('other'), bySmtp('p%40ss', Number(new URL(down).port))];
    await expect(right.reach?.(signal())).resolves.toBeUndefined();
    await expect(wrong.reach?.(signal())).rejects.toMatchObject({ code: 'EAUTH' });
    await expect(gone.reach?.(signal())).rejects.toMatchObject({ code: 'ESOCKET' });
    expect(mails.mails).toEqual([]);
    for (const channel of [right, wrong, gone]) channel.close();
  });
});

describe('the doctor', () => {
  const credentials = { accessKeyId: 'AKIAEXAMPLE', secretAccessKey: 't0ken' };

  it('is silent where all providers answer, and sends nothing', async () => {
    const mail = bySmtp('p%40ss');
    const verifier = twilioVerify({ accountSid: sid, authToken: 't0ken', serviceSid: sid.replace(/^AC/, 'VA'), baseUrl: up });
    await rig.start({
      sms: { channel: ways({ sms: byCountry({ US: byTwilio(up), '*': byVonage(up) }), voice: byVonage(up) }) },
      mail: { channel: failover([mail, bySendgrid(up)]) },
      emailLogin: { channel: ses({ from: sender, client: { region: 'eu-west-1', endpoint: up, credentials } }) },
      phoneLogin: { channel: verifier, validityMs: 300_000 },
    });
    try {
      await rig.expectSound();
      const sent = api.received.filter(({ method }) => method === 'POST');
      expect([sent, mails.mails]).toEqual([[], []]);
      expect(api.received).toHaveLength(6);
    } finally {
      mail.close();
    }
  });

  it('names each channel that does not reach its provider, with its factor and the name of the fault', async () => {
    const mail = bySmtp('other');
    const silent: Channel = {
      name: 'own',
      send: async () => undefined,
      reach: () => Promise.reject(new Error('of ann@example.com')),
    };
    await rig.start({
      sms: { channel: ways({ sms: byCountry({ US: byTwilio(down), '*': byVonage(up) }), voice: silent }) },
      mail: { channel: failover([mail, bySendgrid(down)]) },
    });
    try {
      const said = await rig.expectOnly('channel_unreachable');
      expect(
        [...said.matchAll(/: "(\w+)" cannot reach the provider of its channel "(\w+)" from this server: (\w+)\. /g)].map(
          ([, ...named]) => named,
        ),
      ).toEqual([
        ['otp', 'twilio', 'ECONNREFUSED'],
        ['otp', 'own', 'Error'],
        ['email', 'smtp', 'EAUTH'],
        ['email', 'sendgrid', 'ECONNREFUSED'],
      ]);
      expect(said).not.toContain('ann@example.com');
      expect(await rig.stage.factors.check()).toEqual([]); // the self-check asks no provider
    } finally {
      mail.close();
    }
  });
});
