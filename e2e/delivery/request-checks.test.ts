import { randomUUID } from 'node:crypto';
import { hcaptcha } from '@parse-factors/channels/hcaptcha';
import { lineType } from '@parse-factors/channels/line-type';
import { recaptcha } from '@parse-factors/channels/recaptcha';
import { turnstile } from '@parse-factors/channels/turnstile';
import type { Answer } from '@parse-factors/test-server/parse-server';
import { StandIn, type StandInAnswer } from '@parse-factors/test-server/provider-stand-in';
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import { newApp } from '../support/client-stage.js';
import { slug, startStage, type Stage, type StageOptions } from '../support/harness.js';
import { CHALLENGE } from '../support/requests.js';
import { countRows } from '../support/rows.js';
import { MINUTE } from '../support/time.js';

/** Checks of providers before a message, on a real server, against stand-ins of the providers. */

const SECRET = 'Kr3dential';
const PHONE = '+15551234567';
const provider = new StandIn();
const twilio = new StandIn();
let stage: Stage;
let [providerUrl, twilioUrl] = ['', ''];
const logged: string[] = [];
const json = (body: unknown, status = 200): StandInAnswer => ({ status, body: JSON.stringify(body) });
const YES = json({ success: true, score: 0.9, action: 'sign_in', hostname: 'acme.example' });
const DUPLICATE = json({ success: false, 'error-codes': ['timeout-or-duplicate'] });

const start = async (options: StageOptions): Promise<void> => {
  const loggerAdapter = { log: (...given: unknown[]) => logged.push(JSON.stringify(given)) };
  stage = await startStage({
    install: true,
    ...options,
    server: { loggerAdapter, logLevel: 'info', silent: false, ...options.server },
  });
};
const ask = (headers = {}, email = `${randomUUID()}@example.com`): Promise<Answer> =>
  stage.challenge({ challengeData: { emailLogin: { email } } }, headers);

beforeAll(async () => {
  [providerUrl, twilioUrl] = await Promise.all([provider.start(), twilio.start()]);
});
beforeEach(() => {
  provider.received.length = twilio.received.length = logged.length = 0;
  provider.answer = YES;
});
afterEach(async () => {
  for (const secret of [SECRET, 'a-token']) expect(JSON.stringify([logged, stage.events])).not.toContain(secret);
  await stage.stop();
});
afterAll(() => {
  provider.stop();
  twilio.stop();
});

describe('a message after a CAPTCHA', () => {
  it.each([
    ['Turnstile', () => turnstile({ secretKey: SECRET, baseUrl: providerUrl }), 'X-Parse-Factors-Turnstile'],
    ['hCaptcha', () => hcaptcha({ secretKey: SECRET, baseUrl: providerUrl }), 'X-Parse-Factors-hCaptcha'],
    ['reCAPTCHA', () => recaptcha({ secretKey: SECRET, action: 'sign_in', baseUrl: providerUrl }), 'X-Parse-Factors-reCAPTCHA'],
  ])('goes out with a token of %s, once, by REST, GraphQL and the client', async (_name, allow, header) => {
    await start({ emailLogin: { allow: allow() } });
    const before = await countRows(stage, 'FactorState').catch(() => 0);
    expect(slug(await ask())).toBe('address_refused');
    expect(provider.received).toEqual([]);
    provider.answer = DUPLICATE;
    expect(slug(await ask({ [header]: 'a-token' }))).toBe('address_refused');
    expect(await countRows(stage, 'FactorState').catch(() => 0)).toBe(before); // nothing was counted
    provider.answer = YES;
    expect((await ask({ [header]: 'a-token' })).status).toBe(200);
    const input = { challengeData: { emailLogin: { email: `${randomUUID()}@example.com` } } };
    expect((await stage.graphql(CHALLENGE, { input }, { [header]: 'a-token' }))['errors']).toBe(undefined);
    const app = newApp(stage.url);
    const client = app.clientOf({ checks: (key) => ({ [header]: `a-token-of-${key}` }) });
    await client.passwordless.start('emailLogin', { email: `${randomUUID()}@example.com` });
    expect(provider.received.at(-1)?.body).toContain('response=a-token-of-emailLogin');
    expect(stage.mail.messages).toHaveLength(3);
  });

  it('does not go out while the provider is silent or broken, which is an event', async () => {
    await start({ emailLogin: { allow: turnstile({ secretKey: SECRET, baseUrl: providerUrl, timeoutMs: 1000 }) } });
    const header = { 'X-Parse-Factors-Turnstile': 'a-token' };
    const page = { status: 200, body: '<html>' };
    for (const [answer, reason] of [
      ['hang', 'timeout'],
      [page, 'http_200'],
      ['reset', 'UND_ERR_SOCKET'],
    ] as const) {
      provider.answer = answer;
      stage.events.length = 0;
      expect(slug(await ask(header))).toBe('unavailable');
      expect(stage.events).toMatchObject([{ type: 'fault', factor: 'emailLogin', reason, userId: undefined }]);
    }
    expect(stage.mail.messages).toHaveLength(0);
  });

  it('goes out all the same with `failOpen`, which is an event too; but not without a token, or with a refused one', async () => {
    const allow = turnstile({ secretKey: SECRET, baseUrl: providerUrl, failOpen: true });
    await start({ emailLogin: { allow } });
    const header = { 'X-Parse-Factors-Turnstile': 'a-token' };
    provider.answer = { status: 503, body: '' };
    expect((await ask(header)).status).toBe(200);
    expect(stage.events).toContainEqual(expect.objectContaining({ type: 'fault', factor: 'emailLogin', reason: 'http_503' }));
    expect(slug(await ask())).toBe('address_refused');
    provider.answer = DUPLICATE;
    expect(slug(await ask(header))).toBe('address_refused');
    provider.answer = json({ success: false, 'error-codes': ['invalid-input-secret'] });
    expect(slug(await ask(header))).toBe('unavailable');
    expect(stage.mail.messages).toHaveLength(1);
  });

  it('can be asked for from another origin, if `allowHeaders` has the header', async () => {
    const header = 'x-parse-factors-turnstile';
    await start({
      emailLogin: { allow: turnstile({ secretKey: SECRET, baseUrl: providerUrl }) },
      server: { allowHeaders: [header] },
    });
    const preflight = await fetch(`${stage.url}/challenge`, {
      method: 'OPTIONS',
      headers: {
        Origin: 'https://acme.example',
        'Access-Control-Request-Method': 'POST',
        'Access-Control-Request-Headers': header,
      },
    });
    expect(preflight.headers.get('access-control-allow-headers')).toContain(header);
  });
});

it('an SMS goes out only to a mobile number, and Twilio is asked only after the CAPTCHA', async () => {
  const line = (type: string): StandInAnswer => json({ valid: true, line_type_intelligence: { type, error_code: null } });
  const rules = { accountSid: `AC${'0'.repeat(32)}`, authToken: SECRET, baseUrl: twilioUrl };
  await start({ phoneLogin: { allow: [lineType(rules), turnstile({ secretKey: SECRET, baseUrl: providerUrl })] } });
  const sms = (headers = {}): Promise<Answer> => stage.challenge({ challengeData: { phoneLogin: { phone: PHONE } } }, headers);
  const header = { 'X-Parse-Factors-Turnstile': 'a-token' };
  twilio.answer = line('mobile');
  expect(slug(await sms())).toBe('address_refused');
  expect(twilio.received).toEqual([]);
  twilio.answer = line('nonFixedVoip');
  expect(slug(await sms(header))).toBe('address_refused');
  twilio.answer = line('mobile');
  expect((await sms(header)).status).toBe(200);
  expect(twilio.received.map(({ path }) => path)).toEqual(
    [1, 2].map(() => `/v2/PhoneNumbers/${encodeURIComponent(PHONE)}?Fields=line_type_intelligence`),
  );
  stage.time.now += MINUTE;
  twilio.answer = json({ code: 20_003 }, 401);
  expect(slug(await sms(header))).toBe('unavailable');
  expect(stage.sms.messages).toHaveLength(1);
});
