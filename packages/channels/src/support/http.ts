import { type Channel, readReply, TimeoutError, withTimeout } from '@parse-factors/core/channel';
import { asObject } from '@parse-factors/core/factor';
import { faultFor, type Meaning, notAccepted } from './faults.js';

/** Replies of providers have some hundred bytes. */
const MAX_REPLY_BYTES = 65_536;

/** A provider's reply. */
export interface ProviderReply {
  readonly status: number;
  /** The object that the body holds as JSON; empty if it is anything else. */
  readonly body: Readonly<Record<string, unknown>>;
}

/** How a provider is asked. */
export interface ProviderAccess {
  /** Timeout of one request in milliseconds. */
  readonly timeoutMs: number;
  /** Headers of each request: who asks. */
  readonly headers: Readonly<Record<string, string>>;
}

/** What a provider documents about its requests and replies. */
export interface ProviderApi extends ProviderAccess {
  /** Whether the reply is the documented one for an accepted message. */
  readonly isAccepted: (reply: ProviderReply) => boolean;
  /** Returns the provider's own code in a reply that does not accept the message. */
  readonly codeOf: (reply: ProviderReply) => unknown;
  /** What these codes mean. Any other code is a failure of the channel. */
  readonly meanings: Readonly<Record<string, Meaning>>;
}

/** One request. */
export interface ProviderRequest {
  /** `POST` by default; `GET` without a body. */
  readonly method?: 'GET' | 'POST' | 'DELETE';
  readonly url: string;
  readonly body?: Content;
  readonly headers?: Readonly<Record<string, string>>;
  readonly signal: AbortSignal;
}

/** A body with its media type. */
interface Content {
  readonly type: string;
  readonly text: string;
}

/** A body of JSON. */
export const json = (value: object): Content => ({ type: 'application/json', text: JSON.stringify(value) });

/** A body as a form. */
export const form = (fields: Readonly<Record<string, string>>): Content => ({
  type: 'application/x-www-form-urlencoded',
  text: new URLSearchParams(fields).toString(),
});

/** The header of HTTP Basic authentication (RFC 7617). */
export const basic = (user: string, password: string): string => `Basic ${Buffer.from(`${user}:${password}`).toString('base64')}`;

/** Appends a path to a base URL. */
export const urlOf = (base: string, path: string): string => base.replace(/\/+$/, '') + path;

/**
 * Sends one message by one request, without a retry and without following redirects.
 *
 * @throws FactorError `address_refused`
 * @throws RecipientUnreachable if only this channel cannot reach the recipient
 * @throws MessageNotAccepted for any other reply, or none. Its `code` is `throttled`, `timeout`, `reply_too_long`, the fault of
 * the connection, or `http_` with the status and the provider's code
 */
export async function post(api: ProviderApi, request: ProviderRequest): Promise<void> {
  const reply = await exchange(api, request);
  if (api.isAccepted(reply)) return;
  const { status } = reply;
  const given = api.codeOf(reply);
  const meaning = status === 429 ? 'throttled' : status < 500 ? api.meanings[String(given)] : undefined;
  throw faultFor(meaning, replyCode(reply, given));
}

/** Returns what events show of a reply: its status, and the provider's own code if it is one. */
export function replyCode({ status }: ProviderReply, given: unknown): string {
  const code = typeof given === 'string' || typeof given === 'number' ? String(given) : '';
  return `http_${status}${PROVIDER_CODE.test(code) ? `_${code}` : ''}`;
}

/** Codes of providers are numbers or words. Anything else may hold an address or a text. */
const PROVIDER_CODE = /^(?:[0-9]{1,6}|[A-Za-z_]{2,30})$/;

/**
 * Makes one request, without a retry and without following redirects.
 *
 * @param request without a signal, only the timeout ends it
 * @throws MessageNotAccepted with a `code`: `timeout`, `reply_too_long` or the fault of the connection
 */
export async function exchange(
  { timeoutMs, headers }: ProviderAccess,
  request: Omit<ProviderRequest, 'signal'> & Partial<Pick<ProviderRequest, 'signal'>>,
): Promise<ProviderReply> {
  const { url, body, method = body === undefined ? 'GET' : 'POST', signal } = request;
  return discreet(() =>
    withTimeout(
      timeoutMs,
      (aborting) =>
        fetchReply(url, {
          method,
          headers: { Accept: 'application/json', ...(body && { 'Content-Type': body.type }), ...headers, ...request.headers },
          ...(body && { body: body.text }),
          redirect: 'error',
          signal: aborting,
        }),
      signal,
    ),
  );
}

/**
 * Returns the method `reach` of a channel or a verifier with its own HTTP requests. It asks for the headers of a URL, without
 * credentials, and takes any answer: the request can do nothing at the provider.
 *
 * @param url where messages are sent
 */
export const reaching = (url: string, { timeoutMs }: Pick<ProviderAccess, 'timeoutMs'>): Required<Pick<Channel, 'reach'>> => ({
  reach: (outer) =>
    discreet(async () => {
      const ask = (signal: AbortSignal): Promise<Response> => fetch(url, { method: 'HEAD', redirect: 'manual', signal });
      await withTimeout(timeoutMs, ask, outer);
    }),
});

/** Leaves the fault of a connection out: it may name the URL, which can hold ids of the account. */
async function discreet<Result>(work: () => Promise<Result>): Promise<Result> {
  try {
    return await work();
  } catch (fault) {
    throw notAccepted(fault instanceof TimeoutError ? 'timeout' : connectionFault(fault));
  }
}

async function fetchReply(url: string, init: RequestInit): Promise<ProviderReply> {
  const response = await fetch(url, init);
  return { status: response.status, body: objectIn(await readReply(response, MAX_REPLY_BYTES)) };
}

/** Returns the code of a system error or of TLS, such as `ECONNREFUSED` or `UNABLE_TO_VERIFY_LEAF_SIGNATURE`. */
function connectionFault(fault: unknown): string {
  const { code, cause } = fault as { readonly code?: unknown; readonly cause?: { readonly code?: unknown } };
  const named = [code, cause?.code].find((each) => typeof each === 'string');
  // OpenSSL has names with a slash. Events show 40 characters at most.
  const plain = String(named).replace(/\W/g, '_');
  return named !== undefined && /^[A-Za-z]\w{1,39}$/.test(plain) ? plain : 'connection_failed';
}

function objectIn(text: string): Readonly<Record<string, unknown>> {
  try {
    return asObject(JSON.parse(text)) ?? {};
  } catch {
    return {};
  }
}
