import { createPublicKey, generateKeyPairSync, verify as verifySignature } from 'node:crypto';
import { afterAll, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import { FactorConfigError } from '@parse-factors/core';
import { StandIn, type StandInAnswer } from '../../test-server/src/provider-stand-in.js';
import { prelude } from '../src/prelude.js';
import { twilioVerify } from '../src/twilio-verify.js';
import { vonageVerify } from '../src/vonage-verify.js';
import { ADDRESS, answer, CODE, describeOptions, faultOf, NUMBER, SECRET, WORDS } from './support/provider-suite.js';
import { describeVerifier, starting } from './support/verifier-suite.js';

const JSON_HEADERS = { accept: 'application/json', 'content-type': 'application/json' };
const FORM_HEADERS = { accept: 'application/json', 'content-type': 'application/x-www-form-urlencoded' };
const basic = (user: string): string => `Basic ${Buffer.from(`${user}:${SECRET}`).toString('base64')}`;
const UUID = '7c2cd79b-3f1f-4a2a-b2e0-0a2a6ddfe6a1';
const OTHER_UUID = '575a2054-aaaf-4405-994e-290be7b9a91f';

/** https://www.twilio.com/docs/verify/api/verification, …/verification-check, …/api/errors */
const twilioIds = { accountSid: `AC${'0'.repeat(32)}`, serviceSid: `VA${'1'.repeat(32)}` };
const verificationSid = `VE${'a'.repeat(32)}`;
const verification = {
  sid: verificationSid,
  service_sid: twilioIds.serviceSid,
  account_sid: twilioIds.accountSid,
  to: NUMBER,
  channel: 'sms',
  status: 'pending',
  valid: false,
  lookup: {},
  amount: null,
  payee: null,
  send_code_attempts: [{ time: '2026-11-27T20:21:56Z', channel: 'sms', attempt_sid: `VL${'0'.repeat(32)}` }],
  date_created: '2026-11-27T20:21:56Z',
  date_updated: '2026-11-27T20:21:56Z',
  url: `https://verify.twilio.com/v2/Services/${twilioIds.serviceSid}/Verifications/${verificationSid}`,
};
const twilioError = (status: number, code: number, message = WORDS): StandInAnswer =>
  answer(status, { code, message, more_info: `https://www.twilio.com/docs/errors/${code}`, status });
describeVerifier({
  name: 'twilio-verify',
  id: verificationSid,
  make: (options) => twilioVerify({ ...twilioIds, authToken: SECRET, ...options }),
  start: {
    path: `/v2/Services/${twilioIds.serviceSid}/Verifications`,
    headers: { ...FORM_HEADERS, authorization: basic(twilioIds.accountSid) },
    body: { To: NUMBER, Channel: 'sms', Locale: 'fr' },
    accepted: [['201 and a verification', answer(201, verification)]],
    refused: [
      ...[60200, 60205, 21211, 21408, 21610, 21614].map((code) => [`error ${code}`, twilioError(400, code)] as const),
      ...['Invalid parameter: To', `Invalid parameter \`To\`: ${NUMBER}`].map(
        (message) => [message, twilioError(400, 60200, message)] as const,
      ),
      ...[60410, 60605].map((code) => [`error ${code}`, twilioError(403, code)] as const),
    ],
    limited: [60202, 60203, 60212, 20429].map((code) => [`error ${code}`, twilioError(429, code)] as const),
    failed: [
      ['wrong credentials', twilioError(401, 20003), 'http_401_20003'],
      ['no such service', twilioError(404, 20404), 'http_404_20404'],
      ['a channel that the service does not have', twilioError(403, 60223), 'http_403_60223'],
      ['an internal error', twilioError(500, 20500), 'http_500_20500'],
      ...['Invalid parameter: Channel', 'Invalid parameter `Locale`: xx'].map(
        (message) => [message, twilioError(400, 60200, message), 'http_400_60200'] as const,
      ),
      ['a verification that is over', answer(201, { ...verification, status: 'canceled' }), 'http_201'],
      ['an id of something else', answer(201, { ...verification, sid: `SM${'a'.repeat(32)}` }), 'http_201'],
    ],
  },
  check: {
    path: `/v2/Services/${twilioIds.serviceSid}/VerificationCheck`,
    headers: { ...FORM_HEADERS, authorization: basic(twilioIds.accountSid) },
    body: { VerificationSid: verificationSid, Code: CODE },
    right: ['200 and an approval', answer(200, { ...verification, status: 'approved', valid: true })],
    wrong: [['200 and a verification that still runs', answer(200, verification)]],
    gone: [
      ['no such verification', twilioError(404, 20404)],
      ['too many checks', twilioError(429, 60202)],
      ...['canceled', 'expired', 'max_attempts_reached', 'deleted', 'failed'].map(
        (status) => [status, answer(200, { ...verification, status })] as const,
      ),
    ],
    limited: [['too many requests', twilioError(429, 20429)]],
    failed: [
      [
        'an approval of another verification',
        answer(200, { ...verification, sid: `VE${'b'.repeat(32)}`, status: 'approved', valid: true }),
      ],
      ['an approval that is not valid', answer(200, { ...verification, status: 'approved' }), 'http_200'],
      ['a valid code of a verification that still runs', answer(200, { ...verification, valid: true }), 'http_200'],
      ['a valid text', answer(200, { ...verification, status: 'approved', valid: 'true' }), 'http_200'],
      ['an invalid parameter', twilioError(400, 60200), 'http_400_60200'],
    ],
  },
});
describeOptions('twilioVerify', twilioVerify, { ...twilioIds, authToken: SECRET }, [
  ['accountSid', 'AC0'],
  ['serviceSid', 'VA/../1'],
  ['authToken', ''],
  ['via', 'email'],
  ['codeLength', 3],
  ['codeLength', 11],
  ['rejectionMs', 10_001],
]);

/** https://developer.vonage.com/en/api/verify.v2, https://developer.vonage.com/api-errors/verify-v2 */
const vonageError = (status: number, code: string, more: object = {}): StandInAnswer =>
  answer(status, {
    title: WORDS,
    type: `https://www.developer.vonage.com/api-errors/verify#${code}`,
    detail: WORDS,
    instance: 'bf0ca0bf927b3b52e3cb03217e1a1ddf',
    ...more,
  });
const vonageKeys = { apiKey: 'abcd1234', apiSecret: SECRET };
describeVerifier({
  name: 'vonage-verify',
  id: UUID,
  make: (options) => vonageVerify({ ...vonageKeys, brand: 'Acme', ...options }),
  start: {
    path: '/v2/verify',
    headers: { ...JSON_HEADERS, authorization: basic('abcd1234') },
    body: {
      brand: 'Acme',
      code_length: 6,
      channel_timeout: 300,
      locale: 'fr-fr',
      workflow: [{ channel: 'sms', to: NUMBER.slice(1) }],
    },
    accepted: [
      ['202 and a request id', answer(202, { request_id: UUID })],
      ['202 and a link besides', answer(202, { request_id: UUID, check_url: 'https://api.nexmo.com/v2/verify/x' })],
    ],
    refused: [
      ['an invalid parameter', vonageError(422, 'invalid-params', { invalid_parameters: [{ name: 'workflow' }] })],
      ['an invalid number', vonageError(422, 'invalid-params', { invalid_parameters: [{ name: 'workflow[0].to' }] })],
      ['two invalid ones', vonageError(422, 'invalid-params', { invalid_parameters: [{ name: 'brand' }, { name: 'to' }] })],
      ['an invalid parameter without its name', vonageError(422, 'invalid-params')],
    ],
    limited: [
      ['a verification that runs, without its id', vonageError(409, 'conflict')],
      ['a burst', vonageError(429, 'throttled')],
    ],
    failed: [
      ['wrong credentials', vonageError(401, 'unauthorized'), 'http_401_unauthorized'],
      ['no balance', vonageError(402, 'low-balance'), 'http_402_low_balance'],
      ['a forbidden request', vonageError(403, 'forbidden'), 'http_403_forbidden'],
      ['an id with a path', answer(202, { request_id: '../x' }), 'http_202'],
      ...[{ name: 'brand', reason: WORDS }, [{ name: 'brand' }], [{ name: 'workflow[0].from' }, { name: 'locale' }]].map(
        (invalid_parameters) =>
          [
            `an option that Vonage refuses: ${JSON.stringify(invalid_parameters)}`,
            vonageError(422, 'invalid-params', { invalid_parameters }),
            'http_422_invalid_params',
          ] as const,
      ),
    ],
  },
  check: {
    path: `/v2/verify/${UUID}`,
    headers: { ...JSON_HEADERS, authorization: basic('abcd1234') },
    body: { code: CODE },
    right: ['200 and a completed request', answer(200, { request_id: UUID, status: 'completed' })],
    wrong: [['an invalid code', vonageError(400, 'invalid-code')]],
    gone: [
      ['too many codes', vonageError(410, 'expired')],
      ['no such request', vonageError(404, 'not-found')],
    ],
    limited: [['a burst', vonageError(429, 'throttled')]],
    failed: [
      ['a completed request of another id', answer(200, { request_id: OTHER_UUID, status: 'completed' }), 'http_200'],
      ['a request that still runs', answer(200, { request_id: UUID, status: 'user_rejected' }), 'http_200'],
      ['a step without a code', vonageError(409, 'no-code'), 'http_409_no_code'],
      ['another invalid request', vonageError(400, 'invalid-params'), 'http_400_invalid_params'],
    ],
  },
});
const { privateKey, publicKey } = generateKeyPairSync('rsa', {
  modulusLength: 2048,
  publicKeyEncoding: { type: 'spki', format: 'pem' },
  privateKeyEncoding: { type: 'pkcs8', format: 'pem' },
});
const ecKey = generateKeyPairSync('ec', { namedCurve: 'P-256' }).privateKey.export({ type: 'pkcs8', format: 'pem' });
describeOptions('vonageVerify', vonageVerify, { ...vonageKeys, brand: 'Acme' }, [
  ['apiKey', 'ab/cd'],
  ['brand', 'x'.repeat(17)],
  ['brand', ' '],
  ['brand', 'Acme: Shop'],
  ['brand', 'acme/shop'],
  ['via', 'email'],
  ['from', '+0123'],
  ['applicationId', 'abc'],
  ['privateKey', 'not a key'],
  ['privateKey', publicKey],
  ['privateKey', ecKey],
  ['codeLength', 11],
]);
it.each([
  {},
  { apiKey: 'abcd1234' },
  { applicationId: UUID, apiSecret: SECRET },
  { ...vonageKeys, applicationId: UUID },
  { ...vonageKeys, applicationId: UUID, privateKey },
])('vonageVerify refuses an incomplete or double set of credentials: %#', (given) => {
  expect(() => vonageVerify({ brand: 'Acme', ...given })).toThrow(FactorConfigError);
  expect(() => vonageVerify({ brand: 'Acme', ...given })).toThrow(
    /^vonageVerify: set the options "applicationId" and "privateKey"/,
  );
});

describe('requests beside the usual ones', () => {
  const api = new StandIn();
  let baseUrl = '';
  const queue: StandInAnswer[] = [];
  beforeAll(async () => {
    baseUrl = await api.start();
    api.onRequest = () => {
      api.answer = queue.shift() ?? 'reset';
    };
  });
  beforeEach(() => {
    api.received.length = 0;
    queue.length = 0;
  });
  afterAll(() => api.stop());
  const bodies = (): unknown[] => api.received.map(({ body }) => JSON.parse(body));
  const accepted = answer(202, { request_id: UUID });
  const vonage = (options: object = {}): ReturnType<typeof vonageVerify> =>
    vonageVerify({ ...vonageKeys, brand: 'Acme', baseUrl, ...options });
  const requests = (): string[] => api.received.map(({ method, path }) => `${method} ${path}`);
  const runs = vonageError(409, 'conflict', { request_id: OTHER_UUID });
  const [POST, DELETE] = ['POST /v2/verify', `DELETE /v2/verify/${OTHER_UUID}`];

  it('vonageVerify ends the verification that runs for the number', async () => {
    const asked: string[] = [];
    queue.push(runs, { status: 204, body: '' }, accepted);
    const mayEnd = async (id: string): Promise<boolean> => asked.push(id) > 0;
    expect(await vonage().start(starting({ mayEnd }))).toEqual({ id: UUID });
    expect(asked).toEqual([OTHER_UUID]);
    expect(requests()).toEqual([POST, DELETE, POST]);
    expect(api.received[1]).toMatchObject({ body: '', headers: { authorization: basic('abcd1234') } });
    expect(api.received[1]?.headers['content-type']).toBeUndefined();
  });

  it('vonageVerify ends no verification that it may not end', async () => {
    queue.push(runs);
    expect(await faultOf(vonage().start(starting({ mayEnd: async () => false })))).toMatchObject({ code: 'cooldown' });
    expect(requests()).toEqual([POST]);
  });

  it.each([
    ['cannot be ended', [runs, vonageError(409, 'conflict')], [POST, DELETE]],
    ['runs again', [runs, { status: 204, body: '' }, runs], [POST, DELETE, POST]],
  ] as const)('vonageVerify tells of a verification that %s', async (_what, replies, sent) => {
    queue.push(...replies);
    expect(await faultOf(vonage().start(starting()))).toMatchObject({ code: 'cooldown' });
    expect(requests()).toEqual(sent);
  });

  it('vonageVerify signs a token for each request', async () => {
    queue.push(accepted, accepted);
    const verifier = vonageVerify({ applicationId: UUID, privateKey, brand: 'Acme', baseUrl });
    await verifier.start(starting());
    await verifier.start(starting());
    const tokens = api.received.map(({ headers }) => /^Bearer (.+)\.(.+)\.(.+)$/.exec(String(headers.authorization)) ?? []);
    const claims = tokens.map(([, header = '', payload = '', signature = '']) => {
      const isSigned = verifySignature(
        'RSA-SHA256',
        Buffer.from(`${header}.${payload}`),
        createPublicKey(publicKey),
        Buffer.from(signature, 'base64url'),
      );
      expect(isSigned).toBe(true);
      expect(JSON.parse(Buffer.from(header, 'base64url').toString())).toEqual({ alg: 'RS256', typ: 'JWT' });
      return JSON.parse(Buffer.from(payload, 'base64url').toString()) as Record<string, unknown>;
    });
    const now = Date.now() / 1000;
    for (const { application_id, iat, nbf, exp, jti } of claims) {
      expect([application_id, nbf, exp]).toEqual([UUID, iat, Number(iat) + 120]);
      expect(Math.abs(now - Number(iat))).toBeLessThan(30);
      expect(jti).toMatch(/^[0-9a-f-]{36}$/);
    }
    expect(claims[0]?.['jti']).not.toBe(claims[1]?.['jti']);
  });

  it('vonageVerify calls, mails, names its sender, and keeps to the bounds of the provider', async () => {
    queue.push(accepted, accepted, accepted);
    await vonage({ via: 'voice', from: 'Acme' }).start(starting({ locale: 'xx', validityMs: 30_000 }));
    await vonage({ from: '+12025550123', codeLength: 10 }).start(starting({ locale: 'pt-PT', validityMs: 3_600_000 }));
    await vonage({ from: 'Acme' }).start(starting({ to: ADDRESS, locale: 'en' }));
    const usual = { brand: 'Acme', code_length: 6, channel_timeout: 300 };
    expect(bodies()).toEqual([
      { ...usual, channel_timeout: 60, workflow: [{ channel: 'voice', to: NUMBER.slice(1) }] },
      {
        ...usual,
        code_length: 10,
        channel_timeout: 900,
        locale: 'pt-pt',
        workflow: [{ channel: 'sms', to: NUMBER.slice(1), from: '12025550123' }],
      },
      { ...usual, locale: 'en-us', workflow: [{ channel: 'email', to: ADDRESS }] },
    ]);
  });

  it('twilioVerify chooses the channel and the language that Twilio knows', async () => {
    const started = answer(201, verification);
    queue.push(started, started, started);
    const make = (via: 'call' | 'whatsapp'): ReturnType<typeof twilioVerify> =>
      twilioVerify({ ...twilioIds, authToken: SECRET, via, baseUrl });
    await make('call').start(starting({ locale: 'pt-BR' }));
    await make('whatsapp').start(starting({ locale: 'uk' }));
    await make('call').start(starting({ to: ADDRESS, locale: 'en-US' }));
    expect(api.received.map(({ body }) => Object.fromEntries(new URLSearchParams(body)))).toEqual([
      { To: NUMBER, Channel: 'call', Locale: 'pt-BR' },
      { To: NUMBER, Channel: 'whatsapp' },
      { To: ADDRESS, Channel: 'email', Locale: 'en' },
    ]);
  });

  it('prelude mails and calls', async () => {
    const started = answer(200, { id: 'vrf_1', status: 'success', method: 'email' });
    queue.push(started, started);
    const verifier = prelude({ apiKey: SECRET, via: 'voice', codeLength: 4, baseUrl });
    await verifier.start(starting({ to: ADDRESS }));
    await verifier.start(starting());
    expect(bodies()).toEqual([
      { target: { type: 'email_address', value: ADDRESS }, options: { code_size: 4, locale: 'fr-CA' } },
      { target: { type: 'phone_number', value: NUMBER }, options: { code_size: 4, locale: 'fr-CA', method: 'voice' } },
    ]);
  });
});

/** https://docs.prelude.so/verify/v2/api-reference/create-or-retry-a-verification, …/check-a-code, …/introduction/errors */
const preludeId = 'vrf_01jc0t6fwwfgfsq1md24mhyztj';
const created = (status: string, more: object = {}): StandInAnswer =>
  answer(200, { id: preludeId, status, method: 'message', channels: ['sms'], request_id: UUID, ...more });
const checked = (status: string, id: unknown = preludeId): StandInAnswer => answer(200, { id, status, request_id: UUID });
const preludeError = (status: number, code: string): StandInAnswer =>
  answer(status, { code, message: WORDS, type: 'bad_request', request_id: UUID });
const target = { type: 'phone_number', value: NUMBER };
describeVerifier({
  name: 'prelude',
  id: preludeId,
  make: (options) => prelude({ apiKey: SECRET, ...options }),
  start: {
    path: '/v2/verification',
    headers: { ...JSON_HEADERS, authorization: `Bearer ${SECRET}` },
    body: { target, options: { code_size: 6, locale: 'fr-CA', method: 'message' } },
    accepted: [
      ['a new verification', created('success')],
      ['another try of one that runs', created('retry')],
      ['one that is restricted to messengers', created('challenged')],
      ['a block that is not enforced', created('shadow_blocked', { reason: 'suspicious' })],
    ],
    refused: [
      ...['in_block_list', 'invalid_phone_line', 'invalid_phone_number', 'suspicious'].map(
        (reason) => [`a block: ${reason}`, created('blocked', { reason })] as const,
      ),
      ...['invalid_phone_number', 'invalid_line', 'blocked_number', 'unsupported_region'].map(
        (code) => [code, preludeError(400, code)] as const,
      ),
    ],
    limited: [
      ['too many attempts', created('blocked', { reason: 'repeated_attempts' })],
      ['too many requests', preludeError(429, 'rate_limited')],
    ],
    failed: [
      ['a block because of signals', created('blocked', { reason: 'expired_signature' }), 'http_200_expired_signature'],
      ['a wrong API key', preludeError(401, 'invalid_api_key'), 'http_401_invalid_api_key'],
      ['no balance', preludeError(400, 'insufficient_balance'), 'http_400_insufficient_balance'],
      ['an unknown status', created('unknown'), 'http_200'],
      ['an id with a path', created('success', { id: '../x' }), 'http_200'],
    ],
  },
  check: {
    path: '/v2/verification/check',
    headers: { ...JSON_HEADERS, authorization: `Bearer ${SECRET}` },
    body: { target, code: CODE },
    right: ['200 and a success', checked('success')],
    wrong: [['a failure', checked('failure')]],
    gone: [
      ['nothing that runs', answer(200, { status: 'expired_or_not_found' })],
      ['the code of another verification', checked('success', 'vrf_2')],
    ],
    limited: [['too many requests', preludeError(429, 'rate_limited')]],
    failed: [
      ['a transaction that is missing', checked('transaction_missing'), 'http_200_transaction_missing'],
      ['an error', preludeError(400, 'bad_request'), 'http_400_bad_request'],
    ],
  },
});
describeOptions('prelude', prelude, { apiKey: SECRET }, [
  ['apiKey', 'a key'],
  ['via', 'silent'],
  ['codeLength', 9],
  ['codeLength', 3],
]);
