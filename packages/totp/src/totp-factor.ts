import { FactorError } from '@parse-factors/core';
import {
  accountName,
  asksForProof,
  assertLocks,
  ATTEMPT_LIMIT_RULES,
  beginAttempt,
  choiceOption,
  DEFAULT_ATTEMPT_LIMITS,
  digitsRule,
  bytesFrom,
  Factor,
  factorSubject,
  functionOption,
  integerOption,
  markSubject,
  readCode,
  resolveOptions,
  subjectOf,
  type Command,
  type Confirmed,
  type EnrolmentImport,
  type FactorContext,
  type FactorUser,
  type OptionRule,
  type PayloadSource,
  type Purpose,
  type Reply,
} from '@parse-factors/core/factor';
import { UNLIMITED, type AttemptLimits, type SendLimits } from '@parse-factors/core/store';
import { generateURI, ScureBase32Plugin } from 'otplib';
import qrcode from 'qrcode';
import type { TotpAlgorithm } from './totp-code.js';
import { matchStep, redeemTotp, type TotpAuthenticator } from './totp-verification.js';

/** Options of {@link TotpFactor}. */
export interface TotpOptions extends Partial<AttemptLimits> {
  /** The issuer that authenticator apps show; 1 to 64 characters, no colon. */
  readonly issuer: string;
  /** The account's name in the app; by default the user's `username`, `email` or another address. */
  readonly accountName?: (user: FactorUser) => string;
  /** Hash function; `SHA1` by default, the only one that every app supports. */
  readonly algorithm?: TotpAlgorithm;
  /** Digits of a code, 6 by default. */
  readonly digits?: 6 | 8;
  /** Length of a time step in seconds, 15 to 60; 30 by default (RFC 6238, section 4.1). */
  readonly stepSeconds?: number;
  /** Accepted time steps before and after the current one, 0 or 1; 1 by default (RFC 6238, section 5.2). */
  readonly driftSteps?: 0 | 1;
  /** How long a pending enrolment is valid, in milliseconds, 1 to 60 minutes; 600,000 by default. */
  readonly pendingMs?: number;
}

/** What the factor stores about a user. It includes the parameters, so that changed options lock no user out. */
export interface TotpEnrolment {
  /** The shared secret in Base32 (RFC 4648, section 6). */
  readonly secret: string;
  readonly algorithm: TotpAlgorithm;
  readonly digits: number;
  readonly stepSeconds: number;
  /** For a user who was migrated from another factor: the last step that may have been used there. */
  readonly usedUntil?: number;
}

/** RFC 4226, section 4, R6: at least 128 bits, 160 recommended. */
const SECRET_BYTES = 20;
/** Base32 without padding (RFC 4648, section 6). */
const SECRET = /^[A-Z2-7]{8,256}$/;
/** Code points of an account's name in the key URI. More would not fit into a QR code that phones can scan. */
const MAX_LABEL = 64;
/** An enrolment that is opened again shows the same secret, unless less than this time is left. */
const MIN_REMAINING_MS = 60_000;
/** Limits pending enrolments per user, because each one costs a QR code. */
const PENDING_LIMITS: SendLimits = { cooldownMs: 0, quotas: [{ limit: 20, windowMs: 10 * 60_000 }] };
const base32 = new ScureBase32Plugin();

const ISSUER: OptionRule = {
  accepts: 'a text of 1 to 64 characters without a colon',
  isValid: (value) => typeof value === 'string' && /^[^:\p{Cc}]{1,64}$/u.test(value) && value.trim() !== '',
};

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
  /**
   * Imports `{ secret, algorithm, digits, stepSeconds, usedUntil }`, as another factor for authenticator apps has stored it.
   */
  override readonly importer: EnrolmentImport<TotpEnrolment> = { importEnrolment };
  readonly #options: Required<TotpOptions>;

  /** @throws FactorConfigError naming the option and what it accepts */
  constructor(options: TotpOptions) {
    super();
    this.#options = resolveOptions<Required<TotpOptions>>(
      'TotpFactor',
      options,
      {
        ...ATTEMPT_LIMIT_RULES,
        issuer: ISSUER,
        accountName: functionOption,
        algorithm: choiceOption('SHA1', 'SHA256', 'SHA512'),
        digits: choiceOption(6, 8),
        stepSeconds: integerOption(15, 60),
        driftSteps: choiceOption(0, 1),
        pendingMs: integerOption(60_000, 60 * 60_000),
      },
      {
        ...DEFAULT_ATTEMPT_LIMITS,
        accountName,
        algorithm: 'SHA1',
        digits: 6,
        stepSeconds: 30,
        driftSteps: 1,
        pendingMs: 10 * 60_000,
      },
    );
    assertLocks('TotpFactor', this.#options);
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
    const pending = await this.#pending(context);
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
    if (context.session !== undefined) await context.store.forget(pendingSubject(context, context.session));
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

  /**
   * Returns the sealed pending enrolment. The session that began it gets the same secret again, so that a scanned QR code stays
   * valid if the page is opened twice. Every other session gets a new secret.
   */
  async #pending(context: FactorContext): Promise<string> {
    const { algorithm, digits, stepSeconds, pendingMs } = this.#options;
    const { store, keyring, clock, random, session } = context;
    const secret = base32.encode(bytesFrom(random, SECRET_BYTES));
    const expiresAt = clock() + pendingMs;
    const made: PendingTotp = { secret, algorithm, digits, stepSeconds, expiresAt };
    const digest = keyring.seal(JSON.stringify(made), ...pendingBinding(context));
    if (session === undefined) return digest;
    // A separate row, because it is not guessed at: reading it counts no attempt. Exactly one of several concurrent requests
    // creates the secret.
    const subject = pendingSubject(context, session);
    const cooldownMs = pendingMs - Math.min(MIN_REMAINING_MS, pendingMs / 2);
    const issue = await store.issue(subject, { digest, expiresAt }, { cooldownMs, quotas: [] });
    if (issue.issued) return digest;
    const begun = await store.attempt(subject, UNLIMITED);
    if (begun.locked || begun.digest === undefined) throw new FactorError('cooldown', { retryAt: issue.retryAt });
    return begun.digest;
  }

  #authenticator({ secret, usedUntil, ...parameters }: TotpEnrolment): TotpAuthenticator {
    const { driftSteps } = this.#options;
    return {
      parameters: { ...parameters, secret: base32.decode(secret) },
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
  if (payload !== true) throw new FactorError('invalid_input', { sentence: 'Expected true.' });
  return { do: 'begin-or-challenge', begin: undefined };
}

/** @throws FactorError `invalid_input` */
function assertDigits(code: string, digits: number): void {
  if (code.length !== digits) readCode(code, digitsRule(digits));
}

function importEnrolment({
  secret,
  algorithm,
  digits,
  stepSeconds,
  usedUntil,
}: Readonly<Record<string, unknown>>): TotpEnrolment {
  const isSound =
    typeof secret === 'string' &&
    SECRET.test(secret) &&
    choiceOption('SHA1', 'SHA256', 'SHA512').isValid(algorithm) &&
    [integerOption(6, 9).isValid(digits), integerOption(10, 600).isValid(stepSeconds), Number.isInteger(usedUntil)].every(
      Boolean,
    );
  if (!isSound) throw new FactorError('invalid_input');
  return { secret, algorithm, digits, stepSeconds, usedUntil } as TotpEnrolment;
}

/** An enrolment that waits for its confirming code. */
interface PendingTotp extends TotpEnrolment {
  /** When it expires, in epoch milliseconds. Showing it again does not prolong it. */
  readonly expiresAt: number;
}

const openPending = (context: FactorContext, digest: string): PendingTotp =>
  JSON.parse(context.keyring.open(digest, ...pendingBinding(context)).plaintext) as PendingTotp;

const pendingSubject = ({ appId, user, key }: FactorContext, session: string): string =>
  subjectOf('pending-totp', appId, key, user.id, session);

const pendingBinding = ({ appId, user, key }: FactorContext): string[] => ['pending', appId, user.id, key];

const toOtplib = (algorithm: TotpAlgorithm): 'sha1' | 'sha256' | 'sha512' =>
  algorithm === 'SHA1' ? 'sha1' : algorithm === 'SHA256' ? 'sha256' : 'sha512';
