import { expect, it } from 'vitest';
import { brevo } from '../src/brevo.js';
import { mailgun } from '../src/mailgun.js';
import { postmark } from '../src/postmark.js';
import { resend } from '../src/resend.js';
import { mailHeader } from '../src/support/provider-options.js';
import { StandIn } from '../../test-server/src/provider-stand-in.js';
import { ADDRESS, answer, CODE, delivery, describeOptions, describeProvider, SECRET, WORDS } from './support/provider-suite.js';

const message = delivery();
const { subject, text, html } = message;
const FROM = 'Acme <codes@acme.example>';
const JSON_HEADERS = { accept: 'application/json', 'content-type': 'application/json' };
const key = expect.stringMatching(/^[0-9a-f]{32}$/);
const noticeKey = expect.stringMatching(/^[0-9a-f]{8}(?:-[0-9a-f]{4}){3}-[0-9a-f]{12}$/);

/** https://postmarkapp.com/developer/user-guide/send-email-with-api, …/developer/api/overview#error-codes */
const postmarkBody = {
  From: FROM,
  To: ADDRESS,
  Subject: subject,
  TextBody: text,
  HtmlBody: html,
  MessageStream: 'outbound',
  TrackOpens: false,
  TrackLinks: 'None',
};
const postmarkError = (ErrorCode: number, Message: string, status = 422): ReturnType<typeof answer> =>
  answer(status, { ErrorCode, Message });
describeProvider({
  name: 'postmark',
  make: (options) => postmark({ serverToken: SECRET, from: FROM, ...options }),
  message,
  request: { path: '/email', headers: { ...JSON_HEADERS, 'x-postmark-server-token': SECRET }, body: postmarkBody },
  notice: postmarkBody,
  accepted: [
    [
      '200 and a message id',
      answer(200, {
        To: ADDRESS,
        SubmittedAt: '2026-11-27T07:25:01.4178645-05:00',
        MessageID: '0a129aee-e1cd-480d-b08d-4f48548ff48d',
        ErrorCode: 0,
        Message: 'OK',
      }),
    ],
  ],
  refused: [
    ['an inactive recipient', postmarkError(406, `You tried to send to a recipient that has been marked as inactive. ${WORDS}`)],
    ['an invalid recipient', postmarkError(300, `Invalid 'To' address: '${ADDRESS}'.`)],
    ['a recipient that cannot be parsed', postmarkError(300, `Error parsing 'To': Illegal email domain '${WORDS}'.`)],
  ],
  throttled: [['429 and its code', postmarkError(429, WORDS, 429)]],
  failed: [
    ['an invalid sender', postmarkError(300, `Invalid 'From' address: ${WORDS}`), 'http_422_300'],
    ['an unknown sender signature', postmarkError(400, WORDS), 'http_422_400'],
    ['no credits', postmarkError(405, WORDS), 'http_422_405'],
    ['an account that may not send', postmarkError(413, WORDS), 'http_422_413'],
    ['a wrong token', postmarkError(10, WORDS, 401), 'http_401_10'],
    ['maintenance', postmarkError(100, WORDS, 503), 'http_503_100'],
    ['an error code with status 200', answer(200, { ErrorCode: 1, MessageID: 'x' }), 'http_200_1'],
    ['an inactive recipient as a fault of the server', postmarkError(406, WORDS, 500), 'http_500_406'],
  ],
});
describeOptions('postmark', postmark, { serverToken: SECRET, from: FROM }, [
  ['serverToken', ''],
  ['serverToken', 'two words'],
  ['serverToken', 'line\r\nX-Evil: 1'],
  ['from', 'no-address'],
  ['from', 'a@b.c, d@e.f'],
  ['from', 'Acme\r\nBcc: x <a@b.c>'],
  ['from', '"x" <a@b.c>'],
  ['messageStream', 'Not An Id'],
]);

/** https://resend.com/docs/api-reference/emails/send-email, …/errors, …/dashboard/emails/idempotency-keys */
const resendBody = { from: FROM, to: [ADDRESS], subject, text, html };
const resendError = (status: number, name: string, words: string = WORDS): ReturnType<typeof answer> =>
  answer(status, { statusCode: status, name, message: words });
describeProvider({
  name: 'resend',
  make: (options) => resend({ apiKey: `re_${SECRET}`, from: FROM, ...options }),
  message,
  request: {
    path: '/emails',
    headers: { ...JSON_HEADERS, authorization: `Bearer re_${SECRET}`, 'idempotency-key': key },
    body: resendBody,
  },
  notice: resendBody,
  accepted: [['200 and an id', answer(200, { id: '49a3999c-0ce1-4ea6-ab68-afcd6dc2e794' })]],
  refused: [
    [
      'an invalid recipient',
      resendError(
        422,
        'validation_error',
        'Invalid `to` field. The email address needs to follow the `email@example.com` format.',
      ),
    ],
    ['an address that is no recipient', resendError(422, 'invalid_to_address')],
  ],
  throttled: [
    ['too many requests', resendError(429, 'rate_limit_exceeded')],
    ['the quota of the day', resendError(429, 'daily_quota_exceeded')],
  ],
  failed: [
    ['an invalid sender', resendError(422, 'validation_error', 'Invalid `from` field.'), 'http_422_validation_error'],
    ['a key without the right', resendError(401, 'restricted_api_key'), 'http_401_restricted_api_key'],
    ['a wrong key', resendError(403, 'invalid_api_key'), 'http_403_invalid_api_key'],
    ['a key that is in use', resendError(409, 'concurrent_idempotent_requests'), 'http_409_concurrent_idempotent_requests'],
    ['an error of Resend', resendError(500, 'application_error'), 'http_500_application_error'],
  ],
});
describeOptions('resend', resend, { apiKey: 're_key', from: FROM }, [
  ['apiKey', 'key'],
  ['apiKey', 're_'],
  ['from', undefined],
  ['from', 42],
]);

/** https://developers.brevo.com/reference/send-transac-email, …/changelog/email-api-now-supports-idempotency */
const brevoBody = (idempotencyKey: unknown): object => ({
  sender: { name: 'Acme', email: 'codes@acme.example' },
  to: [{ email: ADDRESS }],
  subject,
  textContent: text,
  htmlContent: html,
  headers: { idempotencyKey },
});
const brevoError = (status: number, code: string, words: string = WORDS): ReturnType<typeof answer> =>
  answer(status, { code, message: words });
describeProvider({
  name: 'brevo',
  make: (options) => brevo({ apiKey: SECRET, from: FROM, ...options }),
  message,
  request: { path: '/v3/smtp/email', headers: { ...JSON_HEADERS, 'api-key': SECRET }, body: brevoBody(key) },
  notice: brevoBody(noticeKey),
  accepted: [['201 and a message id', answer(201, { messageId: '<201798300811.5787683@smtp-relay.mailin.fr>' })]],
  refused: [['an invalid recipient', brevoError(400, 'invalid_parameter', 'email is not valid in to')]],
  throttled: [['its own words', brevoError(429, 'too_many_requests')]],
  failed: [
    ['an invalid sender', brevoError(400, 'invalid_parameter', 'sender is not valid'), 'http_400_invalid_parameter'],
    ['no credits', brevoError(402, 'not_enough_credits'), 'http_402_not_enough_credits'],
    ['a wrong key', brevoError(401, 'unauthorized'), 'http_401_unauthorized'],
  ],
});
describeOptions('brevo', brevo, { apiKey: SECRET, from: FROM }, [
  ['apiKey', ''],
  ['from', '<ann@mail.example>'],
]);

/** https://documentation.mailgun.com/docs/mailgun/api-reference/send/mailgun/messages */
const mailgunBody = { from: FROM, to: ADDRESS, subject, text, html, 'o:tracking': 'no' };
describeProvider({
  name: 'mailgun',
  make: (options) => mailgun({ apiKey: SECRET, domain: 'mg.acme.example', from: FROM, ...options }),
  message,
  request: {
    path: '/v3/mg.acme.example/messages',
    headers: {
      accept: 'application/json',
      'content-type': 'application/x-www-form-urlencoded',
      authorization: `Basic ${Buffer.from(`api:${SECRET}`).toString('base64')}`,
    },
    body: mailgunBody,
  },
  notice: mailgunBody,
  accepted: [['200 and an id', answer(200, { id: '<20261127.1@mg.acme.example>', message: 'Queued. Thank you.' })]],
  refused: [
    ['an invalid recipient', answer(400, { message: 'to parameter is not a valid address. please check documentation' })],
    [
      'an invalid recipient in quotes',
      answer(400, { message: "'to' parameter is not a valid address. please check documentation" }),
    ],
  ],
  throttled: [['its own words', answer(429, { message: WORDS })]],
  failed: [
    [
      'an invalid sender',
      answer(400, { message: 'from parameter is not a valid address. please check documentation' }),
      'http_400',
    ],
    ['an unknown domain', answer(404, { message: 'Mailgun Magnificent API' }), 'http_404'],
    ['a forbidden domain', answer(403, { message: WORDS }), 'http_403'],
  ],
});
describeOptions('mailgun', mailgun, { apiKey: SECRET, domain: 'mg.acme.example', from: FROM }, [
  ['domain', 'acme.example/../x'],
  ['domain', 'acme'],
  ['region', 'asia'],
  ['from', 'codes @acme.example'],
]);

it('postmark, resend and mailgun leave the HTML part out where there is none, and Brevo gets one from the text', async () => {
  const api = new StandIn();
  const baseUrl = await api.start();
  api.answer = { status: 500, body: '' };
  const plain = delivery({ text: `<${CODE}> & "more"` });
  delete (plain as { html?: string }).html;
  const channels = [
    postmark({ serverToken: 't', from: FROM, baseUrl }),
    resend({ apiKey: 're_t', from: FROM, baseUrl }),
    mailgun({ apiKey: 't', domain: 'mg.acme.example', from: FROM, baseUrl }),
    brevo({ apiKey: 't', from: 'codes@acme.example', baseUrl }),
  ];
  for (const channel of channels) await channel.send(plain).catch(() => undefined);
  api.stop();
  const [byPostmark, byResend, byMailgun, byBrevo] = api.received.map(({ body }) => body);
  expect(JSON.parse(byPostmark ?? '')).not.toHaveProperty('HtmlBody');
  expect(JSON.parse(byResend ?? '')).not.toHaveProperty('html');
  expect(byMailgun).not.toContain('html=');
  expect(JSON.parse(byBrevo ?? '')).toMatchObject({
    sender: { email: 'codes@acme.example' },
    htmlContent: `<p style="white-space:pre-line">&lt;${CODE}&gt; &amp; &quot;more&quot;</p>`,
  });
});

it('the same code to the same address has the same idempotency key, and nothing else has', async () => {
  const api = new StandIn();
  const channel = resend({ apiKey: 're_t', from: FROM, baseUrl: await api.start() });
  api.answer = answer(200, { id: 'x' });
  const other = new AbortController().signal;
  const changes = [{}, { signal: other }, { code: '804216' }, { to: 'bea@example.com' }, { expiresAt: message.expiresAt + 1 }];
  for (const change of changes) await channel.send(delivery(change));
  for (let time = 0; time < 2; time += 1) await channel.notify?.({ to: ADDRESS, subject, text, signal: other });
  api.stop();
  const keys = api.received.map(({ headers }) => headers['idempotency-key']);
  expect(keys[1]).toBe(keys[0]);
  expect(new Set(keys).size).toBe(keys.length - 1);
});

it.each([
  ['codes@acme.example', 'codes@acme.example'],
  ['Acme <codes@acme.example>', 'Acme <codes@acme.example>'],
  ['Acmé und Söhne <codes@acme.example>', 'Acmé und Söhne <codes@acme.example>'],
  ['Acme, Inc. <codes@acme.example>', '"Acme, Inc." <codes@acme.example>'],
  ['Acme (test) <codes@acme.example>', '"Acme (test)" <codes@acme.example>'],
  ['Acme\\ <codes@acme.example>', '"Acme\\\\" <codes@acme.example>'],
])('the sender %s is written %s', (from, written) => expect(mailHeader(from)).toBe(written));
