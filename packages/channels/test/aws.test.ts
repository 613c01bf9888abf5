import { afterAll, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import type { Channel, Delivery } from '@parse-factors/core/channel';
import { StandIn, type StandInAnswer } from '../../test-server/src/provider-stand-in.js';
import { ses, type SesOptions } from '../src/ses.js';
import { sns, type SnsOptions } from '../src/sns.js';
import {
  ADDRESS,
  answer,
  CODE,
  delivery,
  describeOptions,
  expectDiscreet,
  faultOf,
  NUMBER,
  SECRET,
  WORDS,
} from './support/provider-suite.js';

/** The clients of the AWS SDK, against a local endpoint. */

const api = new StandIn();
let endpoint = '';
beforeAll(async () => {
  endpoint = await api.start();
});
beforeEach(() => {
  api.received.length = 0;
});
afterAll(() => api.stop());

const credentials = { accessKeyId: 'AKIAEXAMPLE', secretAccessKey: SECRET };
const client = (): object => ({ region: 'eu-west-1', endpoint, credentials });
const signed = (service: string): unknown =>
  expect.stringMatching(
    new RegExp(
      `^AWS4-HMAC-SHA256 Credential=AKIAEXAMPLE/\\d{8}/eu-west-1/${service}/aws4_request, SignedHeaders=\\S+, Signature=[0-9a-f]{64}$`,
    ),
  );

interface AwsCase {
  readonly name: string;
  readonly make: (timeoutMs?: number) => Channel;
  readonly message: Delivery;
  readonly accepted: StandInAnswer;
  readonly error: (status: number, code: string, words?: string) => StandInAnswer;
  readonly throttled: readonly string[];
}

function describeAws({ name, make, message, accepted, error, throttled }: AwsCase): void {
  const fail = async (reply: StandInAnswer): Promise<Error & { readonly code?: unknown }> => {
    api.answer = reply;
    const fault = await faultOf(make().send(message));
    expect(api.received).toHaveLength(1); // one try
    expectDiscreet(fault);
    return fault;
  };

  describe(name, () => {
    it('has sent a message with a message id', async () => {
      api.answer = accepted;
      await expect(make().send(message)).resolves.toBeUndefined();
      expect(api.received).toHaveLength(1);
    });

    it.each([...throttled.map((code) => [code, 400] as const), ['AnyException', 429] as const])(
      'is throttled with %s',
      async (code, status) => {
        expect(await fail(error(status, code))).toMatchObject({ name: 'MessageNotAccepted', code: 'throttled' });
      },
    );

    it.each<readonly [string, StandInAnswer]>([
      ['a page', { status: 200, body: `<!doctype html>${WORDS}`, headers: { 'Content-Type': 'text/html' } }],
      ['nothing', { status: 200, body: '' }],
      ['a body that ends early', 'truncated'],
      ['a closed connection', 'reset'],
      ['a redirect', { status: 307, body: '', headers: { Location: '/elsewhere' } }],
      ['a page of a proxy', { status: 502, body: `<html>${WORDS}` }],
      ['an error of the service', error(500, 'InternalFailure')],
      ['wrong credentials', error(403, 'InvalidClientTokenId')],
      ['an overloaded service', error(503, 'ServiceUnavailable')],
    ])('has not sent a message with %s', async (_what, reply) => {
      const fault = await fail(reply);
      expect(fault.name).toBe('MessageNotAccepted');
      expect(fault.code).toMatch(/^[A-Za-z_]{2,40}$/);
      expect(fault.code).not.toBe('throttled');
    });

    it.each(['hang', 'stall'] as const)('ends its request when the time of the message is over: %s', async (silence) => {
      api.answer = silence;
      const controller = new AbortController();
      api.onRequest = () => controller.abort();
      const fault = await faultOf(make().send({ ...message, signal: controller.signal }));
      api.onRequest = () => undefined;
      expect(fault).toMatchObject({ name: 'MessageNotAccepted', code: 'timeout' });
      await api.allGivenUp();
    });

    it('ends its request after `timeoutMs`', async () => {
      api.answer = 'hang';
      expect(await faultOf(make(50).send(message))).toMatchObject({ code: 'timeout' });
      await api.allGivenUp();
    });

    it.each<readonly [string, StandInAnswer]>([
      ['what was asked', answer(200, {})],
      ['a role that may only send', error(403, 'AccessDenied')],
      ['too many requests', error(429, 'Throttling')],
      ['a fault', error(500, 'InternalFailure')],
    ])('reaches a service that answers with %s, and sends nothing', async (_what, reply) => {
      api.answer = reply;
      await expect(make().reach?.(new AbortController().signal)).resolves.toBeUndefined();
      expect(api.received).toHaveLength(1);
      expect(JSON.stringify(api.received)).not.toMatch(/SendEmail|Publish|outbound-emails/);
    });

    it('does not reach a service that closes the connection or is silent', async () => {
      const reach = async (timeoutMs?: number): Promise<void> => make(timeoutMs).reach?.(new AbortController().signal);
      api.answer = 'reset';
      expectDiscreet(await faultOf(reach()));
      api.answer = 'hang';
      expect(await faultOf(reach(50))).toMatchObject({ code: 'timeout' });
      await api.allGivenUp();
    });

    it('sends nothing when the time of the message is over before', async () => {
      expect(await faultOf(make().send({ ...message, signal: AbortSignal.abort() }))).toMatchObject({ code: 'timeout' });
      expect(api.received).toEqual([]);
    });
  });
}

const FROM = 'Acme <codes@acme.example>';
const sesError = (status: number, code: string, words: string = WORDS): StandInAnswer => ({
  status,
  body: JSON.stringify({ message: `${words} ${ADDRESS}` }),
  headers: { 'x-amzn-ErrorType': code },
});
describeAws({
  name: 'ses',
  make: (timeoutMs = 30_000) => ses({ from: FROM, client: client(), timeoutMs }),
  message: delivery(),
  accepted: answer(200, { MessageId: '010201841d5c8b5d-000000' }),
  error: sesError,
  throttled: ['TooManyRequestsException', 'LimitExceededException', 'ThrottlingException'],
});
it('does not reach a service without credentials, and says so', async () => {
  const none = async (): Promise<never> => Promise.reject(Object.assign(new Error(SECRET), { name: 'CredentialsProviderError' }));
  const channel = ses({ from: FROM, client: { region: 'eu-west-1', endpoint, credentials: none } });
  const fault = await faultOf(Promise.resolve(channel.reach?.(new AbortController().signal)));
  expect(fault).toMatchObject({ name: 'MessageNotAccepted', code: 'CredentialsProviderError' });
  expectDiscreet(fault);
});
it.each([
  'MessageRejected',
  'AccountSuspendedException',
  'SendingPausedException',
  'MailFromDomainNotVerifiedException',
  'BadRequestException',
])('ses names the fault %s', async (code) => {
  api.answer = sesError(400, code);
  expect(await faultOf(ses({ from: FROM, client: client() }).send(delivery()))).toMatchObject({
    name: 'MessageNotAccepted',
    code,
  });
});

const sesBody = (changes: object = {}): object => ({
  FromEmailAddress: FROM,
  Destination: { ToAddresses: [ADDRESS] },
  Content: {
    Simple: {
      Subject: { Data: delivery().subject, Charset: 'UTF-8' },
      Body: {
        Text: { Data: delivery().text, Charset: 'UTF-8' },
        Html: { Data: `<p>${CODE}</p>`, Charset: 'UTF-8' },
      },
    },
  },
  ...changes,
});
/** https://docs.aws.amazon.com/ses/latest/APIReference-V2/API_SendEmail.html */
it('ses sends what SES documents, field by field', async () => {
  api.answer = answer(200, { MessageId: 'x' });
  const options: SesOptions = { from: FROM, client: client(), configurationSetName: 'no-tracking' };
  await ses(options).send(delivery());
  const { to, subject, text, html = '', signal } = delivery();
  await ses({ from: 'Acmé <codes@acme.example>', client: client() }).notify?.({ to, subject, text, html, signal });
  const [code, notice] = api.received;
  expect(code).toMatchObject({ method: 'POST', path: '/v2/email/outbound-emails', headers: { authorization: signed('ses') } });
  expect(JSON.parse(code?.body ?? '')).toEqual(sesBody({ ConfigurationSetName: 'no-tracking' }));
  expect(JSON.parse(notice?.body ?? '')).toEqual(sesBody({ FromEmailAddress: '=?UTF-8?B?QWNtw6k=?= <codes@acme.example>' }));
});
describeOptions('ses', ses, { from: FROM }, [
  ['from', 'no-address'],
  ['client', 'eu-west-1'],
  ['client', { maxAttempts: 3 }],
  ['client', { retryMode: 'adaptive' }],
  ['configurationSetName', 'a set'],
  ['timeoutMs', 49],
]);

const snsError = (status: number, code: string, words: string = `${WORDS} ${NUMBER}`): StandInAnswer => ({
  status,
  body: `<ErrorResponse xmlns="http://sns.amazonaws.com/doc/2010-03-31/"><Error><Type>Sender</Type><Code>${code}</Code><Message>${words}</Message></Error><RequestId>r</RequestId></ErrorResponse>`,
  headers: { 'Content-Type': 'text/xml' },
});
const published = (id: string): StandInAnswer => ({
  status: 200,
  body: `<PublishResponse xmlns="http://sns.amazonaws.com/doc/2010-03-31/"><PublishResult>${id}</PublishResult><ResponseMetadata><RequestId>r</RequestId></ResponseMetadata></PublishResponse>`,
  headers: { 'Content-Type': 'text/xml' },
});
const sms = delivery({ to: NUMBER });
describeAws({
  name: 'sns',
  make: (timeoutMs = 30_000) => sns({ client: client(), timeoutMs }),
  message: sms,
  accepted: published('<MessageId>567910cd-659e-55d4-8ccb-5aaf14679dc0</MessageId>'),
  error: snsError,
  throttled: ['Throttled', 'ThrottlingException', 'Throttling'],
});

/** https://docs.aws.amazon.com/sns/latest/api/API_Publish.html, …/dg/sms_sending-overview.html */
it('sns sends what SNS documents, field by field', async () => {
  api.answer = published('<MessageId>x</MessageId>');
  const options: SnsOptions = { client: client(), senderId: 'Acme', originationNumber: '+12025550123' };
  await sns(options).send(sms);
  await sns({ client: client() }).notify?.({ to: NUMBER, subject: '', text: 'Something happened.', signal: sms.signal });
  const [code, notice] = api.received;
  expect(code).toMatchObject({ method: 'POST', path: '/', headers: { authorization: signed('sns') } });
  const attribute = (place: number, name: string, value: string): object => ({
    [`MessageAttributes.entry.${place}.Name`]: name,
    [`MessageAttributes.entry.${place}.Value.DataType`]: 'String',
    [`MessageAttributes.entry.${place}.Value.StringValue`]: value,
  });
  const common = { Action: 'Publish', Version: '2010-03-31', PhoneNumber: NUMBER };
  expect(Object.fromEntries(new URLSearchParams(code?.body))).toEqual({
    ...common,
    Message: sms.text,
    ...attribute(1, 'AWS.SNS.SMS.SMSType', 'Transactional'),
    ...attribute(2, 'AWS.SNS.SMS.SenderID', 'Acme'),
    ...attribute(3, 'AWS.MM.SMS.OriginationNumber', '+12025550123'),
  });
  expect(Object.fromEntries(new URLSearchParams(notice?.body))).toEqual({
    ...common,
    Message: 'Something happened.',
    ...attribute(1, 'AWS.SNS.SMS.SMSType', 'Transactional'),
  });
});
it.each([
  ['InvalidParameter', `Invalid parameter: PhoneNumber Reason: ${NUMBER} is not valid to publish to`],
  ['InvalidParameter', 'Invalid parameter: Phone number is opted out'],
  ['OptedOut', 'opted out'],
])('sns refuses the number with %s: %s', async (code, words) => {
  api.answer = snsError(400, code, words);
  const fault = await faultOf(sns({ client: client() }).send(sms));
  expect(fault.code).toBe('address_refused');
  expectDiscreet(fault);
});
it.each([
  ['InvalidParameter', 'Invalid parameter: Message too long'],
  ['AuthorizationError', WORDS],
])('sns does not refuse the number with %s: %s', async (code, words) => {
  api.answer = snsError(400, code, words);
  expect(await faultOf(sns({ client: client() }).send(sms))).toMatchObject({ name: 'MessageNotAccepted' });
});
it('sns has not sent a message without a message id', async () => {
  api.answer = published('');
  expect(await faultOf(sns({ client: client() }).send(sms))).toMatchObject({ code: 'no_message_id' });
});
describeOptions('sns', sns, {}, [
  ['client', []],
  ['client', { retryStrategy: {} }],
  ['senderId', '12345'],
  ['senderId', 'a name that is long'],
  ['originationNumber', '0033612345678'],
  ['timeoutMs', 60_001],
]);
