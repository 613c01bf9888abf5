import { createHmac, timingSafeEqual } from 'node:crypto';
import { canonicalCode, MAX_TYPED, readableCode, typedCode, type FieldRule, type RandomSource } from '@parse-factors/core/factor';

/** 16 characters of 5 bits are 80 bits. NIST SP 800-63B-4, section 4.2.1.1, requires 64. */
const LENGTH = 16;

/** A recovery code of Parse Server's own `mfa` adapter: about 178 bits, case-sensitive. */
const BUILT_IN_CODE = /^[0-9A-Za-z]{30}$/;

/** Accepts a recovery code. Case, spaces, dashes, invisible characters and full-width letters are tolerated. */
export const RECOVERY_CODE: FieldRule = {
  maxLength: MAX_TYPED,
  tidy: typedCode,
  pattern: /^(?:[0-9A-Za-z]{16}|[0-9A-Za-z]{30})$/,
  accepts: 'a recovery code of 16 letters and digits',
};

/** Creates a code such as `7K3M-9QRS-TV2W-XYZ0`. */
export const newCode = (random: RandomSource): string => readableCode(random, LENGTH);

/** Returns the canonical form of a typed code. */
const normalise = (code: string): string => (BUILT_IN_CODE.test(code) ? code : canonicalCode(code));

/**
 * Returns the keyed digest (HMAC-SHA-256) of a recovery code, as `RecoveryCodesFactor` stores it.
 * @param key the user's digest key, in Base64url
 */
export const digestOf = (key: string, code: string): string =>
  createHmac('sha256', Buffer.from(key, 'base64url')).update(normalise(code)).digest('base64url');

/**
 * Removes the digest of a recovery code from a list. Undefined if it is not in the list. Every digest is compared, each in
 * constant time.
 */
export function without(digests: readonly string[], key: string, code: string): string[] | undefined {
  const given = Buffer.from(digestOf(key, code));
  const left = digests.filter((digest) => {
    const stored = Buffer.from(digest);
    return !(stored.length === given.length && timingSafeEqual(stored, given));
  });
  return left.length === digests.length ? undefined : left;
}
