import {
  accountName,
  assertLocks,
  ATTEMPT_LIMIT_RULES,
  beginGuess,
  choiceOption,
  CLOCK_TOLERANCE_MS,
  DEFAULT_ATTEMPT_LIMITS,
  digitsRule,
  drawBytes,
  Factor,
  FactorError,
  factorSubject,
  functionOption,
  guessSubject,
  integerOption,
  markSubject,
  readCode,
  resolveOptions,
  STEP_USED,
  subjectOf,
  UNLIMITED,
  type AttemptLimits,
  type Confirmed,
  type FactorContext,
  type FactorUser,
  type Guess,
  type Intent,
  type OptionRule,
  type Purpose,
  type Reply,
  type SendLimits,
} from '@parse-factors/core';
import { generateURI, ScureBase32Plugin } from 'otplib';
import qrcode from 'qrcode';
import { verifyTotp, type TotpAlgorithm } from './totp-code.js';

/** Options of {@link TotpFactor}. */
export interface TotpOptions extends Partial<AttemptLimits> {
  /** Who issues the account, as authenticator apps show it; 1 to 64 characters, no colon. */
  readonly issuer: string;
  /** The account's name in the app; by default the user's own `username`, `email`, or another address of theirs. */
  readonly accountName?: (user: FactorUser) => string;
  /** Hash function, `SHA1` by default: the only one that every app knows. */
  readonly algorithm?: TotpAlgorithm;
  /** Digits of a code, 6 by default. */
  readonly digits?: 6 | 8;
  /** Length of a time step in seconds, 15 to 60; 30 by default (RFC 6238, section 4.1). */
  readonly stepSeconds?: number;
  /** Steps to either side of the current one that are accepted, 0 or 1; 1 by default (RFC 6238, section 5.2). */
  readonly driftSteps?: 0 | 1;
  /** How long a begun enrolment lives, in milliseconds, 1 to 60 minutes; 600,000 by default. */
  readonly pendingMs?: number;
}

/** What the factor keeps about a user; parameters too, so that changed options lock nobody out. */
export interface TotpEnrolment {
  /** The shared secret in Base32 (RFC 4648, section 6). */
  readonly secret: string;
  readonly algorithm: TotpAlgorithm;
  readonly digits: number;
  readonly stepSeconds: number;
  /** Of a user who was moved here from another factor: the last step that may have been used there. */
  readonly usedUntil?: number;
}

/** RFC 4226, section 4, R6: at least 128 bits, 160 recommended. */
const SECRET_BYTES = 20;
/** Base32 without padding (RFC 4648, section 6). */
const SECRET = /^[A-Z2-7]{8,256}$/;
/** Longer steps, such as another factor may have left, have no neighbours: no code lives longer than ten minutes. */
const LONG_STEP_SECONDS = 200;
/** Code points of an account's name in the key URI; more would not fit into a QR code that phones read. */
const MAX_LABEL = 64;
/** A set-up that is opened again shows the same secret, unless it ends sooner than this. */
const LEAST_LEFT_MS = 60_000;
/** Begun enrolments of a user: each costs a picture. */
const PENDING_LIMITS: SendLimits = { cooldownMs: 0, quotas: [{ limit: 20, windowMs: 10 * 60_000 }] };
const base32 = new ScureBase32Plugin();

const ISSUER: OptionRule = {
  accepts: 'a text of 1 to 64 characters without a colon',
  isValid: (value) => typeof value === 'string' && /^[^:\p{Cc}]{1,64}$/u.test(value) && value.trim() !== '',
};

/**
 * Authenticator apps (TOTP, RFC 6238) as a second factor. The server makes the secret; each
 * time step opens at most one session, and an older step after a newer one is refused.
 */
export class TotpFactor extends Factor<TotpEnrolment> {
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

  intent(_payload: unknown, _user: FactorUser, enrolment: TotpEnrolment | undefined): Intent {
    return enrolment === undefined ? 'enrol' : 'either';
  }

  async beginEnrolment(context: FactorContext, payload: unknown): Promise<Reply> {
    if (payload !== true) throw new FactorError('invalid_input', { sentence: 'Expected true.' });
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

  async confirmEnrolment(context: FactorContext, payload: unknown): Promise<Confirmed<TotpEnrolment>> {
    const code = readCode(payload, digitsRule(this.#options.digits));
    const subject = factorSubject(context, 'enrolment');
    const guess = await beginGuess(context, subject, 'enrolment', this.#options);
    if (guess.digest === undefined) throw guess.reject('code_expired');
    const { expiresAt: _, ...enrolment } = openPending(context, guess.digest);
    const step = this.#match(context, enrolment, code, guess);
    // Before it is spent: a secret that is in use is not shown again.
    if (context.session !== undefined) await context.store.forget(pendingSubject(context, context.session));
    if (!(await context.store.consume(subject, guess.digest))) throw guess.reject('code_expired');
    // The step that set the factor up is used: it does not log in as well.
    await context.store.advance(markSubject(context), step);
    return { enrolment };
  }

  /** Nothing to send: the app has the code. */
  async challenge(): Promise<Reply> {
    return { status: 'enabled' };
  }

  async verify(context: FactorContext, purpose: Purpose, payload: unknown, enrolment: TotpEnrolment): Promise<undefined> {
    const code = readCode(payload, digitsRule(enrolment.digits));
    const subject = guessSubject(context, purpose);
    const guess = await beginGuess(context, subject, purpose, this.#options);
    const step = this.#match(context, enrolment, code, guess);
    // One mark for all purposes and primary factors, so that a step used for one is used for all; guesses
    // are counted for each, so that neither a stolen session nor another primary factor locks the owner's login.
    const steps = markSubject(context);
    if (!(await context.store.advance(steps, step))) throw guess.reject('code_rejected', STEP_USED);
    if (subject !== steps) await context.store.pardon(subject);
    context.emit({ type: 'verified', purpose });
  }

  /** Nothing about a secret is shown. */
  describe(): Reply {
    return {};
  }

  /** Takes `{ secret, algorithm, digits, stepSeconds, usedUntil }`, as another factor for authenticator apps has kept it. */
  override takeOver({ secret, algorithm, digits, stepSeconds, usedUntil }: Readonly<Record<string, unknown>>): TotpEnrolment {
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

  /**
   * What is being set up, sealed. The session that began it gets the same secret again, so that a QR code that was
   * scanned stays good when the page is opened twice; whoever else asks gets another one, and learns nothing of it.
   */
  async #pending(context: FactorContext): Promise<string> {
    const { algorithm, digits, stepSeconds, pendingMs } = this.#options;
    const { store, keyring, clock, random, session } = context;
    const secret = base32.encode(drawBytes(random, SECRET_BYTES));
    const expiresAt = clock() + pendingMs;
    const made: PendingTotp = { secret, algorithm, digits, stepSeconds, expiresAt };
    const digest = keyring.seal(JSON.stringify(made), ...pendingBinding(context));
    if (session === undefined) return digest;
    // A row of its own, as nobody guesses at it: reading it counts nothing. Of requests at once, one makes the secret.
    const subject = pendingSubject(context, session);
    const cooldownMs = pendingMs - Math.min(LEAST_LEFT_MS, pendingMs / 2);
    const issue = await store.issue(subject, { digest, expiresAt }, { cooldownMs, quotas: [] });
    if (issue.issued) return digest;
    const begun = await store.attempt(subject, UNLIMITED);
    if (begun.locked || begun.digest === undefined) throw new FactorError('cooldown', { retryAt: issue.retryAt });
    return begun.digest;
  }

  #match({ clock, emit }: FactorContext, enrolment: TotpEnrolment, code: string, guess: Guess): number {
    const { secret, usedUntil = -1, ...parameters } = enrolment;
    const driftSteps = parameters.stepSeconds > LONG_STEP_SECONDS ? 0 : this.#options.driftSteps;
    const now = clock();
    const result = verifyTotp({ ...parameters, secret: base32.decode(secret) }, code, now, driftSteps);
    // A step is used once, whatever the clock says since. Only an administrator knows which clock was wrong.
    const isFarAhead = guess.mark * parameters.stepSeconds * 1000 > now + CLOCK_TOLERANCE_MS;
    if (result.ok && isFarAhead) emit({ type: 'fault', reason: 'step_ahead_of_clock' });
    if (!result.ok) throw guess.reject('code_rejected');
    if (result.step <= Math.max(guess.mark, usedUntil)) throw guess.reject('code_rejected', STEP_USED);
    return result.step;
  }
}

/** What waits for the code that confirms it. */
interface PendingTotp extends TotpEnrolment {
  /** When it ends, however often it is shown; in epoch milliseconds. */
  readonly expiresAt: number;
}

const openPending = (context: FactorContext, digest: string): PendingTotp =>
  JSON.parse(context.keyring.open(digest, ...pendingBinding(context)).plaintext) as PendingTotp;

const pendingSubject = ({ appId, user, key }: FactorContext, session: string): string =>
  subjectOf('pending-totp', appId, key, user.id, session);

const pendingBinding = ({ appId, user, key }: FactorContext): string[] => ['pending', appId, user.id, key];

const toOtplib = (algorithm: TotpAlgorithm): 'sha1' | 'sha256' | 'sha512' =>
  algorithm === 'SHA1' ? 'sha1' : algorithm === 'SHA256' ? 'sha256' : 'sha512';
