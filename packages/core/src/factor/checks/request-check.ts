import { FactorError } from '../../error/factor-error.js';
import type { Reply, RequestContext } from '../context.js';

/**
 * Checks a request before it may cause a message, by a header that the client sends, such as the token of a CAPTCHA. The
 * option `allow` of a factor takes one, or several in a list.
 *
 * Unlike a function, it sees no address and no user. So it is asked before a user is looked for, and whether a token is used up
 * reveals nothing about users (user enumeration, CWE-204).
 */
export interface RequestCheck {
  /**
   * The header that it reads, in lower case. Browsers send it from another origin only if Parse Server's option `allowHeaders`
   * has it.
   */
  readonly header: string;

  /**
   * Tells whether the request may cause a message. Anything but true refuses it with `address_refused`.
   *
   * @throws FactorError `unavailable` if that cannot be decided; any other error becomes one
   */
  check(context: RequestContext): boolean | Promise<boolean>;

  /** Set if clients need a challenge from this server first. It returns one. */
  challenge?(context: RequestContext): Promise<Reply>;
}

/** A name that is an HTTP header in lower case (RFC 9110, section 5.6.2). */
export const HEADER_NAME: RegExp = /^[a-z0-9][a-z0-9-]{0,63}$/;

/** Tells whether a value is a {@link RequestCheck}. */
export function isRequestCheck(value: unknown): value is RequestCheck {
  if (typeof value !== 'object' || value === null || !('header' in value) || !('check' in value)) return false;
  const { header, check } = value;
  return typeof header === 'string' && HEADER_NAME.test(header) && typeof check === 'function';
}

/**
 * Asks the checks one after the other, until one refuses.
 *
 * @throws FactorError `address_refused`, `unavailable`
 */
export async function assertChecked(checks: readonly RequestCheck[], context: RequestContext): Promise<void> {
  for (const check of checks) {
    const isAllowed: unknown = await check.check(context);
    if (isAllowed !== true) throw new FactorError('address_refused', { sentence: REFUSED });
  }
}

const REFUSED = 'The check before a message did not pass. Do it again, then retry.';

/** Returns the value of a header; undefined if there is none, if it was sent more than once, or if it is too long. */
export function headerOf({ headers }: Pick<RequestContext, 'headers'>, name: string, maxLength: number): string | undefined {
  const value = headers[name];
  return typeof value === 'string' && value !== '' && value.length <= maxLength ? value : undefined;
}
