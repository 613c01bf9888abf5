import { createHmac } from 'node:crypto';
import { dynamicTruncate } from '@otplib/core/utils';

/** HMAC hash functions of RFC 6238, section 1.2. */
export type TotpAlgorithm = 'SHA1' | 'SHA256' | 'SHA512';

/** The parameters of a code, besides the time. */
export interface TotpParameters {
  /** The shared secret. */
  readonly secret: Uint8Array;
  /** The hash function. */
  readonly algorithm: TotpAlgorithm;
  /** Digits of a code, 6 to 9. */
  readonly digits: number;
  /** Length of a time step in seconds. */
  readonly stepSeconds: number;
}

/** Whether a code is correct, and for which step. */
export type TotpVerification = { readonly ok: true; readonly step: number } | { readonly ok: false };

/** Computes the HOTP value of a step (RFC 4226, section 5.3) as a number. */
function valueAt({ secret, algorithm, digits }: TotpParameters, step: number): number {
  const counter = Buffer.allocUnsafe(8);
  counter.writeUInt32BE(Math.floor(step / 2 ** 32), 0);
  counter.writeUInt32BE(step % 2 ** 32, 4);
  return dynamicTruncate(createHmac(algorithm, secret).update(counter).digest()) % 10 ** digits;
}

/** Returns the code of one time step, with leading zeros. */
export const totpAt = (parameters: TotpParameters, step: number): string =>
  String(valueAt(parameters, step)).padStart(parameters.digits, '0');

/**
 * Checks a code against the current time step and `driftSteps` before and after it (RFC 6238, section 5.2). Every step is
 * computed and compared as one number, so that the duration reveals nothing about the digits (timing attack).
 * @param now epoch milliseconds
 */
export function verifyTotp(parameters: TotpParameters, code: string, now: number, driftSteps: number): TotpVerification {
  const current = Math.floor(now / 1000 / parameters.stepSeconds);
  const given = code.length === parameters.digits && /^[0-9]+$/.test(code) ? Number(code) : -1;
  let matched = -1;
  for (let step = Math.max(0, current - driftSteps); step <= current + driftSteps; step += 1) {
    if (valueAt(parameters, step) === given) matched = step;
  }
  return matched < 0 ? { ok: false } : { ok: true, step: matched };
}
