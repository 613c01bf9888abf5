import type { AddressType, OptionRule } from '@parse-factors/core/factor';
import { optional } from '@parse-factors/core/factor';
import type { SmsOtpOptions } from './sms-otp-factor.js';

/** Longer messages are not read by Android's SMS Retriever API. In bytes. */
const RETRIEVER_BYTES = 140;

/** Labels of letters, digits and hyphens (RFC 1123, section 2.1); no scheme, port or path. */
const isHostName = (value: unknown): boolean =>
  typeof value === 'string' && value.length <= 253 && /^(?:[a-z0-9](?:[a-z0-9-]{0,61}[a-z0-9])?\.)+[a-z]{2,63}$/.test(value);

/** Accepts a host name. */
export const hostOption: OptionRule = optional({ accepts: 'a host name, such as example.com', isValid: isHostName });

/** Accepts hashes of Android apps: the first 11 characters of a SHA-256 in Base64. */
export const appHashesOption: OptionRule = optional({
  accepts: 'a list of 1 to 5 app hashes, each of 11 letters, digits, "+" and "/"',
  isValid: (value) =>
    Array.isArray(value) &&
    value.length >= 1 &&
    value.length <= 5 &&
    value.every((hash) => typeof hash === 'string' && /^[A-Za-z0-9+/]{11}$/.test(hash)),
});

/**
 * Returns what writes the last line of a message. Android's SMS Retriever API and browsers both expect theirs to be the last
 * one, so a message has only one of them.
 */
export function autofillLines({
  origin,
  embeddedOrigin,
  appHashes = [],
}: Pick<SmsOtpOptions, 'origin' | 'embeddedOrigin' | 'appHashes'>): NonNullable<AddressType['autofillLine']> {
  return (code, { headers }) => {
    const named = appHashes.find((hash) => hash === headers['x-app-hash']);
    const appHash = named ?? (origin === undefined ? appHashes[0] : undefined);
    if (appHash !== undefined) return { line: appHash, maxBytes: RETRIEVER_BYTES };
    if (origin === undefined) return undefined;
    // WICG origin-bound one-time codes: the last line has the site, the code, and the site of a frame if there is one.
    return `@${origin} #${code}${embeddedOrigin === undefined ? '' : ` @${embeddedOrigin}`}`;
  };
}
