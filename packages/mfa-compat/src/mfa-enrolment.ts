import { createHmac } from 'node:crypto';
import { asObject, FactorError, typedCode } from '@parse-factors/core';
import { recoveryDigest, type RecoveryEnrolment } from '@parse-factors/recovery-codes';
import type { TotpAlgorithm } from '@parse-factors/totp';
import { canonicalBase32, decodeBase32 } from './base32.js';

/** What is kept of a user with an authenticator app; its parameters too, so that changed options lock nobody out. */
export interface AuthenticatorEnrolment {
  /** The shared secret in Base32. */
  readonly secret: string;
  readonly algorithm: TotpAlgorithm;
  readonly digits: number;
  /** Length of a time step in seconds. */
  readonly period: number;
  /** Digests of the recovery codes that are left. */
  readonly recovery: RecoveryEnrolment;
}

/** What is kept of a user who gets codes by SMS. */
export interface MobileEnrolment {
  /** The number as it is sent to: in E.164, but for one that the built-in adapter has taken in another form. */
  readonly mobile: string;
}

/** What is kept of a user: one or the other, as with the built-in adapter. */
export type MfaEnrolment = AuthenticatorEnrolment | MobileEnrolment;

/** Whether the user gets codes by SMS. */
export const isMobile = (enrolment: MfaEnrolment): enrolment is MobileEnrolment => 'mobile' in enrolment;

/** What the built-in adapter keeps; of both ways, it asks for SMS. */
const FIELDS = new Set(['secret', 'recovery', 'mobile', 'token', 'expiry', 'pending']);
const SECRET = /^[A-Za-z2-7 ]{1,512}=*$/;
/** 80 bits; the built-in adapter takes 20 characters, blanks included. */
const LEAST_SECRET = 16;
/** What it takes for a number, and no longer than any number is. */
const MOBILE = /^[+]*[(]?[0-9]{1,3}[)]?[-\s./0-9]{0,32}$/;

/**
 * Reads what the built-in adapter has stored. A code that it has on its way is not taken over: it stands there in clear.
 *
 * @throws FactorError `unavailable` for anything else
 */
export function adoptRecord(
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
    canonicalBase32(secret).length >= LEAST_SECRET &&
    Array.isArray(recovery) &&
    recovery.every((code) => typeof code === 'string' && code.length <= 100);
  if (!isSound) throw new FactorError('unavailable');
  const { algorithm, digits, period } = parameters;
  const canonical = canonicalBase32(secret);
  // Whoever opens the seal has the secret anyway; so a record gives the same digests whenever it is read.
  const key = createHmac('sha256', decodeBase32(canonical)).update('recovery').digest('base64url');
  const digests = (recovery as readonly string[]).map((code) => recoveryDigest(key, code));
  return { secret: canonical, algorithm, digits, period, recovery: { key, digests } };
}

/** The token of a payload, in one form however it was typed: `{ token }`, and as with every factor `"123456"` and `{ code }`. */
export function tokenOf(payload: unknown): unknown {
  const { token, code, ...others } = asObject(payload) ?? { token: payload };
  if (Object.keys(others).length > 0 || (token !== undefined && code !== undefined)) return undefined;
  const typed = token ?? code;
  return typeof typed === 'string' ? typedCode(typed) : typed;
}
