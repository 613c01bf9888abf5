import { FactorClientError, toClientError } from './factor-client-error.js';
import type { ParseSdk, SdkUser } from './parse-sdk.js';

/** What is sent for a factor: a code, an object of strings, or `true` where nothing is to be said. */
export type Payload = string | true | Readonly<Record<string, string>>;

/** Answers to factors by their keys. */
export type Answers = Readonly<Record<string, Payload>>;

/** What the server replies about a factor. Times are ISO 8601. */
export interface Reply {
  /** `sent`, `pending`, `enabled` or `verified`. */
  readonly status?: string;
  /** Without a password: the address as the server keeps it, to be sent back with the code. */
  readonly id?: string;
  /** Where the code went, masked. */
  readonly destination?: string;
  /** Until when the code, or what was begun, is good. */
  readonly expiresAt?: string;
  /** From when another code may be asked for. */
  readonly resendAt?: string;
  /** The secret of an authenticator that is being set up, to type in. */
  readonly secret?: string;
  /** The same as a key URI, to open an app with. */
  readonly uri?: string;
  /** The same as a QR code: an SVG data URL for `<img src>`. */
  readonly qr?: string;
  /** The options for WebAuthn, as JSON. */
  readonly options?: string;
  readonly [name: string]: string | undefined;
}

/** A JSON object of the server's. */
export type Fields = Readonly<Record<string, unknown>>;

/** Sends a request by way of the SDK. */
export type Send = (method: string, path: string, body: object, sessionToken?: string) => Promise<Fields>;

/** @returns the value as an object, an empty one if it is none */
export const asFields = (value: unknown): Fields => (typeof value === 'object' && value !== null ? (value as Fields) : {});

/** Requests as the SDK sends them: with its installation, its headers and its retries, and without a session unless one is given. */
export const sender =
  <User extends SdkUser>(sdk: ParseSdk<User>): Send =>
  async (method, path, body, sessionToken = '') => {
    const options = { sessionToken, useMasterKey: false, returnStatus: true } as const;
    try {
      return asFields(await sdk.CoreManager.getRESTController().request(method, path, body, options));
    } catch (fault) {
      throw toClientError(fault);
    }
  };

/**
 * `POST /challenge` for one factor.
 *
 * @param first who asks: his credentials, or nothing
 */
export async function sendChallenge(
  send: Send,
  [key, payload]: readonly [string, Payload],
  first: object,
  token?: string,
): Promise<Reply> {
  const { challengeData } = await send('POST', 'challenge', { ...first, challengeData: { [key]: payload } }, token);
  const replies = asFields(challengeData);
  // Parse Server passes over what it does not know.
  if (!(key in replies)) throw new FactorClientError('invalid_input', `invalid_input: The server has no factor "${key}".`);
  return asFields(replies[key]) as Reply;
}
