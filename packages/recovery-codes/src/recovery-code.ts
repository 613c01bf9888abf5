import { createHmac, timingSafeEqual } from 'node:crypto';
import { bytesFrom, MAX_TYPED, typedCode, type FieldRule, type RandomSource } from '@parse-factors/core/factor';

/** Crockford's Base32: no letter that looks like a digit. */
const ALPHABET = '0123456789ABCDEFGHJKMNPQRSTVWXYZ';
/** 16 characters of 5 bits are 80 bits; NIST SP 800-63B-4, section 4.2.1.1, asks for 64. */
const LENGTH = 16;
const GROUP = 4;

/** A code of Parse Server's own `mfa`: some 178 bits, whose case matters. */
const FOREIGN = /^[0-9A-Za-z]{30}$/;

/** Case, spaces, dashes and invisible characters do not matter, nor does the width of letters. */
export const RECOVERY_CODE: FieldRule = {
  maxLength: MAX_TYPED,
  tidy: typedCode,
  pattern: /^(?:[0-9A-Za-z]{16}|[0-9A-Za-z]{30})$/,
  accepts: 'a recovery code of 16 letters and digits',
};

/** A new code, such as `7K3M-9QRS-TV2W-XYZ0`, without bias: 32 divides 256. */
export function newCode(random: RandomSource): string {
  const characters = [...bytesFrom(random, LENGTH)].map((byte) => ALPHABET.charAt(byte % ALPHABET.length)).join('');
  return characters.replaceAll(new RegExp(`.{${GROUP}}(?=.)`, 'g'), '$&-');
}

/** A code as it was made, however it was typed. */
const normalise = (code: string): string =>
  FOREIGN.test(code) ? code : code.replaceAll(/[ -]/g, '').toUpperCase().replaceAll('O', '0').replaceAll(/[IL]/g, '1');

/**
 * A keyed digest (HMAC-SHA-256) of a recovery code, as `RecoveryCodesFactor` keeps it.
 *
 * @param key the key of the user's digests, in Base64url
 */
export const digestOf = (key: string, code: string): string =>
  createHmac('sha256', Buffer.from(key, 'base64url')).update(normalise(code)).digest('base64url');

/** The digests but for that of a recovery code; undefined when it is not among them. All are compared, each in constant time. */
export function without(digests: readonly string[], key: string, code: string): string[] | undefined {
  const given = Buffer.from(digestOf(key, code));
  const left = digests.filter((digest) => {
    const stored = Buffer.from(digest);
    return !(stored.length === given.length && timingSafeEqual(stored, given));
  });
  return left.length === digests.length ? undefined : left;
}
