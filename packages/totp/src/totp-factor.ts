import { FactorError } from '@parse-factors/core';
import {
  type Authentication,
  asksForProof,
  beginAttempt,
  digitsRule,
  Factor,
  factorSubject,
  markSubject,
  readCode,
  type Command,
  type Confirmed,
  type EnrolmentImport,
  type FactorContext,
  type PayloadSource,
  type Purpose,
  type Reply,
} from '@parse-factors/core/factor';
import type { SendLimits } from '@parse-factors/core/store';
import { generateURI } from 'otplib';
import qrcode from 'qrcode';
import { forgetPending, openPending, sealedPending } from './pending-totp.js';
import type { TotpAlgorithm } from './totp-code.js';
import { importEnrolment, secretBytes, type TotpEnrolment } from './totp-enrolment.js';
import { resolveTotpOptions, type ResolvedTotpOptions, type TotpOptions } from './totp-options.js';
import { matchStep, redeemTotp, type TotpAuthenticator } from './totp-verification.js';

/** Code points of an account's name in the key URI. More would not fit into a QR code that phones can scan. */
const MAX_LABEL = 64;
/** Limits pending enrolments per user, because each one costs a QR code. */
const PENDING_LIMITS: SendLimits = { cooldownMs: 0, quotas: [{ limit: 20, windowMs: 10 * 60_000 }] };

/**
 * Authenticator apps (TOTP, RFC 6238) as a second factor. The server creates the secret. Every code works once, and an older
 * code is refused after a newer one (replay).
 * Payloads: `true` to begin, the code to confirm and to answer.
 * @example
 * ```ts
 * import { composeFactors } from '@parse-factors/core';
 * import { TotpFactor } from '@parse-factors/totp';
 *
 * export const factors = (keys: string) => composeFactors({ keys, factors: { totp: new TotpFactor({ issuer: 'Acme' }) } });
 * ```
 */
export class TotpFactor extends Factor<TotpEnrolment, string> {
  override readonly authentication: Authentication = { amr: ['otp'], proves: 'possession' };
  /**
   * Imports `{ secret, algorithm, digits, stepSeconds, usedUntil }`, as another factor for authenticator apps has stored it.
   */
  override readonly importer: EnrolmentImport<TotpEnrolment> = { importEnrolment };
  readonly #options: ResolvedTotpOptions;

  /** @throws FactorConfigError naming the option and what it accepts */
  constructor(options: TotpOptions) {
    super();
    this.#options = resolveTotpOptions(options);
  }

  read(payload: unknown, { at, enrolment }: PayloadSource<TotpEnrolment>): Command<string> {
    const { digits } = this.#options;
    if (at === 'challenge') return readChallenge(payload, enrolment);
    if (enrolment === undefined) return { do: 'enrol', confirmation: readCode(payload, digitsRule(digits)) };
    if (at === 'sign-in') return { do: 'answer', answer: readCode(payload, digitsRule(enrolment.digits)) };
    // The enrolled authenticator's codes may have another length than those of its replacement.
    const either = digitsRule(Math.min(digits, enrolment.digits), Math.max(digits, enrolment.digits));
    const code = readCode(payload, either);
    return { do: 'enrol-or-answer', answer: code, confirmation: code };
  }

  async beginEnrolment(context: FactorContext): Promise<Reply> {
    const { issuer, accountName: nameOf } = this.#options;
    const pending = await sealedPending(context, this.#options);
    const { secret, algorithm, digits, stepSeconds, expiresAt } = openPending(context, pending);
    const label = [...nameOf(context.user).replaceAll(':', ' ')].slice(0, MAX_LABEL).join('');
    const uri = generateURI({ issuer, label, secret, algorithm: toOtplib(algorithm), digits, period: stepSeconds });
    const live = { digest: pending, expiresAt };
    const issue = await context.store.issue(factorSubject(context, 'enrolment'), live, PENDING_LIMITS);
    if (!issue.issued) throw new FactorError(issue.reason, { retryAt: issue.retryAt });
    const svg = await qrcode.toString(uri, { type: 'svg', errorCorrectionLevel: 'M', margin: 4 });
    context.emit({ type: 'challenged', purpose: 'enrolment' });
    return {
      status: 'pending',
      secret,
      uri,
      qr: `data:image/svg+xml;base64,${Buffer.from(svg).toString('base64')}`,
      expiresAt: new Date(expiresAt).toISOString(),
    };
  }

  async confirmEnrolment(context: FactorContext, code: string): Promise<Confirmed<TotpEnrolment>> {
    assertDigits(code, this.#options.digits);
    const subject = factorSubject(context, 'enrolment');
    const attempt = await beginAttempt(context, subject, 'enrolment', this.#options);
    if (attempt.digest === undefined) throw attempt.reject('code_expired');
    const { expiresAt: _, ...enrolment } = openPending(context, attempt.digest);
    const step = matchStep(context, attempt, code, this.#authenticator(enrolment));
    // Deleted before the secret is in use, so that it is never shown again.
    await forgetPending(context);
    if (!(await context.store.consume(subject, attempt.digest))) throw attempt.reject('code_expired');
    // Marks the step of the enrolment as used, so that the same code cannot log in too (replay).
    await context.store.advance(markSubject(context), step);
    return { enrolment };
  }

  /** Sends nothing: the app computes the code. */
  async challenge(): Promise<Reply> {
    return { status: 'enabled' };
  }

  async verify(context: FactorContext, purpose: Purpose, code: string, enrolment: TotpEnrolment): Promise<undefined> {
    assertDigits(code, enrolment.digits);
    await redeemTotp(context, purpose, code, this.#authenticator(enrolment));
  }

  /** Shows nothing about the secret. */
  describe(): Reply {
    return {};
  }

  #authenticator({ secret, usedUntil, ...parameters }: TotpEnrolment): TotpAuthenticator {
    const { driftSteps } = this.#options;
    return {
      parameters: { ...parameters, secret: secretBytes(secret) },
      limits: this.#options,
      driftSteps,
      ...(usedUntil !== undefined && { usedUntil }),
    };
  }
}

/**
 * Reads a challenge. `true` enrols an authenticator app if the session has a step-up proof, and challenges otherwise.
 * @throws FactorError `invalid_input`
 */
function readChallenge(payload: unknown, enrolment: TotpEnrolment | undefined): Command<string> {
  if (enrolment !== undefined && asksForProof(payload)) return { do: 'challenge' };
  if (payload !== true) throw new FactorError('invalid_input', { sentence: 'The only accepted value is true.' });
  return { do: 'begin-or-challenge', begin: undefined };
}

/** @throws FactorError `invalid_input` */
function assertDigits(code: string, digits: number): void {
  if (code.length !== digits) readCode(code, digitsRule(digits));
}

const toOtplib = (algorithm: TotpAlgorithm): 'sha1' | 'sha256' | 'sha512' =>
  algorithm === 'SHA1' ? 'sha1' : algorithm === 'SHA256' ? 'sha256' : 'sha512';
