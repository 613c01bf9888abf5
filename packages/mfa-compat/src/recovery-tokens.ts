import { FactorError } from '@parse-factors/core';
import { bytesFrom, type RandomSource, type Reply } from '@parse-factors/core/factor';
import { recoveryDigest, type RecoveryEnrolment } from '@parse-factors/recovery-codes';

const ALPHABET = 'ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789';
const LENGTH = 30;
const COUNT = 2;
/** The largest multiple of the alphabet's length that fits a byte. Larger bytes are discarded, which avoids a modulo bias. */
const USABLE = 256 - (256 % ALPHABET.length);
/** With a sound random source, this many bytes are too few only once in 10^30. */
const BYTES = 128;

/** Whether a token looks like a recovery code. */
export const isRecoveryToken = (token: unknown): token is string => typeof token === 'string' && /^[0-9A-Za-z]{30}$/.test(token);

function newToken(random: RandomSource): string {
  const usable = [...bytesFrom(random, BYTES)].filter((byte) => byte < USABLE).slice(0, LENGTH);
  if (usable.length < LENGTH) throw new FactorError('unavailable');
  return usable.map((byte) => ALPHABET.charAt(byte % ALPHABET.length)).join('');
}

/** Creates two recovery codes in the built-in adapter's format. Returns what is stored and the reply for the user. */
export function newRecovery(random: RandomSource): { readonly kept: RecoveryEnrolment; readonly reply: Reply } {
  const key = bytesFrom(random, 32).toString('base64url');
  const tokens = Array.from({ length: COUNT }, () => newToken(random));
  const digests = tokens.map((token) => recoveryDigest(key, token));
  return { kept: { key, digests }, reply: { recovery: tokens.join(', ') } };
}
