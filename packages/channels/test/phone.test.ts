import { describe, expect, it } from 'vitest';
import { FactorConfigError } from '@parse-factors/core';
import { MESSAGE_LANGUAGES, RecipientUnreachable } from '@parse-factors/core/channel';
import { StandIn } from '../../test-server/src/provider-stand-in.js';
import { bird } from '../src/bird.js';
import { plivo } from '../src/plivo.js';
import { sinch } from '../src/sinch.js';
import { telegram } from '../src/telegram.js';
import { spoken } from '../src/support/spoken.js';
import { twilioVoice } from '../src/twilio-voice.js';
import { vonage } from '../src/vonage.js';
import { whatsapp } from '../src/whatsapp.js';
import {
  answer,
  CODE,
  delivery,
  describeOptions,
  describeProvider,
  faultOf,
  NUMBER,
  SECRET,
  WORDS,
} from './support/provider-suite.js';

const message = delivery({ to: NUMBER });
const { text } = message;
const DIGITS = NUMBER.slice(1);
const JSON_HEADERS = { accept: 'application/json', 'content-type': 'application/json' };
const basic = (user: string): string => `Basic ${Buffer.from(`${user}:${SECRET}`).toString('base64')}`;
const UUID = '7c2cd79b-3f1f-4a2a-b2e0-0a2a6ddfe6a1';

/** https://developer.vonage.com/en/api/messages, https://developer.vonage.com/api-errors/messages */
const vonageBody = { message_type: 'text', channel: 'sms', to: DIGITS, from: '12025550123', text };
const vonageError = (status: number, code: number | string, place = '/messages'): ReturnType<typeof answer> =>
  answer(status, {
    type: `https://developer.vonage.com/api-errors${place}#${code}`,
    title: WORDS,
    detail: WORDS,
    instance: 'bf0c',
  });
describeProvider({
  name: 'vonage',
  make: (options) => vonage({ apiKey: 'abcd1234', apiSecret: SECRET, from: '+12025550123', ...options }),
  message,
  request: { path: '/v1/messages', headers: { ...JSON_HEADERS, authorization: basic('abcd1234') }, body: vonageBody },
  notice: vonageBody,
  accepted: [
    ['202 and a message id', answer(202, { message_uuid: UUID })],
    [
      '202 and the id of a workflow besides',
      answer(202, { message_uuid: UUID, workflow_id: '3TcNjguHxr2vcCZ9Ddsnq6tw8yQUpZ9rMHv9QXSxLan5ibMxqSzLdx9' }),
    ],
  ],
  refused: [1040, 1050, 1170, 1190, 1240, 1280, 1430, 1470, 1473, 1474, 1475].map(
    (code) => [`error ${code}`, vonageError(422, code)] as const,
  ),
  throttled: [
    ['429 and its error', vonageError(429, 1000)],
    ['429 and the general error', vonageError(429, 'throttled', '')],
    ['too many messages to one number', vonageError(422, 1241)],
    ['a burst', vonageError(422, 1472)],
  ],
  failed: [
    ['wrong credentials', vonageError(401, 'unauthorized', ''), 'http_401_unauthorized'],
    ['a low balance', vonageError(402, 'low-balance', ''), 'http_402_low_balance'],
    ['an invalid sender', vonageError(422, 1420), 'http_422_1420'],
    ['a number that the account may not use in its trial', vonageError(422, 1160), 'http_422_1160'],
    ['an internal error', vonageError(500, 1030), 'http_500_1030'],
    ['a link without a code', answer(422, { type: `https://developer.vonage.com/${WORDS}` }), 'http_422'],
  ],
});
describeOptions('vonage', vonage, { apiKey: 'abcd1234', apiSecret: SECRET, from: 'Acme' }, [
  ['apiKey', 'ab/cd'],
  ['apiSecret', ''],
  ['from', '+0123'],
  ['from', 'a name that is too long'],
  ['region', 'mars'],
]);

/** https://docs.bird.com/api/channels-api/supported-channels/programmable-sms/sending-sms-messages */
const birdIds = { workspaceId: 'a1405560-c8d3-4b1a-877d-3f449ad95352', channelId: '3fa85f64-5717-4562-b3fc-2c963f66afa6' };
const birdBody = {
  receiver: { contacts: [{ identifierKey: 'phonenumber', identifierValue: NUMBER }] },
  body: { type: 'text', text: { text } },
};
const birdMessage = (status: unknown): object => ({
  id: UUID,
  channelId: birdIds.channelId,
  status,
  direction: 'outgoing',
  createdAt: '2026-11-27T15:51:19.660Z',
});
describeProvider({
  name: 'bird',
  make: (options) => bird({ accessKey: SECRET, ...birdIds, ...options }),
  message,
  request: {
    path: `/workspaces/${birdIds.workspaceId}/channels/${birdIds.channelId}/messages`,
    headers: { ...JSON_HEADERS, authorization: `AccessKey ${SECRET}` },
    body: birdBody,
  },
  notice: birdBody,
  accepted: [
    ['202 and a message', answer(202, birdMessage('accepted'))],
    ['a message that is processed', answer(202, birdMessage('processing'))],
    ['a message that is sent already', answer(202, birdMessage('sent'))],
  ],
  failed: [
    ['a message that is rejected', answer(202, birdMessage('rejected')), 'http_202_rejected'],
    ['a message that failed', answer(202, birdMessage('sending_failed')), 'http_202_sending_failed'],
    ['a message without a state', answer(202, birdMessage(undefined)), 'http_202'],
    [
      'an invalid field',
      answer(422, { code: 'InvalidPayload', message: WORDS, details: { '.receiver': [WORDS] } }),
      'http_422_InvalidPayload',
    ],
    ['an access key without the right', answer(403, { code: 'Forbidden', message: WORDS }), 'http_403_Forbidden'],
  ],
});
describeOptions('bird', bird, { accessKey: SECRET, ...birdIds }, [
  ['accessKey', 'a key'],
  ['workspaceId', '../x'],
  ['channelId', 'A1405560-C8D3-4B1A-877D-3F449AD95352'],
]);

/** https://developers.sinch.com/docs/sms/api-reference/sms/batches, …/status-codes */
const sinchBody = { type: 'mt_text', from: '+12025550123', to: [NUMBER], body: text };
const batch = {
  id: '01FC66621XXXXX119Z8PMV1QPQ',
  to: [DIGITS],
  from: '12025550123',
  canceled: false,
  body: text,
  type: 'mt_text',
  created_at: '2026-11-27T14:15:22Z',
};
describeProvider({
  name: 'sinch',
  make: (options) =>
    sinch({ servicePlanId: 'jd63jf88477ll123ab4567cd89012ef3', apiToken: SECRET, from: '+12025550123', ...options }),
  message,
  request: {
    path: '/xms/v1/jd63jf88477ll123ab4567cd89012ef3/batches',
    headers: { ...JSON_HEADERS, authorization: `Bearer ${SECRET}` },
    body: sinchBody,
  },
  notice: sinchBody,
  accepted: [['201 and a batch', answer(201, batch)]],
  failed: [
    ['a batch that is cancelled', answer(201, { ...batch, canceled: true }), 'http_201'],
    ['a batch without recipients', answer(201, { ...batch, to: [] }), 'http_201'],
    [
      'an invalid field',
      answer(400, { code: 'syntax_constraint_violation', text: WORDS }),
      'http_400_syntax_constraint_violation',
    ],
    ['a forbidden request', answer(403, { code: 'forbidden_operation', text: WORDS }), 'http_403_forbidden_operation'],
  ],
});
describeOptions('sinch', sinch, { servicePlanId: 'plan', apiToken: SECRET, from: '12345' }, [
  ['servicePlanId', 'a/b'],
  ['apiToken', ''],
  ['from', '1'],
  ['region', 'eu1'],
]);

/** https://www.plivo.com/docs/messaging/api/messages/ */
const plivoId = `MA${'X'.repeat(18)}`;
const plivoBody = { src: '12025550123', dst: DIGITS, text, type: 'sms', log: false };
const queued = { api_id: UUID, message: 'message(s) queued', message_uuid: [UUID] };
describeProvider({
  name: 'plivo',
  make: (options) => plivo({ authId: plivoId, authToken: SECRET, from: '+12025550123', ...options }),
  message,
  request: {
    path: `/v1/Account/${plivoId}/Message/`,
    headers: { ...JSON_HEADERS, authorization: basic(plivoId) },
    body: plivoBody,
  },
  notice: plivoBody,
  accepted: [['202 and the id of a message', answer(202, queued)]],
  refused: [
    ['an invalid number', answer(400, { api_id: UUID, error: WORDS, invalid_number: [DIGITS] })],
    ['an invalid number with status 202', answer(202, { ...queued, message_uuid: [], invalid_number: [DIGITS] })],
  ],
  failed: [
    ['two messages', answer(202, { ...queued, message_uuid: [UUID, UUID] }), 'http_202'],
    ['no message', answer(202, { ...queued, message_uuid: [] }), 'http_202'],
    ['an error', answer(400, { api_id: UUID, error: WORDS }), 'http_400'],
    ['no credits', answer(402, { api_id: UUID, error: WORDS }), 'http_402'],
  ],
});
describeOptions('plivo', plivo, { authId: plivoId, authToken: SECRET, from: '+12025550123' }, [
  ['authId', 'MA'],
  ['authToken', ''],
  ['from', 'x'.repeat(12)],
  ['powerpackUuid', 'x'],
]);
it.each([{}, { from: '+12025550123', powerpackUuid: UUID }])('plivo refuses %j: exactly one sender', (sender) => {
  const make = (): unknown => plivo({ authId: plivoId, authToken: SECRET, ...sender });
  expect(make).toThrow(FactorConfigError);
  expect(make).toThrow('plivo: set exactly one of the options "from" and "powerpackUuid"');
});
it('plivo takes a Powerpack instead of a sender', async () => {
  const api = new StandIn();
  const channel = plivo({ authId: plivoId, authToken: SECRET, powerpackUuid: UUID, baseUrl: await api.start() });
  api.answer = answer(202, queued);
  await channel.send(message);
  api.stop();
  expect(JSON.parse(api.received[0]?.body ?? '')).toEqual({ powerpack_uuid: UUID, dst: DIGITS, text, type: 'sms', log: false });
});

/** https://developers.facebook.com/documentation/business-messaging/whatsapp/templates/authentication-templates/… */
const parameters = [{ type: 'text', text: CODE }];
const whatsappBody = (code: string): object => ({
  messaging_product: 'whatsapp',
  recipient_type: 'individual',
  to: DIGITS,
  type: 'template',
  template: {
    name: 'sign_in_code',
    language: { code },
    components: [
      { type: 'body', parameters },
      { type: 'button', sub_type: 'url', index: '0', parameters },
    ],
  },
});
const whatsappError = (status: number, code: number): ReturnType<typeof answer> =>
  answer(status, { error: { message: WORDS, type: 'OAuthException', code, error_data: { details: WORDS }, fbtrace_id: 'AXlA' } });
const wamid = (state?: string): object => ({
  messaging_product: 'whatsapp',
  contacts: [{ input: NUMBER, wa_id: DIGITS }],
  messages: [{ id: 'wamid.HBgLMTY0NjcwNDM1OTUVAgARGBI1', ...(state !== undefined && { message_status: state }) }],
});
const forWhatsapp = {
  accessToken: SECRET,
  phoneNumberId: '106540352242922',
  template: 'sign_in_code',
  languages: ['en_US', 'fr', 'pt_BR', 'pt_PT'],
};
describeProvider({
  name: 'whatsapp',
  make: (options) => whatsapp({ ...forWhatsapp, ...options }),
  message,
  request: {
    path: '/v26.0/106540352242922/messages',
    headers: { ...JSON_HEADERS, authorization: `Bearer ${SECRET}` },
    body: whatsappBody('en_US'),
  },
  notice: undefined,
  accepted: [
    ['200 and a message id', answer(200, wamid())],
    ['a message that is accepted', answer(200, wamid('accepted'))],
  ],
  unreachable: [
    ['a number without an account', whatsappError(400, 131026)],
    ['a country that is closed to the account', whatsappError(403, 130497)],
  ],
  throttled: [4, 80007, 130429, 131048, 131056].map((code) => [`error ${code}`, whatsappError(400, code)] as const),
  failed: [
    ['a message that is held', answer(200, wamid('held_for_quality_assessment')), 'http_200'],
    ['no message', answer(200, { messaging_product: 'whatsapp', messages: [] }), 'http_200'],
    ['an expired token', whatsappError(401, 190), 'http_401_190'],
    ['an unknown template', whatsappError(404, 132001), 'http_404_132001'],
    ['wrong parameters', whatsappError(400, 132000), 'http_400_132000'],
    ['a number that the app may not use in its trial', whatsappError(400, 131030), 'http_400_131030'],
    ['an unknown fault', whatsappError(500, 131000), 'http_500_131000'],
  ],
});
describeOptions('whatsapp', whatsapp, forWhatsapp, [
  ['accessToken', 'a token'],
  ['phoneNumberId', '+33612345678'],
  ['template', 'Sign in'],
  ['languages', []],
  ['languages', ['en-US']],
  ['languages', 'pt_BR'],
  ['apiVersion', '26'],
]);
it.each([
  ['fr', 'fr'],
  ['fr-CA', 'fr'],
  ['pt-PT', 'pt_PT'],
  ['pt', 'pt_BR'],
  ['EN-us', 'en_US'],
  ['de', 'en_US'],
  ['', 'en_US'],
])('whatsapp writes in the language of %j: %s', async (locale, language) => {
  const api = new StandIn();
  const channel = whatsapp({ ...forWhatsapp, baseUrl: await api.start() });
  api.answer = answer(200, wamid());
  await channel.send({ ...message, locale });
  api.stop();
  expect(JSON.parse(api.received[0]?.body ?? '')).toEqual(whatsappBody(language));
});

/** https://core.telegram.org/gateway/api */
const telegramBody = { phone_number: NUMBER, code: CODE, ttl: 300 };
const telegramError = (error: unknown, status = 200): ReturnType<typeof answer> => answer(status, { ok: false, error });
const requested = {
  ok: true,
  result: {
    request_id: '1234567890',
    phone_number: NUMBER,
    request_cost: 0.01,
    remaining_balance: 9.9,
    delivery_status: { status: 'sent', updated_at: 1_790_000_000 },
  },
};
describeProvider({
  name: 'telegram',
  make: (options) => telegram({ accessToken: SECRET, ...options }),
  message,
  request: {
    path: '/sendVerificationMessage',
    headers: { ...JSON_HEADERS, authorization: `Bearer ${SECRET}` },
    body: telegramBody,
  },
  notice: undefined,
  accepted: [['200, ok and a request id', answer(200, requested)]],
  refused: [['an invalid number', telegramError('PHONE_NUMBER_INVALID')]],
  unreachable: [
    ['a number without an account', telegramError('PHONE_NUMBER_NOT_FOUND')],
    ['the same with status 400', telegramError('PHONE_NUMBER_NOT_FOUND', 400)],
    ['a number that cannot be reached', telegramError('PHONE_NUMBER_NOT_AVAILABLE')],
  ],
  throttled: [['a wait', telegramError('FLOOD_WAIT_30')]],
  failed: [
    ['a wrong token', telegramError('ACCESS_TOKEN_INVALID'), 'http_200_ACCESS_TOKEN_INVALID'],
    ['no balance', telegramError('BALANCE_NOT_ENOUGH'), 'http_200_BALANCE_NOT_ENOUGH'],
    ['words', telegramError(WORDS), 'http_200'],
    ['ok and no request', answer(200, { ok: true, result: {} }), 'http_200'],
    ['a request and not ok', answer(200, { ...requested, ok: 'true' }), 'http_200'],
  ],
});
describeOptions('telegram', telegram, { accessToken: SECRET }, [
  ['accessToken', ''],
  ['senderUsername', '@acme_codes'],
]);
it.each([
  [1, 60],
  [10, 600],
  [600, 3600],
])('telegram delivers while a code of %i minutes is valid: %i seconds', async (validMinutes, ttl) => {
  const api = new StandIn();
  const channel = telegram({ accessToken: SECRET, senderUsername: 'acme_codes', baseUrl: await api.start() });
  api.answer = answer(200, requested);
  await channel.send({ ...message, validMinutes });
  expect(JSON.parse(api.received[0]?.body ?? '')).toEqual({ ...telegramBody, ttl, sender_username: 'acme_codes' });
  expect(await faultOf(channel.send({ ...message, code: '123456789' }))).toMatchObject({ code: 'code_has_wrong_length' });
  api.stop();
  expect(api.received).toHaveLength(1);
});

/** https://www.twilio.com/docs/voice/api/call-resource, …/voice/twiml/say */
const sid = `AC${'0'.repeat(32)}`;
const said = '8, 0, 4, 2, 1, 5 is your code to sign in. It is valid for 5 minutes. Never share it.';
const twiml = (words: string, language: string): string => {
  const say = `<Say language="${language}">${words}</Say>`;
  return `<?xml version="1.0" encoding="UTF-8"?><Response><Pause length="1"/>${say}<Pause length="1"/>${say}</Response>`;
};
const call = (status: string): ReturnType<typeof answer> => answer(201, { sid: `CA${'a'.repeat(32)}`, status, to: NUMBER });
const twilioError = (code: number, status = 400): ReturnType<typeof answer> =>
  answer(status, { code, message: WORDS, more_info: `https://www.twilio.com/docs/errors/${code}`, status });
describeProvider({
  name: 'twilioVoice',
  make: (options) => twilioVoice({ accountSid: sid, authToken: SECRET, from: '+12025550123', ...options }),
  message,
  request: {
    path: `/2010-04-01/Accounts/${sid}/Calls.json`,
    headers: { accept: 'application/json', 'content-type': 'application/x-www-form-urlencoded', authorization: basic(sid) },
    body: { To: NUMBER, From: '+12025550123', Twiml: twiml(said, 'en-US'), Timeout: '20' },
  },
  notice: undefined,
  accepted: [
    ['201 and a call that waits', call('queued')],
    ...['initiated', 'ringing', 'in-progress', 'completed'].map((state) => [`a call that is ${state}`, call(state)] as const),
  ],
  refused: [21211, 21214, 21215, 21216, 21217, 13224, 13227].map((code) => [`error ${code}`, twilioError(code)] as const),
  throttled: [
    ['error 20429', twilioError(20429, 429)],
    ['too many calls at once', twilioError(10004)],
  ],
  failed: [
    ...['busy', 'failed', 'no-answer', 'canceled'].map((state) => [`a call that is ${state}`, call(state), 'http_201'] as const),
    ['a call without a SID', answer(201, { status: 'queued' }), 'http_201'],
    ['wrong credentials', twilioError(20003, 401), 'http_401_20003'],
    ['a number that the account may not call from', twilioError(21210), 'http_400_21210'],
    ['a number that the account may not call in its trial', twilioError(21219), 'http_400_21219'],
  ],
});
describeOptions('twilioVoice', twilioVoice, { accountSid: sid, authToken: SECRET, from: '+12025550123' }, [
  ['accountSid', 'AC1'],
  ['authToken', ''],
  ['from', 'Acme'],
  ['ringSeconds', 61],
]);

it.each([
  ['whatsapp', (baseUrl: string) => whatsapp({ ...forWhatsapp, baseUrl })],
  ['telegram', (baseUrl: string) => telegram({ accessToken: SECRET, baseUrl })],
])('%s writes the text itself, so it sends no code for a payment', async (_name, make) => {
  const api = new StandIn();
  const channel = make(await api.start());
  const details = { amount: '12.50 EUR', payee: 'ACME GmbH' };
  await expect(channel.send({ ...message, purpose: 'payment', details })).rejects.toThrow(RecipientUnreachable);
  api.stop();
  expect(api.received).toEqual([]);
});

describe('what a call says', () => {
  it.each([
    ['without the line for browsers', `${text}\n\n@acme.example #${CODE}`, said],
    ['without that line for a frame', `${text}\n\n@acme.example #${CODE} @pay.example`, said],
    ['without the hash of an Android app', `${text}\n\nFA+9qCX9VSu`, said],
    ['the code after a text without it', 'Your code.', 'Your code. 8, 0, 4, 2, 1, 5'],
    ['every place of the code', `${CODE}. Again: ${CODE}.`, '8, 0, 4, 2, 1, 5. Again: 8, 0, 4, 2, 1, 5.'],
    [
      'markup as text',
      `"${CODE}" </Say><Dial>+1900</Dial> & more`,
      '&quot;8, 0, 4, 2, 1, 5&quot; &lt;/Say&gt;&lt;Dial&gt;+1900&lt;/Dial&gt; &amp; more',
    ],
    ['no control characters', `a\u0000b\n${CODE}`, 'a b 8, 0, 4, 2, 1, 5'],
  ])('is %s', (_what, written, words) => {
    expect(spoken({ text: written, code: CODE, locale: 'en' })).toBe(twiml(words, 'en-US'));
  });

  it.each([`${CODE}0 EUR`, `1${CODE} EUR`, `1,${CODE} EUR`, `${CODE}.50 EUR`])('reads an amount of %s as an amount', (amount) => {
    const text = `${CODE} is your code to pay ${amount} to ACME GmbH.`;
    const said = `${[...CODE].join(', ')} is your code to pay ${amount} to ACME GmbH.`;
    expect(spoken({ text, code: CODE, locale: 'en' })).toBe(twiml(said, 'en-US'));
    expect(spoken({ text: `Pay ${amount}.`, code: CODE, locale: 'en' })).toBe(
      twiml(`Pay ${amount}. ${[...CODE].join(', ')}`, 'en-US'),
    );
  });

  it.each(MESSAGE_LANGUAGES)('has a voice for the built-in texts in %s', (language) => {
    expect(spoken({ text, code: CODE, locale: language })).toMatch(/<Say language="[a-z]{2,3}-[A-Z]{2}">/);
  });

  it.each([
    ['fr-CA', 'fr-FR'],
    ['zh-Hant', 'cmn-CN'],
    ['cs', 'cs'],
    ['x"><Dial>', 'x&quot;&gt;&lt;Dial&gt;'],
  ])('is in the language of %s', (locale, language) => {
    expect(spoken({ text, code: CODE, locale })).toBe(twiml(said, language));
  });
});
