import { inspect } from 'node:util';
import { afterAll, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import { FactorConfigError, FactorError, type RequestCheck } from '@parse-factors/core';
import type { AllowContext, AllowFunction, FactorOccurrence, RequestContext } from '@parse-factors/core/factor';
import { StandIn, type StandInAnswer } from '../../test-server/src/provider-stand-in.js';
import { hcaptcha } from '../src/hcaptcha.js';
import { lineType, type LineTypeOptions } from '../src/line-type.js';
import { recaptcha } from '../src/recaptcha.js';
import type { CaptchaOptions } from '../src/support/captcha.js';
import { turnstile } from '../src/turnstile.js';
import { answer, describeOptions, NUMBER, SECRET, WORDS } from './support/provider-suite.js';

const TOKEN = 'XXXX.DUMMY.TOKEN.XXXX';
const IP = '192.0.2.7';
const DOWN: readonly (readonly [string, StandInAnswer, string])[] = [
  ['200 with a page', { status: 200, body: `<!doctype html><title>${WORDS}</title>` }, 'http_200'],
  ['200 with nothing', { status: 200, body: '' }, 'http_200'],
  ['200 with null', { status: 200, body: 'null' }, 'http_200'],
  ['200 with a list', { status: 200, body: '[{"success":true}]' }, 'http_200'],
  ['200 with an empty object', { status: 200, body: '{}' }, 'http_200'],
  ['200 with JSON that ends early', { status: 200, body: '{"success": true' }, 'http_200'],
  ['200 with a reply that is too long', { status: 200, body: `{"success":true}${' '.repeat(70_000)}` }, 'reply_too_long'],
  ['429', { status: 429, body: '' }, 'http_429'],
  ['500 with a no', answer(500, { success: false, 'error-codes': ['invalid-input-response'] }), 'http_500'],
  [
    '503 with a yes',
    answer(503, { success: true, valid: true, score: 1, line_type_intelligence: { type: 'mobile' } }),
    'http_503',
  ],
  ['a body that ends early', 'truncated', ''],
  ['a closed connection', 'reset', ''],
  ['a redirect', { status: 307, body: '', headers: { Location: '/elsewhere' } }, 'connection_failed'],
];

const api = new StandIn();
let baseUrl = '';
let events: FactorOccurrence[] = [];
beforeAll(async () => {
  baseUrl = await api.start();
});
beforeEach(() => {
  api.received.length = 0;
  events = [];
});
afterAll(() => api.stop());

const emit = (event: FactorOccurrence): void => void events.push(event);

/** What a fault ends in. */
async function refusalOf(work: () => unknown): Promise<FactorError> {
  const fault: unknown = await Promise.resolve(work()).then(
    (outcome) => outcome,
    (error: unknown) => error,
  );
  expect(fault).toBeInstanceOf(FactorError);
  const shown = inspect(fault, { depth: 10, showHidden: true });
  for (const text of [SECRET, TOKEN, WORDS, IP, NUMBER]) expect(shown).not.toContain(text);
  return fault as FactorError;
}
const codeOf = ({ cause }: FactorError): unknown => (cause as { readonly code?: unknown }).code;

interface CaptchaCase {
  readonly name: string;
  readonly make: (options: Partial<CaptchaOptions> & { readonly header?: string }) => RequestCheck;
  readonly path: string;
  readonly header: string;
  readonly fields?: Readonly<Record<string, string>>;
  readonly yes: Readonly<Record<string, unknown>>;
  readonly no: readonly (readonly [string, Readonly<Record<string, unknown>>])[];
  readonly ours: readonly (readonly [string, Readonly<Record<string, unknown>>, string])[];
  readonly maxToken: number;
}

const TIMES = { challenge_ts: '2026-11-27T12:00:00Z', hostname: 'acme.example' };
const failed = (...codes: readonly string[]): Readonly<Record<string, unknown>> => ({ success: false, 'error-codes': codes });

const CASES: readonly CaptchaCase[] = [
  {
    // https://developers.cloudflare.com/turnstile/get-started/server-side-validation/
    name: 'turnstile',
    make: (options) => turnstile({ secretKey: SECRET, action: 'sign-in', hostnames: ['acme.example'], baseUrl, ...options }),
    path: '/turnstile/v0/siteverify',
    header: 'x-parse-factors-turnstile',
    yes: { success: true, 'error-codes': [], action: 'sign-in', cdata: '', ...TIMES },
    no: [
      ['a token that was used before', failed('timeout-or-duplicate')],
      ['a wrong token', failed('invalid-input-response')],
      ['another action', { success: true, ...TIMES, action: 'sign-up' }],
      ['no action', { success: true, ...TIMES }],
      ['another host', { success: true, ...TIMES, action: 'sign-in', hostname: 'evil.example' }],
      ['no host', { success: true, action: 'sign-in' }],
    ],
    ours: [
      ['a wrong secret', failed('invalid-input-secret'), 'invalid-input-secret'],
      ['a malformed request', failed('bad-request'), 'bad-request'],
    ],
    maxToken: 2048,
  },
  {
    // https://docs.hcaptcha.com/#verify-the-user-response-server-side
    name: 'hcaptcha',
    make: (options) => hcaptcha({ secretKey: SECRET, siteKey: 'site-1', hostnames: ['acme.example'], baseUrl, ...options }),
    path: '/siteverify',
    header: 'x-parse-factors-hcaptcha',
    fields: { sitekey: 'site-1' },
    yes: { success: true, ...TIMES, credit: false },
    no: [
      ['a token that was used before', failed('already-seen-response')],
      ['a token that was used before, in older words', failed('invalid-or-already-seen-response')],
      ['an expired token', failed('expired-input-response')],
      ['no code', { success: false }],
      ['another host', { success: true, ...TIMES, hostname: 'acme.example.evil.example' }],
    ],
    ours: [['the secret of another site', failed('sitekey-secret-mismatch'), 'sitekey-secret-mismatch']],
    maxToken: 8192,
  },
  {
    // https://developers.google.com/recaptcha/docs/v3, https://developers.google.com/recaptcha/docs/verify
    name: 'recaptcha',
    make: (options) => recaptcha({ secretKey: SECRET, action: 'sign_in', hostnames: ['acme.example'], baseUrl, ...options }),
    path: '/recaptcha/api/siteverify',
    header: 'x-parse-factors-recaptcha',
    yes: { success: true, score: 0.5, action: 'sign_in', ...TIMES },
    no: [
      ['a token that was used before', failed('timeout-or-duplicate')],
      ['a low score', { success: true, score: 0.49, action: 'sign_in', ...TIMES }],
      ['another action', { success: true, score: 0.9, action: 'homepage', ...TIMES }],
      ['another host', { success: true, score: 0.9, action: 'sign_in', hostname: 'evil.example' }],
    ],
    ours: [
      ['a key of version 2', { success: true, ...TIMES }, 'no_score'],
      ['a score as a text', { success: true, score: '0.9', action: 'sign_in', ...TIMES }, 'no_score'],
      ['a missing secret', failed('missing-input-secret'), 'missing-input-secret'],
    ],
    maxToken: 8192,
  },
];

describe.each(CASES)('$name', ({ make, path, header, fields = {}, yes, no, ours, maxToken }) => {
  const check = (options: Parameters<typeof make>[0] = {}, headers: Record<string, unknown> = { [header]: TOKEN }): unknown =>
    make(options).check({ headers, ip: IP, emit } as unknown as RequestContext);
  const replies = (body: unknown): void => void (api.answer = answer(200, body));

  it('asks what the provider documents, field by field, and accepts its yes', async () => {
    replies(yes);
    expect(make({}).header).toBe(header);
    expect(await check()).toBe(true);
    expect(api.received).toHaveLength(1);
    const [{ method, path: asked, headers, body } = { headers: {}, body: '' }] = api.received;
    expect([method, asked, headers['content-type']]).toEqual(['POST', path, 'application/x-www-form-urlencoded']);
    expect(Object.fromEntries(new URLSearchParams(body))).toEqual({ secret: SECRET, response: TOKEN, remoteip: IP, ...fields });
    expect(events).toEqual([]);
  });

  it('does not tell the IP address where the option says so', async () => {
    replies(yes);
    expect(await check({ sendIp: false })).toBe(true);
    expect(api.received[0]?.body).not.toContain('remoteip');
  });

  it('reads another header where the option says so', async () => {
    replies(yes);
    expect(await check({ header: 'x-token' }, { 'x-token': TOKEN })).toBe(true);
    expect(await check({ header: 'x-token' })).toBe(false);
  });

  it('takes any host where none is named', async () => {
    replies({ ...yes, hostname: 'other.example' });
    expect(await check({ hostnames: undefined as never })).toBe(true);
  });

  it.each([
    ['no header', {}],
    ['an empty one', { [header]: '' }],
    ['two of them', { [header]: [TOKEN, TOKEN] }],
    ['one with spaces', { [header]: `${TOKEN}, ${TOKEN}` }],
    ['one with characters of no token', { [header]: `' OR 1=1 <script>` }],
    ['one that is too long', { [header]: 'x'.repeat(maxToken + 1) }],
  ])('refuses %s without asking, whatever `failOpen` is', async (_what, headers) => {
    replies(yes);
    expect(await check({ failOpen: true }, headers)).toBe(false);
    expect(api.received).toEqual([]);
  });

  it('accepts a token of the longest length', async () => {
    replies(yes);
    expect(await check({}, { [header]: 'x'.repeat(maxToken) })).toBe(true);
  });

  it.each([...no])('refuses %s, whatever `failOpen` is', async (_what, body) => {
    replies(body);
    expect([await check(), await check({ failOpen: true })]).toEqual([false, false]);
    api.answer = answer(400, body);
    if (body['success'] === false) expect(await check({ failOpen: true })).toBe(false);
    expect(events).toEqual([]);
  });

  it.each([...ours])('is closed by %s, whatever `failOpen` is', async (_what, body, code) => {
    replies(body);
    for (const failOpen of [false, true]) {
      const fault = await refusalOf(() => check({ failOpen }));
      expect([fault.code, codeOf(fault)]).toEqual(['unavailable', code]);
    }
  });

  it.each([...DOWN, ['an error of the provider', answer(200, failed('internal-error')), 'internal-error'] as const])(
    'is closed by %s, or open with an event where `failOpen` is on',
    async (_what, reply, code) => {
      api.answer = reply;
      const fault = await refusalOf(() => check());
      expect(fault.code).toBe('unavailable');
      expect(api.received).toHaveLength(1); // one try
      if (code !== '') expect(codeOf(fault)).toBe(code);
      expect(events).toEqual([]); // the hook emits it
      expect(await check({ failOpen: true })).toBe(true);
      expect(events).toEqual([{ type: 'fault', reason: codeOf(fault), isLogged: false }]);
    },
  );

  it.each([400, 401, 403, 404, 413])(
    'is closed by status %i and a page, which a token may have caused, whatever `failOpen` is',
    async (status) => {
      api.answer = { status, body: '<html>' };
      for (const failOpen of [false, true]) expect(codeOf(await refusalOf(() => check({ failOpen })))).toBe(`http_${status}`);
    },
  );

  it.each(['hang', 'stall'] as const)('ends after `timeoutMs`: %s', async (silence) => {
    api.answer = silence;
    expect(codeOf(await refusalOf(() => check({ timeoutMs: 50 })))).toBe('timeout');
    await api.allGivenUp();
  });

  it('names the fault of a connection', async () => {
    const gone = new StandIn();
    const closed = await gone.start();
    gone.stop();
    expect(codeOf(await refusalOf(() => check({ baseUrl: closed })))).toBe('ECONNREFUSED');
  });
});

describe('lineType', () => {
  const SID = `AC${'0'.repeat(32)}`;
  // https://www.twilio.com/docs/lookup/v2-api/line-type-intelligence
  const found = (type: unknown, more: object = {}): StandInAnswer =>
    answer(200, {
      calling_country_code: '33',
      country_code: 'FR',
      phone_number: NUMBER,
      national_format: '06 12 34 56 78',
      valid: true,
      validation_errors: null,
      line_type_intelligence: {
        error_code: null,
        mobile_country_code: '208',
        mobile_network_code: '01',
        carrier_name: WORDS,
        type,
      },
      url: `https://lookups.twilio.com/v2/PhoneNumbers/${NUMBER}`,
      ...more,
    });
  const make = (options: Partial<LineTypeOptions> = {}): AllowFunction =>
    lineType({ accountSid: SID, authToken: SECRET, baseUrl, ...options });
  const check = (options: Partial<LineTypeOptions> = {}, number = NUMBER): unknown =>
    make(options)(number, { emit } as unknown as AllowContext);

  it('asks what Twilio documents, and accepts a mobile number', async () => {
    api.answer = found('mobile');
    expect(await check()).toBe(true);
    const [{ method, path, headers, body } = { headers: {}, body: '' }] = api.received;
    expect([method, path, body]).toEqual(['GET', '/v2/PhoneNumbers/%2B33612345678?Fields=line_type_intelligence', '']);
    expect(headers['authorization']).toBe(`Basic ${Buffer.from(`${SID}:${SECRET}`).toString('base64')}`);
  });

  it.each([
    'landline',
    'fixedVoip',
    'nonFixedVoip',
    'personal',
    'tollFree',
    'premium',
    'sharedCost',
    'uan',
    'voicemail',
    'pager',
    'unknown',
    'new',
  ])('refuses %s, unless it is accepted', async (type) => {
    api.answer = found(type);
    expect(await check({ failOpen: true })).toBe(false);
    if (type !== 'new') expect(await check({ accept: [type as 'pager'] })).toBe(true);
  });

  it.each([
    ['a number that is not valid', found('mobile', { valid: false })],
    ['a number that Twilio does not find', answer(404, { code: 20_404, message: WORDS })],
  ])('refuses %s, whatever `failOpen` is', async (_what, reply) => {
    api.answer = reply;
    expect([await check(), await check({ failOpen: true })]).toEqual([false, false]);
  });

  it('does not ask for what is no number', async () => {
    for (const text of ['ann@example.com', '+1/../2', '', '+0123456789'])
      expect(await check({ failOpen: true }, text)).toBe(false);
    expect(api.received).toEqual([]);
  });

  it.each([400, 401, 403])('is closed by status %i, such as for wrong credentials, whatever `failOpen` is', async (status) => {
    api.answer = answer(status, { code: 20_003, message: WORDS });
    expect(codeOf(await refusalOf(() => check({ failOpen: true })))).toBe(`http_${status}`);
  });

  const noType: readonly (readonly [string, StandInAnswer, string])[] = [
    [
      'no type, for a country without access',
      found(null, { line_type_intelligence: { type: null, error_code: 60_601 } }),
      'lookup_60601',
    ],
    ['no type at all', found(null, { line_type_intelligence: null }), 'no_line_type'],
  ];
  it.each([...DOWN, ...noType])('is closed by %s, or open with an event where `failOpen` is on', async (_what, reply, code) => {
    api.answer = reply;
    const fault = await refusalOf(() => check());
    expect([fault.code, api.received.length]).toEqual(['unavailable', 1]);
    if (code !== '') expect(codeOf(fault)).toBe(code);
    expect(await check({ failOpen: true })).toBe(true);
    expect(events).toEqual([{ type: 'fault', reason: codeOf(fault), isLogged: false }]);
  });

  it.each([false, true])('asks no more often than the option says, and then it is closed: `failOpen` %j', async (failOpen) => {
    api.answer = found('mobile');
    const own = make({ maxLookupsPerHour: 2, failOpen });
    const ask = (): unknown => own(NUMBER, { emit } as unknown as AllowContext);
    expect([await ask(), await ask()]).toEqual([true, true]);
    expect(codeOf(await refusalOf(ask))).toBe('too_many_lookups');
    expect(api.received).toHaveLength(2);
  });

  describeOptions('lineType', lineType, { accountSid: SID, authToken: SECRET }, [
    ['accountSid', 'AC1'],
    ['authToken', ''],
    ['accept', ['cellular']],
    ['accept', 'none'],
    ['accept', []],
    ['maxLookupsPerHour', 0],
    ['failOpen', 'yes'],
    ['timeoutMs', 49],
    ['baseUrl', 'http://lookups.example.com'],
  ]);
});

const COMMON = [
  ['secretKey', ''],
  ['secretKey', 'with a space'],
  ['header', 'X-Token'],
  ['hostnames', ['https://acme.example']],
  ['hostnames', 'acme.example'],
  ['hostnames', []],
  ['sendIp', 1],
  ['failOpen', 1],
  ['timeoutMs', 60_001],
  ['baseUrl', 'http://api.example.com'],
] as const;
describeOptions('turnstile', turnstile, { secretKey: SECRET }, [...COMMON, ['action', 'sign in']]);
describeOptions('hcaptcha', hcaptcha, { secretKey: SECRET }, [...COMMON, ['siteKey', 'a b']]);
describeOptions('recaptcha', recaptcha, { secretKey: SECRET, action: 'sign_in' }, [
  ...COMMON,
  ['action', ''],
  ['minScore', 1.1],
  ['minScore', '0.5'],
  ['minScore', Number.NaN],
]);

it('recaptcha needs an action', () => {
  expect(() => recaptcha({ secretKey: SECRET } as never)).toThrow(FactorConfigError);
});
