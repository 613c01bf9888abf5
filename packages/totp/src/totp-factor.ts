import { FactorError } from '@parse-factors/core';
import {
  authenticatorsOf,
  AuthenticatorRules,
  beginAttempt,
  changeAuthenticator,
  describeAuthenticators,
  digitsRule,
  Factor,
  factorSubject,
  hasSameAuthenticators,
  isLabelled,
  newLabel,
  readCode,
  recordOfAuthenticators,
  type Authentication,
  type AuthenticatorChange,
  type Confirmed,
  type EnrolmentImport,
  type EnrolmentLifecycle,
  type FactorContext,
  type Labelled,
  type Management,
  type MultipleEnrolments,
  type PayloadSource,
  type Purpose,
  type Reply,
  type Several,
  type SeveralAuthenticators,
} from '@parse-factors/core/factor';
import type { SendLimits } from '@parse-factors/core/store';
import { generateURI } from 'otplib';
import qrcode from 'qrcode';
import { forgetPending, openPending, sealedPending } from './pending-totp.js';
import type { TotpAlgorithm } from './totp-code.js';
import { importEnrolment, secretBytes, totpMarkSubject, type TotpEnrolment } from './totp-enrolment.js';
import { resolveTotpOptions, type ResolvedTotpOptions, type TotpOptions } from './totp-options.js';
import {
  assertDigits,
  readChallenge,
  readNamedCode,
  type NamedCode,
  type TotpBegin,
  type TotpCommand,
  type TotpConfirmation,
} from './totp-payload.js';
import { matchStep, redeemTotp, type TotpAuthenticator } from './totp-verification.js';

/** Code points of an account's name in the key URI. More would not fit into a QR code that phones can scan. */
const MAX_LABEL = 64;
/** Limits pending enrolments per user, because each one costs a QR code. */
const PENDING_LIMITS: SendLimits = { cooldownMs: 0, quotas: [{ limit: 20, windowMs: 10 * 60_000 }] };
const UNNAMED = 'Unnamed app';

interface NewApp {
  readonly name: string;
  /** Whether the user has an app already. */
  readonly isFurther: boolean;
}

/** What is kept about a user: one authenticator, or several. */
type Kept = Several<TotpEnrolment>;

/**
 * Authenticator apps (TOTP, RFC 6238) as a second factor. The server creates the secret. Every code works once, and an older
 * code is refused after a newer one (replay).
 * Payloads: `true` to begin, the code to confirm and to answer. With `maxAuthenticators` a user may have several apps:
 * `{ code, name }` to confirm, `{ replace: <id> }` to begin and `{ code, replace: <id> }` to confirm one in place of another,
 * `{ rename: <id>, name }`, `{ remove: <id> }`.
 * @example
 * ```ts
 * import { composeFactors } from '@parse-factors/core';
 * import { TotpFactor } from '@parse-factors/totp';
 *
 * export const factors = (keys: string) => composeFactors({ keys, factors: { totp: new TotpFactor({ issuer: 'Acme' }) } });
 * ```
 */
export class TotpFactor extends Factor<Kept, string, TotpConfirmation, TotpBegin> {
  override readonly authentication: Authentication = { amr: ['otp'], proves: 'possession' };
  /**
   * Imports `{ secret, algorithm, digits, stepSeconds, usedUntil }`, as another factor for authenticator apps has stored it.
   */
  override readonly importer: EnrolmentImport<Kept> = { importEnrolment };
  override readonly multiple: MultipleEnrolments<Kept> | undefined;
  override readonly several: SeveralAuthenticators<Kept> = {
    markSubjects: (context, enrolment) => listOf(enrolment).map((each) => totpMarkSubject(context, each)),
  };
  /** Renames one app, or removes one of several. */
  override readonly management: Management<Kept, AuthenticatorChange> = {
    apply: (context, change) => changeAuthenticator(context, change, { rules: this.#rules, unnamed: UNNAMED }),
  };
  /** The same apps, whatever their names. */
  override readonly lifecycle: EnrolmentLifecycle<Kept> = { isSame: hasSameAuthenticators };
  readonly #options: ResolvedTotpOptions;
  readonly #rules: AuthenticatorRules;

  /** @throws FactorConfigError naming the option and what it accepts */
  constructor(options: TotpOptions) {
    super();
    this.#options = resolveTotpOptions(options);
    const max = this.#options.maxAuthenticators;
    this.#rules = new AuthenticatorRules({ nouns: ['authenticator app', 'authenticator apps'], max });
    this.multiple = max === 1 ? undefined : { merge: (...args) => this.#merge(...args) };
  }

  read(payload: unknown, { at, enrolment }: PayloadSource<Kept>): TotpCommand {
    const { digits } = this.#options;
    if (at === 'challenge') return readChallenge(payload, enrolment, this.multiple && this.#rules);
    const change = at === 'save' ? this.#readChange(payload, enrolment) : undefined;
    if (change !== undefined) return change;
    const named = this.multiple && (enrolment === undefined || at === 'save') ? this.#readNamed(payload) : undefined;
    if (named !== undefined) return { do: 'enrol', confirmation: named };
    if (enrolment === undefined) return { do: 'enrol', confirmation: readCode(payload, digitsRule(digits)) };
    const lengths = listOf(enrolment).map((each) => each.digits);
    if (at === 'sign-in') {
      return { do: 'answer', answer: readCode(payload, digitsRule(Math.min(...lengths), Math.max(...lengths))) };
    }
    // The enrolled authenticators' codes may have another length than those of a new one.
    const either = digitsRule(Math.min(digits, ...lengths), Math.max(digits, ...lengths));
    const code = readCode(payload, either);
    return { do: 'enrol-or-answer', answer: code, confirmation: code };
  }

  async beginEnrolment(context: FactorContext, replaces?: TotpBegin, enrolment?: Kept): Promise<Reply> {
    this.#assertRoom(enrolment, replaces);
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

  async confirmEnrolment(context: FactorContext, confirmation: TotpConfirmation, stored?: Kept): Promise<Confirmed<Kept>> {
    const {
      code,
      name = UNNAMED,
      replaces,
    }: NamedCode = typeof confirmation === 'string' ? { code: confirmation } : confirmation;
    this.#assertRoom(stored, replaces);
    readCode(code, digitsRule(this.#options.digits));
    const subject = factorSubject(context, 'enrolment');
    const attempt = await beginAttempt(context, subject, 'enrolment', this.#options);
    if (attempt.digest === undefined) throw attempt.reject('code_expired');
    const { expiresAt: _, ...made } = openPending(context, attempt.digest);
    const enrolment = this.#labelled(context, made, { name, isFurther: stored !== undefined });
    const step = matchStep(context, attempt, code, this.#authenticator(context, enrolment));
    // Deleted before the secret is in use, so that it is never shown again.
    await forgetPending(context);
    if (!(await context.store.consume(subject, attempt.digest))) throw attempt.reject('code_expired');
    // Marks the step of the enrolment as used, so that the same code cannot log in too (replay).
    await context.store.advance(totpMarkSubject(context, enrolment), step);
    return { enrolment, replaces };
  }

  /** Sends nothing: the app computes the code. */
  async challenge(): Promise<Reply> {
    return { status: 'enabled' };
  }

  async verify(context: FactorContext, purpose: Purpose, code: string, enrolment: Kept): Promise<undefined> {
    const [first, ...others] = listOf(enrolment);
    assertDigits(code, [first, ...others]);
    const authenticatorOf = (each: Labelled<TotpEnrolment>): TotpAuthenticator => this.#authenticator(context, each);
    await redeemTotp(context, purpose, code, [authenticatorOf(first), ...others.map(authenticatorOf)]);
  }

  /** Shows nothing about the secrets: only ids, names and times, if the user may have several apps. */
  describe(enrolment: Kept): Reply {
    return this.#isSeveral(enrolment) ? describeAuthenticators(listOf(enrolment)) : {};
  }

  /** Whether the user may have several apps, or has some of the time when they could. */
  #isSeveral(enrolment: Kept | undefined): boolean {
    return this.multiple !== undefined || (enrolment !== undefined && isLabelled(enrolment));
  }

  #readChange(payload: unknown, enrolment: Kept | undefined): TotpCommand | undefined {
    if (enrolment === undefined || !this.#isSeveral(enrolment)) return undefined;
    return this.#rules.readChange(payload, listOf(enrolment));
  }

  #readNamed(payload: unknown): NamedCode | undefined {
    return readNamedCode(payload, this.#options.digits, this.#rules);
  }

  #labelled(context: FactorContext, made: TotpEnrolment, { name, isFurther }: NewApp): Kept {
    if (this.multiple === undefined) return made;
    return { ...made, ...newLabel(context, name), ...(isFurther && { marksApart: true }) };
  }

  #assertRoom(enrolment: Kept | undefined, replaces: string | undefined): void {
    if (this.multiple !== undefined && enrolment !== undefined) this.#rules.assertRoom(listOf(enrolment), replaces);
  }

  #merge(stored: Kept, added: Kept, replaces?: string): Kept {
    const [first, ...others] = this.#rules.add(listOf(stored), listOf(added)[0], replaces);
    return first === undefined ? added : recordOfAuthenticators([first, ...others]);
  }

  #authenticator(context: FactorContext, enrolment: Kept): TotpAuthenticator {
    const { secret, algorithm, digits, stepSeconds, usedUntil } = enrolment;
    const { driftSteps } = this.#options;
    return {
      parameters: { algorithm, digits, stepSeconds, secret: secretBytes(secret) },
      limits: this.#options,
      driftSteps,
      markSubject: totpMarkSubject(context, enrolment),
      ...(usedUntil !== undefined && { usedUntil }),
    };
  }
}

const listOf = (enrolment: Kept): readonly [Labelled<TotpEnrolment>, ...Labelled<TotpEnrolment>[]] =>
  authenticatorsOf(enrolment, UNNAMED);

const toOtplib = (algorithm: TotpAlgorithm): 'sha1' | 'sha256' | 'sha512' =>
  algorithm === 'SHA1' ? 'sha1' : algorithm === 'SHA256' ? 'sha256' : 'sha512';
