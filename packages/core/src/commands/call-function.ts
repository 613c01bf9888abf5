import { TimeoutError, withTimeout } from '../time/timeout.js';
import { asObject } from '../validation/json-object.js';
import { isLoopback } from '../validation/options.js';
import { readReply, ReplyTooLong } from '../validation/reply-text.js';

/** How long a server may take to answer, in milliseconds. A batch of 1000 records takes seconds. */
const ANSWER_MS = 120_000;

/** How long a reply may be. A batch of 1000 users, none of whose records can be read, has less than one megabyte. */
const MAX_REPLY_MB = 16;
const MAX_REPLY_BYTES = MAX_REPLY_MB * 1_000_000;

/** A server that a command calls. */
export interface CalledServer {
  readonly serverUrl: string;
  readonly appId: string;
  readonly masterKey: string;
}

/** The server answered a call with an error. */
export class AnsweredError extends Error {
  override readonly name = 'AnsweredError';
  /** Parse Server's error code; undefined if the answer has none. */
  readonly code: number | undefined;

  constructor(message: string, code: number | undefined) {
    super(message);
    this.code = code;
  }
}

/**
 * Calls a Cloud function with the master key. Returns its result as it came: print only what {@link plainly} returns.
 *
 * @throws Error for a URL that {@link functionsUrl} refuses, or if the server does not answer in two minutes; AnsweredError if
 * it refuses
 */
export async function callFunction(
  functionName: string,
  { serverUrl, ...server }: CalledServer,
  params: object,
): Promise<Readonly<Record<string, unknown>>> {
  const url = `${functionsUrl(serverUrl)}/${functionName}`;
  const { ok, status, body } = await withTimeout(ANSWER_MS, (signal) => post(url, { server, params, signal })).catch(
    (fault: Error & { readonly cause?: { readonly code?: unknown; readonly message?: unknown } }) => {
      if (fault instanceof ReplyTooLong) throw new Error(`The server answered with more than ${MAX_REPLY_MB} MB.`);
      const { code, message } = fault.cause ?? {};
      // Not the message of the fault itself: it may repeat what was to be sent.
      const named = [code, message].find((each) => typeof each === 'string') ?? 'the request could not be sent';
      const reason = fault instanceof TimeoutError ? 'no answer in time' : named;
      throw new Error(`The server does not answer: ${plain(reason)}`, { cause: fault });
    },
  );
  const result = asObject(asObject(body)?.['result']);
  if (ok && result !== undefined) return result;
  const { error, code } = asObject(body) ?? {};
  const said = typeof error === 'string' ? plain(error) : 'no readable error';
  throw new AnsweredError(
    `The server answered ${status}: ${said}${adviceOn(status, said)}`,
    typeof code === 'number' ? code : undefined,
  );
}

/** What to look at after an answer of Parse Server, or of what stands before it, that has several causes. */
function adviceOn(status: number, said: string): string {
  if (status === 403) return '. Check --app-id, and whether masterKeyIps of the server lists the address of this machine.';
  if (said.includes('Master key is required')) return ' Check PARSE_SERVER_MASTER_KEY.';
  return status === 404 ? '. Check --server-url: it ends with the path of Parse Server, such as /parse.' : '';
}

interface Call {
  readonly server: Omit<CalledServer, 'serverUrl'>;
  readonly params: object;
  readonly signal: AbortSignal;
}

async function post(
  url: string,
  { server: { appId, masterKey }, params, signal }: Call,
): Promise<{ readonly ok: boolean; readonly status: number; readonly body: unknown }> {
  const response = await fetch(url, {
    method: 'POST',
    redirect: 'error', // a redirect must not receive the master key
    headers: { 'Content-Type': 'application/json', 'X-Parse-Application-Id': appId, 'X-Parse-Master-Key': masterKey },
    body: JSON.stringify(params),
    signal,
  });
  return { ok: response.ok, status: response.status, body: jsonIn(await readReply(response, MAX_REPLY_BYTES)) };
}

function jsonIn(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    return undefined;
  }
}

/**
 * Returns the URL of a server's Cloud functions, which receive the master key.
 *
 * @throws Error unless the URL is https (or http for this machine) and has no credentials; the message does not repeat the URL
 */
export function functionsUrl(serverUrl: string): string {
  const url = URL.canParse(serverUrl) ? new URL(serverUrl) : undefined;
  const isSound = url?.protocol === 'https:' || (url?.protocol === 'http:' && isLoopback(url));
  if (url === undefined || !isSound || url.username !== '' || url.password !== '') {
    throw new Error('--server-url must be a URL that begins with https://, or http:// for this machine, without credentials.');
  }
  return `${url.origin}${url.pathname.replace(/\/+$/, '')}/functions`;
}

/** Replaces control characters in a server's text: they could send commands to the administrator's terminal. */
export const plain = (text: string): string => text.replace(/[^\p{L}\p{N}\p{P}\p{S} ]/gu, '?');

/** Makes every text in a value {@link plain}, the names of its fields too. */
export function plainly(value: unknown): unknown {
  if (typeof value === 'string') return plain(value);
  if (Array.isArray(value)) return value.map(plainly);
  if (typeof value !== 'object' || value === null) return value;
  return Object.fromEntries(Object.entries(value).map(([name, content]) => [plain(name), plainly(content)]));
}
