import { createHash, createHmac, timingSafeEqual } from 'node:crypto';
import { bytesFrom, type FieldRule, type RandomSource } from '@parse-factors/core/factor';

const ID_BYTES = 16;
const SECRET_BYTES = 32;

/** A token: `<id of the device>.<secret>`, each in Base64url. */
export const DEVICE_TOKEN: FieldRule = {
  maxLength: 66,
  pattern: /^[A-Za-z0-9_-]{22}\.[A-Za-z0-9_-]{43}$/,
  accepts: 'the token of a trusted device',
};

/** Creates a device id of 128 bits. */
export const newDeviceId = (random: RandomSource): string => bytesFrom(random, ID_BYTES).toString('base64url');

/** Creates a device secret of 256 bits. It cannot be guessed, so its digest needs no key. */
export const newSecret = (random: RandomSource): string => bytesFrom(random, SECRET_BYTES).toString('base64url');

/**
 * Derives the secret that replaces another: HMAC-SHA256 of a stored nonce, keyed with the replaced secret. Requests with the
 * replaced secret get the same successor. The stored record alone does not reveal it.
 */
export const successorOf = (secret: string, nonce: string): string =>
  createHmac('sha256', secret).update(nonce).digest('base64url');

/** The parts of a device token. */
export interface DeviceToken {
  readonly id: string;
  readonly secret: string;
}

/** Splits a token into its parts. */
export function readToken(token: string): DeviceToken {
  const [id = '', secret = ''] = token.split('.');
  return { id, secret };
}

/** Returns the stored digest of a secret that only the device knows. */
export const digestOf = (text: string): string => createHash('sha256').update(text).digest('base64url');

/** Whether the digest belongs to the text, compared in constant time. */
export const matches = (digest: string, text: string): boolean => {
  const [stored, given] = [Buffer.from(digest), Buffer.from(digestOf(text))];
  return stored.length === given.length && timingSafeEqual(stored, given);
};
