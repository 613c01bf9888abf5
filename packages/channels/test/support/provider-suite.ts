import { once } from 'node:events';
import type { AddressInfo } from 'node:net';
import { createServer } from 'node:tls';
import { inspect } from 'node:util';
import { afterAll, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import { FactorConfigError, FactorError } from '@parse-factors/core';
import { type Channel, type Delivery, RecipientUnreachable } from '@parse-factors/core/channel';
import { StandIn, type StandInAnswer } from '../../../test-server/src/provider-stand-in.js';
import type { ProviderOptions } from '../../src/support/provider-options.js';
import { describeReach } from './reach-suite.js';

export const CODE = '804215';
export const NUMBER = '+33612345678';
export const ADDRESS = 'ann@example.com';
/** Stands in every text of a provider: no error may repeat it. */
export const WORDS = 'secret words';
/** Stands in every credential of these tests. */
export const SECRET = 'Kr3dential';

/** A message with a code. */
export const delivery = (changes: Partial<Delivery> = {}): Delivery => ({
  to: ADDRESS,
  subject: 'Your code',
  text: `${CODE} is your code to sign in. It is valid for 5 minutes. Never share it.`,
  html: `<p>${CODE}</p>`,
  code: CODE,
  expiresAt: Date.parse('2030-01-01T00:05:00Z'),
  validMinutes: 5,
  purpose: 'sign-in',
  locale: 'en',
  user: undefined,
  signal: new AbortController().signal,
  ...changes,
});

/** An answer of JSON. */
export const answer = (status: number, body: unknown): StandInAnswer => ({ status, body: JSON.stringify(body) });

type Outcome = readonly [what: string, answer: StandInAnswer, code?: string];

/** A provider's documentation, and the channel that is tested against it. */
export interface ProviderCase {
  readonly name: string;
  readonly make: (options: ProviderOptions) => Channel;
  readonly message: Delivery;
  /** The request for the message: method, path, headers beside those of the transport, and the body. */
  readonly request: { readonly path: string; readonly headers: Record<string, unknown>; readonly body: unknown };
  /** The request for the same message as a notification; undefined if the channel sends none. */
  readonly notice: unknown;
  readonly accepted: readonly [Outcome, ...Outcome[]];
  readonly refused?: readonly Outcome[];
  readonly unreachable?: readonly Outcome[];
  readonly throttled?: readonly Outcome[];
  /** Replies that are failures of the channel, with the code in the event. */
  readonly failed: readonly Outcome[];
}

/** The outcomes as rows of a table; the code is empty where any is right. */
const rows = (outcomes: readonly Outcome[] = []): (readonly [string, StandInAnswer, string])[] =>
  outcomes.map(([what, reply, code = '']) => [what, reply, code]);

/** Headers that the transport writes itself. */
const TRANSPORT = new Set([
  'host',
  'connection',
  'content-length',
  'accept-language',
  'sec-fetch-mode',
  'user-agent',
  'accept-encoding',
]);

const bodyOf = (type: unknown, text: string): unknown =>
  String(type).startsWith('application/json') ? JSON.parse(text) : Object.fromEntries(new URLSearchParams(text));

/** The error that a promise rejects with. */
export async function faultOf(promise: Promise<unknown>): Promise<Error & { readonly code?: unknown }> {
  const fault: unknown = await promise.then(
    () => undefined,
    (error: unknown) => error,
  );
  expect(fault).toBeInstanceOf(Error);
  return fault as Error;
}

/** That an error repeats neither the message, nor credentials, nor what the provider said. */
export function expectDiscreet(fault: Error): void {
  const shown = inspect(fault, { depth: 10, showHidden: true });
  for (const text of [CODE, NUMBER, NUMBER.slice(1), ADDRESS, WORDS, SECRET]) expect(shown).not.toContain(text);
}

/** Tests a channel against a local stand-in of its provider. */
export function describeProvider(provider: ProviderCase): void {
  const api = new StandIn();
  let baseUrl = '';
  const { message, accepted } = provider;
  const [[, usual]] = accepted;
  const { status, body } = usual as { readonly status: number; readonly body: string };
  const send = (changes: Partial<Delivery> = {}, options: ProviderOptions = {}): Promise<void> =>
    provider.make({ baseUrl, ...options }).send({ ...message, ...changes });

  describe(provider.name, () => {
    beforeAll(async () => {
      baseUrl = await api.start();
    });
    beforeEach(() => {
      api.received.length = 0;
      api.answer = usual;
    });
    afterAll(() => api.stop());

    it('sends what the provider documents, field by field', async () => {
      await send();
      expect(api.received).toHaveLength(1);
      const [{ method, path, headers, body: text } = { headers: {}, body: '' }] = api.received;
      const own = Object.fromEntries(Object.entries(headers).filter(([name]) => !TRANSPORT.has(name)));
      expect({ method, path, headers: own, body: bodyOf(headers['content-type'], text) }).toEqual({
        method: 'POST',
        ...provider.request,
      });
    });

    it('sends notifications, where the provider takes any text', async () => {
      const channel = provider.make({ baseUrl });
      if (provider.notice === undefined) return expect(channel.notify).toBeUndefined();
      const { to, subject, text, html, signal } = message;
      await channel.notify?.({ to, subject, text, ...(html !== undefined && { html }), signal });
      const [{ headers, body: sent } = { headers: {}, body: '' }] = api.received;
      return expect(bodyOf(headers['content-type'], sent)).toEqual(provider.notice);
    });

    it('takes a base URL with a path', async () => {
      await send({}, { baseUrl: `${baseUrl}/proxy/` });
      expect(api.received[0]?.path).toBe(`/proxy${provider.request.path}`);
    });

    it.each(rows(accepted))('has sent a message with %s', async (_what, reply) => {
      api.answer = reply;
      await expect(send()).resolves.toBeUndefined();
    });

    const fail = async (reply: StandInAnswer): Promise<Error & { readonly code?: unknown }> => {
      api.answer = reply;
      const fault = await faultOf(send());
      expect(api.received).toHaveLength(1); // one try
      expectDiscreet(fault);
      return fault;
    };

    it.skipIf(provider.refused === undefined).each(rows(provider.refused))(
      'refuses the address with %s',
      async (_what, reply) => {
        const fault = await fail(reply);
        expect(fault).toBeInstanceOf(FactorError);
        expect(fault.code).toBe('address_refused');
      },
    );

    it.skipIf(provider.unreachable === undefined).each(rows(provider.unreachable))(
      'leaves the recipient to another channel with %s',
      async (_what, reply) => expect(await fail(reply)).toBeInstanceOf(RecipientUnreachable),
    );

    const limits: readonly Outcome[] = [
      ['status 429 and nothing else', { status: 429, body: '' }],
      ['status 429 and a page', { status: 429, body: `<html>${WORDS}`, headers: { 'Retry-After': '30' } }],
      ...(provider.throttled ?? []),
    ];
    it.each(rows(limits))('is throttled with %s', async (_what, reply) => {
      expect(await fail(reply)).toMatchObject({ name: 'MessageNotAccepted', code: 'throttled' });
    });

    const page = `<!doctype html><title>${WORDS}</title>`;
    const elsewhere = { Location: '/elsewhere' };
    const other = status === 200 ? 201 : 200;
    const garbage: readonly Outcome[] = [
      [`${status} with a page`, { status, body: page, headers: { 'Content-Type': 'text/html' } }, `http_${status}`],
      [`${status} with nothing`, { status, body: '' }, `http_${status}`],
      [`${status} with null`, { status, body: 'null' }, `http_${status}`],
      [`${status} with a list`, { status, body: `[${body}]` }, `http_${status}`],
      [`${status} with an empty object`, { status, body: '{}' }, `http_${status}`],
      [`${status} with JSON that ends early`, { status, body: body.slice(0, -1) }, `http_${status}`],
      [`${status} with a reply that is too long`, { status, body: body + ' '.repeat(70_000) }, 'reply_too_long'],
      [`${other} with the reply`, { status: other, body }],
      ['204', { status: 204, body: '' }, 'http_204'],
      ['401 with words', answer(401, { message: WORDS, error: WORDS, code: WORDS, name: WORDS, type: WORDS }), 'http_401'],
      ['500 with the reply', { status: 500, body }],
      ['503 with a page', { status: 503, body: page }, 'http_503'],
      ['a body that ends early', 'truncated'],
      ['a closed connection', 'reset'],
      ...[301, 302, 303, 307, 308].map((redirect): Outcome => [
        `redirect ${redirect}`,
        { status: redirect, body: '', headers: elsewhere },
        'connection_failed',
      ]),
    ];
    it.each(rows([...garbage, ...provider.failed]))('has not sent a message with %s', async (_what, reply, code) => {
      const fault = await fail(reply);
      expect(fault.name).toBe('MessageNotAccepted');
      expect(fault.code).toMatch(/^[A-Za-z0-9_-]{1,40}$/);
      if (code !== '') expect(fault.code).toBe(code);
    });

    it.each(['hang', 'stall'] as const)('ends its request when the time of the message is over: %s', async (silence) => {
      api.answer = silence;
      const controller = new AbortController();
      api.onRequest = () => controller.abort();
      const fault = await faultOf(send({ signal: controller.signal }));
      expect(fault).toMatchObject({ name: 'MessageNotAccepted', code: 'timeout' });
      expectDiscreet(fault);
      await api.allGivenUp();
      api.onRequest = () => undefined;
    });

    it('ends its request after `timeoutMs`', async () => {
      api.answer = 'hang';
      expect(await faultOf(send({}, { timeoutMs: 50 }))).toMatchObject({ code: 'timeout' });
      await api.allGivenUp();
    });

    it('sends nothing when the time of the message is over before', async () => {
      expect(await faultOf(send({ signal: AbortSignal.abort() }))).toMatchObject({ code: 'timeout' });
      expect(api.received).toEqual([]);
    });

    it('names the fault of TLS', async () => {
      const server = createServer({}); // without a certificate, so every handshake fails
      await once(server.listen(0, '127.0.0.1'), 'listening');
      const { port } = server.address() as AddressInfo;
      const fault = await faultOf(send({}, { baseUrl: `https://127.0.0.1:${port}` }));
      expect(fault.name).toBe('MessageNotAccepted');
      expect(fault.code).toMatch(/^ERR_SSL_\w+_ALERT_HANDSHAKE_FAILURE$/);
      server.close();
    });

    describeReach({ make: provider.make, path: provider.request.path }, api, () => baseUrl);

    it('names the fault of a connection', async () => {
      const gone = new StandIn();
      const closed = await gone.start();
      gone.stop();
      const fault = await faultOf(send({}, { baseUrl: closed }));
      expect(fault).toMatchObject({ name: 'MessageNotAccepted', code: 'ECONNREFUSED' });
      expectDiscreet(fault);
    });

    it.each([
      'http://api.example.com',
      'ftp://127.0.0.1',
      'https://user:pass@api.example.com',
      'https://api.example.com?x=1',
      'https://api.example.com/#x',
      'http://127.0.0.1.example.com',
      'api.example.com',
    ])('refuses the base URL %s by name', (wrong) => {
      expect(() => provider.make({ baseUrl: wrong })).toThrow(FactorConfigError);
      expect(() => provider.make({ baseUrl: wrong })).toThrow(/^\w+: option "baseUrl" must be a URL/);
    });

    it.each([49, 60_001, 1.5, Number.NaN])('refuses the timeout %s by name', (timeoutMs) => {
      expect(() => provider.make({ timeoutMs })).toThrow(/^\w+: option "timeoutMs" must be a whole number from 50 to 60000$/);
    });
  });
}

/** That a channel names each option with a wrong value. */
export function describeOptions<Options extends object>(
  owner: string,
  make: (options: Options) => unknown,
  given: Options,
  wrong: readonly (readonly [name: string, value: unknown])[],
): void {
  describe(`options of ${owner}`, () => {
    it('are enough with the required ones', () => expect(() => make(given)).not.toThrow());
    it.each([...wrong, ['nonsense', 1] as const])('%s must not be %j', (name, value) => {
      const attempt = (): unknown => make({ ...given, [name]: value });
      expect(attempt).toThrow(FactorConfigError);
      expect(attempt).toThrow(new RegExp(`^${owner}: (?:unknown )?option "${name}"`));
      if (typeof value === 'string' && value.length > 3) expect(attempt).not.toThrow(value); // it may be a secret
    });
  });
}
