import { totpAt } from '@parse-factors/totp';
import { ScureBase32Plugin } from 'otplib';

const base32 = new ScureBase32Plugin();

/**
 * What an authenticator app shows for a secret as it is typed in.
 *
 * @param now epoch milliseconds
 */
export function authenticatorCode(secret: string, now: number, stepsAhead = 0): string {
  const parameters = { secret: base32.decode(secret), algorithm: 'SHA1', digits: 6, stepSeconds: 30 } as const;
  return totpAt(parameters, Math.floor(now / 30_000) + stepsAhead);
}
