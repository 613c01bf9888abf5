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

/** Headers by name. */
export type CheckHeaders = Readonly<Record<string, string>>;

/** Returns the headers for the server's checks before a message of the factor with that key. */
export type Checks = (key: string) => CheckHeaders | Promise<CheckHeaders>;

/**
 * Sends a request with the SDK.
 * @param sender the key of the factor that sends a message, if the request causes one
 */
export type Send = (method: string, path: string, body: object, sessionToken?: string, sender?: string) => Promise<Fields>;

/** @returns the value if it is an object, else an empty object */
export const asFields = (value: unknown): Fields => (typeof value === 'object' && value !== null ? (value as Fields) : {});

/** Sends requests with the SDK's installation, headers and retries. Without a `sessionToken`, the request has no session. */
export const sender =
  <User extends SdkUser>(sdk: ParseSdk<User>, checks?: Checks): Send =>
  async (method, path, body, sessionToken = '', key = '') => {
    const options = { sessionToken, useMasterKey: false, returnStatus: true } as const;
    const headers = key === '' ? {} : { ...(await checks?.(key)) };
    try {
      if (Object.keys(headers).length > 0) return asFields(await post(sdk, [path, body, sessionToken], headers));
      return asFields(await sdk.CoreManager.getRESTController().request(method, path, body, options));
    } catch (fault) {
      throw toClientError(fault);
    }
  };

/** Sends a request as the SDK does, with further headers. The SDK itself has headers for all requests only. */
async function post<User extends SdkUser>(
  { CoreManager }: ParseSdk<User>,
  [path, body, _SessionToken]: readonly [string, object, string],
  headers: Record<string, string>,
): Promise<unknown> {
  const controller = CoreManager.getRESTController();
  const get = (name: string): unknown => CoreManager.get?.(name) ?? undefined;
  const payload = {
    ...body,
    _ApplicationId: get('APPLICATION_ID'),
    _JavaScriptKey: get('JAVASCRIPT_KEY'),
    _ClientVersion: get('VERSION'),
    _InstallationId: await CoreManager.getInstallationController?.().currentInstallationId(),
    _SessionToken: _SessionToken || undefined,
  };
  const url = `${String(get('SERVER_URL')).replace(/\/$/, '')}/${path}`;
  if (!controller.ajax) throw new TypeError('checks: this Parse SDK cannot send headers');
  try {
    return asFields(await controller.ajax('POST', url, JSON.stringify(payload), headers, {}))['response'];
  } catch (fault) {
    await controller.handleError?.(fault as never); // throws it as the SDK's own error
    throw fault;
  }
}

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
  // Sign-in by fields names the second factor that sends the code.
  const { factor = key } = asFields(payload);
  const body = { ...primary, challengeData: { [key]: payload } };
  const { challengeData } = await send('POST', 'challenge', body, token, String(factor));
  const replies = asFields(challengeData);
  // Parse Server ignores factors that it does not know.
  if (!(key in replies)) throw new FactorClientError('invalid_input', `invalid_input: The server has no factor "${key}".`);
  return asFields(replies[key]) as Reply;
}
