import { createHmac } from 'node:crypto';
import { FactorError } from '@parse-factors/core';
import { recoveryDigest, type RecoveryEnrolment } from '@parse-factors/recovery-codes';
import type { TotpAlgorithm } from '@parse-factors/totp';
import { canonicalBase32, decodeBase32 } from './base32.js';

/**
 * What is stored about a user with an authenticator app. It includes the parameters, so that changed options lock no user out.
 */
export interface AuthenticatorEnrolment {
  /** The shared secret in Base32. */
  readonly secret: string;
  readonly algorithm: TotpAlgorithm;
  readonly digits: number;
  /** Length of a time step in seconds. */
  readonly period: number;
  /** Digests of the unused recovery codes. */
  readonly recovery: RecoveryEnrolment;
}

/** What is stored about a user who gets codes by SMS. */
export interface MobileEnrolment {
  /** The number that codes are sent to: E.164, unless the built-in adapter stored it in another form. */
  readonly mobile: string;
}

/** What is stored about a user: one method, as in the built-in adapter. */
export type MfaEnrolment = AuthenticatorEnrolment | MobileEnrolment;

/** Whether the user gets codes by SMS. */
export const isMobile = (enrolment: MfaEnrolment): enrolment is MobileEnrolment => 'mobile' in enrolment;

/** The fields of the built-in adapter's records. If a record has both methods, that adapter uses SMS. */
const FIELDS = new Set(['secret', 'recovery', 'mobile', 'token', 'expiry', 'pending']);
const SECRET = /^[A-Za-z2-7 ]{1,512}=*$/;
/** 80 bits. The built-in adapter accepts 20 characters including spaces. */
const MIN_SECRET = 16;
/** The built-in adapter's pattern for numbers, with a limit on the length. */
const MOBILE = /^[+]*[(]?[0-9]{1,3}[)]?[-\s./0-9]{0,32}$/;

/**
 * Imports a record of the built-in adapter. A code that it has sent is not imported, because it is stored in plain text.
 * @throws FactorError `unavailable` for any other record
 */
export function importBuiltInRecord(
  record: Readonly<Record<string, unknown>>,
  parameters: Pick<AuthenticatorEnrolment, 'algorithm' | 'digits' | 'period'>,
): MfaEnrolment {
  const { secret, recovery = [], mobile } = record;
  if (Object.keys(record).some((name) => !FIELDS.has(name))) throw new FactorError('unavailable');
  if (typeof mobile === 'string' && MOBILE.test(mobile)) return { mobile };
  const isSound =
    mobile === undefined &&
    typeof secret === 'string' &&
    SECRET.test(secret) &&
    canonicalBase32(secret).length >= MIN_SECRET &&
    Array.isArray(recovery) &&
    recovery.every((code) => typeof code === 'string' && code.length <= 100);
  if (!isSound) throw new FactorError('unavailable');
  const { algorithm, digits, period } = parameters;
  const canonical = canonicalBase32(secret);
  // The key is derived from the secret, so that a record gives the same digests on every read. Anyone who can open the seal has
  // the secret anyway.
  const key = createHmac('sha256', decodeBase32(canonical)).update('recovery').digest('base64url');
  const digests = (recovery as readonly string[]).map((code) => recoveryDigest(key, code));
  return { secret: canonical, algorithm, digits, period, recovery: { key, digests } };
}
