import { createHmac, timingSafeEqual } from 'node:crypto';
import { counterToBytes, dynamicTruncate, truncateDigits } from '@otplib/core/utils';

/** HMAC hash functions of RFC 6238, section 1.2. */
export type TotpAlgorithm = 'SHA1' | 'SHA256' | 'SHA512';

/** What a code is computed from, besides the time. */
export interface TotpParameters {
  /** The shared secret. */
  readonly secret: Uint8Array;
  /** The hash function. */
  readonly algorithm: TotpAlgorithm;
  /** Digits of a code: 6 or 8. */
  readonly digits: 6 | 8;
  /** Length of a time step in seconds. */
  readonly stepSeconds: number;
}

/** Whether a code is right, and for which step. */
export type TotpVerification = { readonly ok: true; readonly step: number } | { readonly ok: false };

/** The code of one time step: HOTP (RFC 4226, section 5.3) of the step's number. */
export function totpAt({ secret, algorithm, digits }: TotpParameters, step: number): string {
  const mac = createHmac(algorithm, secret).update(counterToBytes(step)).digest();
  return truncateDigits(dynamicTruncate(mac), digits);
}

/**
 * Checks a code against the current time step and `driftSteps` to either side (RFC 6238,
 * section 5.2). Every step is computed and compared in constant time, right or not.
 *
 * @param now epoch milliseconds
 */
export function verifyTotp(parameters: TotpParameters, code: string, now: number, driftSteps: number): TotpVerification {
  const current = Math.floor(now / 1000 / parameters.stepSeconds);
  const given = Buffer.from(code);
  let matched = -1;
  for (let step = Math.max(0, current - driftSteps); step <= current + driftSteps; step += 1) {
    const expected = Buffer.from(totpAt(parameters, step));
    if (expected.length === given.length && timingSafeEqual(expected, given)) matched = step;
  }
  return matched < 0 ? { ok: false } : { ok: true, step: matched };
}
