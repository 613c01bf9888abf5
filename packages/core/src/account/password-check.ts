import type { FactorUser, RequestHeaders } from '../factor/context.js';

/** The request that sets a password. */
export interface PasswordContext {
  /** The user as stored; undefined at a sign-up. */
  readonly user: FactorUser | undefined;
  /** Whether the master key sets it. Resets do so as well, both by a code and by Parse Server's link. */
  readonly hasMasterKey: boolean;
  /** The client's IP address, as Parse Server saw it. */
  readonly ip: string | undefined;
  /** The headers of the request, by their names in lower case. A client can send any. */
  readonly headers: RequestHeaders;
  /** The installation id that the SDK sent. It is not authenticated: a client can send any. */
  readonly installationId: string | undefined;
}

/**
 * The result of a {@link PasswordCheck}: `true` accepts the password. `unknown` accepts it as well, with an event, because it could
 * not be checked. Anything else refuses it.
 */
export type PasswordVerdict = boolean | 'unknown';

/**
 * Decides whether a new password may be used. It must neither store nor log the password.
 *
 * If it throws, the password is refused with `unavailable`; a `FactorError` is replied as it is.
 */
export type PasswordCheck = (password: string, context: PasswordContext) => PasswordVerdict | Promise<PasswordVerdict>;
