import { FactorClientError, toClientError } from './factor-client-error.js';
import type { ParseSdk, SdkUser } from './parse-sdk.js';

/** What a client sends to a factor: a code, an object of strings, or `true` if there is nothing to add. */
export type Payload = string | true | Readonly<Record<string, string>>;

/** Answers to factors, by factor key. */
export type Answers = Readonly<Record<string, Payload>>;

/** A factor's reply. Times are ISO 8601. */
export interface Reply {
  /** `sent`, `pending`, `enabled` or `verified`. */
  readonly status?: string;
  /** Passwordless sign-in: the normalised address. Send it back with the code. */
  readonly id?: string;
  /** Where the code went, masked. */
  readonly destination?: string;
  /** If there are several addresses: JSON of `{ id, destination }`s, of which `challenge(key, { id })` sends a code to. */
  readonly destinations?: string;
  /** If codes can be sent by several ways: the one that was used, such as `sms`. `challenge(key, { via })` chooses one. */
  readonly via?: string;
  /** If codes can be sent by several ways: JSON, which `waysIn` reads. */
  readonly ways?: string;
  /** If the user may have several authenticators: JSON, which `authenticators(key).list()` reads. */
  readonly authenticators?: string;
  /** When the code, or the enrolment that was begun, expires. */
  readonly expiresAt?: string;
  /** When the user may ask for another code. */
  readonly resendAt?: string;
  /** The secret of an authenticator app that is being enrolled, to type in. */
  readonly secret?: string;
  /** The same secret as a key URI, to open an app with. */
  readonly uri?: string;
  /** The same secret as a QR code: an SVG data URL for `<img src>`. */
  readonly qr?: string;
  /** The WebAuthn options as JSON. */
  readonly options?: string;
  readonly [name: string]: string | undefined;
}

/** How a code is to be sent, if the factor offers several ways; by the first one by default. */
export type SentBy = {
  /** One of `waysIn(reply)`, such as `voice`. */
  readonly via?: string;
};

/** A JSON object from the server. */
export type Fields = Readonly<Record<string, unknown>>;

/** Sends a request with the SDK. */
export type Send = (method: string, path: string, body: object, sessionToken?: string) => Promise<Fields>;

/** @returns the value if it is an object, else an empty object */
export const asFields = (value: unknown): Fields => (typeof value === 'object' && value !== null ? (value as Fields) : {});

/** Sends requests with the SDK's installation, headers and retries. Without a `sessionToken`, the request has no session. */
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
 * Calls `POST /challenge` for one factor.
 * @param primary the credentials of the primary factor, or an empty object
 */
export async function sendChallenge(
  send: Send,
  [key, payload]: readonly [string, Payload],
  primary: object,
  token?: string,
): Promise<Reply> {
  const { challengeData } = await send('POST', 'challenge', { ...primary, challengeData: { [key]: payload } }, token);
  const replies = asFields(challengeData);
  // Parse Server ignores factors that it does not know.
  if (!(key in replies)) throw new FactorClientError('invalid_input', `invalid_input: The server has no factor "${key}".`);
  return asFields(replies[key]) as Reply;
}
