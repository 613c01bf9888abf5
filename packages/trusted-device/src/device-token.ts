import { createHash, createHmac, timingSafeEqual } from 'node:crypto';
import { bytesFrom, type FieldRule, type RandomSource } from '@parse-factors/core/factor';

const ID_BYTES = 16;
const SECRET_BYTES = 32;

/** `<id of the device>.<secret>`, each in Base64url. */
export const DEVICE_TOKEN: FieldRule = {
  maxLength: 66,
  pattern: /^[A-Za-z0-9_-]{22}\.[A-Za-z0-9_-]{43}$/,
  accepts: 'the token of a trusted device',
};

/** A new id of a device, 128 bits. */
export const newDeviceId = (random: RandomSource): string => bytesFrom(random, ID_BYTES).toString('base64url');

/** A new secret of a device, 256 bits: too many to guess, so nothing is gained by a keyed digest. */
export const newSecret = (random: RandomSource): string => bytesFrom(random, SECRET_BYTES).toString('base64url');

/**
 * The secret that takes the place of another: HMAC-SHA256 of a stored nonce, keyed with the secret it replaces.
 * Requests that hold the replaced secret get the same successor; the stored record alone does not give it.
 */
export const successorOf = (secret: string, nonce: string): string =>
  createHmac('sha256', secret).update(nonce).digest('base64url');

/** A token of a device, taken apart. */
export interface DeviceToken {
  readonly id: string;
  readonly secret: string;
}

/** Takes a token apart. */
export function readToken(token: string): DeviceToken {
  const [id = '', secret = ''] = token.split('.');
  return { id, secret };
}

/** What is stored of a text that only the device knows. */
export const digestOf = (text: string): string => createHash('sha256').update(text).digest('base64url');

/** Whether the digest is that of the text; constant time. */
export const matches = (digest: string, text: string): boolean => {
  const [stored, given] = [Buffer.from(digest), Buffer.from(digestOf(text))];
  return stored.length === given.length && timingSafeEqual(stored, given);
};
