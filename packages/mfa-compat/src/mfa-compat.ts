import { FactorError } from '@parse-factors/core';
import {
  type Authentication,
  assertLocks,
  beginAttempt,
  Factor,
  attemptSubject,
  markSubject,
  type BuiltInReplacement,
  type Confirmed,
  type EnrolledContext,
  type EnrolmentLifecycle,
  type FactorContext,
  type PayloadSource,
  type Purpose,
  type RequestCheck,
  type Reply,
} from '@parse-factors/core/factor';
import { withoutRecoveryCode } from '@parse-factors/recovery-codes';
import { driftFor, redeemTotp, verifyTotp, type TotpParameters } from '@parse-factors/totp';
import { decodeBase32 } from './base32.js';
import { CONFIRM_MESSAGES, invalidData, withBuiltInMessages, MOBILE_MESSAGES, TOKEN_MESSAGES } from './built-in-messages.js';
import type { MfaAnswer, MfaConfirmation } from './mfa-answer.js';
import { importBuiltInRecord, isMobile, type AuthenticatorEnrolment, type MfaEnrolment } from './mfa-enrolment.js';
import { resolveMfaOptions, type MfaCompatOptions, type ResolvedMfaOptions } from './mfa-options.js';
import { MfaReader, type MfaCommand } from './mfa-reader.js';
import { MobileCodes } from './mobile-codes.js';
import { newRecovery } from './recovery-tokens.js';

/** Accepted time steps before and after the current one, as in the built-in adapter. */
const DRIFT_STEPS = 1;

/**
 * Replaces Parse Server's built-in `mfa` adapter under the same key. It accepts its options, its clients' payloads and its
 * users' records, which are sealed at their next use. `docs/move/from-mfa.md` lists the differences.
 * @throws FactorConfigError naming the option and what it accepts
 * @example
 * ```ts
 * import { composeFactors } from '@parse-factors/core';
 * import { mfaCompat } from '@parse-factors/mfa-compat';
 *
 * export const factors = (keys: string) =>
 *   composeFactors({ keys, factors: { mfa: mfaCompat({ options: ['TOTP'], digits: 6, period: 30 }) } });
 * ```
 */
export const mfaCompat = (options: MfaCompatOptions): MfaFactor => new MfaFactor(resolveMfaOptions(options));

/** The factor that {@link mfaCompat} creates. */
export class MfaFactor extends Factor<MfaEnrolment, MfaAnswer, MfaConfirmation, string> {
  override readonly authentication: Authentication = { amr: ['otp'], proves: 'possession' };
  override readonly replaces: BuiltInReplacement<MfaEnrolment, MfaAnswer, MfaConfirmation> = {
    provider: 'mfa',
    // Without both fields, the built-in adapter accepts any token. It cannot read these values, so it refuses.
    tombstone: { secret: '-', mobile: '-' },
    importRecord: (record) => this.#importRecord(record),
    isBackup: ({ kind }) => kind === 'recovery',
    proofIn: ({ proof }) => proof,
  };
  /** The same number or authenticator, whatever recovery codes are left. */
  override readonly lifecycle: EnrolmentLifecycle<MfaEnrolment> = {
    isSame: (before, after) =>
      isMobile(before) || isMobile(after) ? JSON.stringify(before) === JSON.stringify(after) : before.secret === after.secret,
  };
  override readonly requestChecks: readonly RequestCheck[];
  readonly #options: ResolvedMfaOptions;
  readonly #mobile: MobileCodes;
  readonly #reader: MfaReader;

  /** @param options with every default filled in, as {@link mfaCompat} does */
  constructor(options: ResolvedMfaOptions) {
    super();
    assertLocks('mfaCompat', options);
    this.#options = options;
    this.#mobile = new MobileCodes(options);
    this.requestChecks = this.#mobile.requestChecks;
    this.#reader = new MfaReader(options, this.#mobile);
  }

  read(payload: unknown, source: PayloadSource<MfaEnrolment>): Promise<MfaCommand> {
    return this.#reader.read(payload, source);
  }

  beginEnrolment(context: FactorContext, mobile: string): Promise<Reply> {
    return withBuiltInMessages(MOBILE_MESSAGES, () => this.#mobile.beginEnrolment(context, mobile, undefined));
  }

  async confirmEnrolment(
    context: EnrolledContext<MfaEnrolment>,
    confirmation: MfaConfirmation,
  ): Promise<Confirmed<MfaEnrolment>> {
    if (confirmation.kind === 'authenticator') return this.#confirmAuthenticator(context, confirmation);
    if (confirmation.kind === 'number') {
      return { enrolment: undefined, isBegun: true, reply: await this.beginEnrolment(context, confirmation.mobile) };
    }
    const { enrolment } = await withBuiltInMessages(CONFIRM_MESSAGES, () =>
      this.#mobile.confirmEnrolment(context, confirmation.answer),
    );
    return { enrolment: enrolment && { mobile: enrolment.address } };
  }

  async challenge(context: FactorContext, purpose: Purpose, enrolment: MfaEnrolment): Promise<Reply> {
    if (!isMobile(enrolment)) return { status: 'enabled' };
    if (this.#options.sendSMS === undefined) throw invalidData();
    return this.#mobile.challenge(context, purpose, { address: enrolment.mobile });
  }

  verify(
    context: EnrolledContext<MfaEnrolment>,
    purpose: Purpose,
    answer: MfaAnswer,
    enrolment: MfaEnrolment,
  ): Promise<undefined> {
    return withBuiltInMessages(TOKEN_MESSAGES, async () => {
      if (isMobile(enrolment)) return this.#verifyMobile(context, purpose, answer, enrolment.mobile);
      if (answer.kind === 'recovery') return this.#consumeRecovery(context, purpose, answer.token);
      if (answer.kind === 'totp') return this.#verifyTotp(context, purpose, answer.code, enrolment);
      throw new FactorError('invalid_input');
    });
  }

  /** Shows nothing, like the built-in adapter. */
  describe(): Reply {
    return {};
  }

  override personalData(enrolment: MfaEnrolment): Readonly<Record<string, unknown>> {
    return isMobile(enrolment) ? { addresses: [{ address: enrolment.mobile }] } : {};
  }

  async #verifyMobile(context: FactorContext, purpose: Purpose, answer: MfaAnswer, mobile: string): Promise<undefined> {
    if (answer.kind === 'request') {
      await this.challenge(context, purpose, { mobile });
      throw new FactorError('factor_required', { sentence: 'Please enter the token' });
    }
    if (answer.kind !== 'code') throw new FactorError('invalid_input');
    return this.#mobile.verify(context, purpose, answer.code, { address: mobile });
  }

  #importRecord(record: Readonly<Record<string, unknown>>): MfaEnrolment {
    if (!this.#options.adoptRecords) throw new FactorError('unavailable');
    return importBuiltInRecord(record, this.#options);
  }

  async #confirmAuthenticator(
    context: FactorContext,
    { secret, token }: Extract<MfaConfirmation, { readonly kind: 'authenticator' }>,
  ): Promise<Confirmed<MfaEnrolment>> {
    const { algorithm, digits, period } = this.#options;
    // The client sends the secret itself, so there is nothing to guess and no attempt to count.
    const parameters = totpParameters({ secret, algorithm, digits, period });
    const result = verifyTotp(parameters, token, context.clock(), driftFor(period, DRIFT_STEPS));
    if (!result.ok) {
      context.emit({ type: 'rejected', purpose: 'enrolment', reason: 'code_rejected' });
      throw new FactorError('code_rejected', { sentence: 'Invalid MFA token' });
    }
    // Marks the step of the enrolment as used, so that the same code cannot log in too (replay).
    await context.store.advance(markSubject(context), result.step * period);
    const { kept, reply } = newRecovery(context.random);
    return { enrolment: { secret, algorithm, digits, period, recovery: kept }, reply };
  }

  async #verifyTotp(
    context: FactorContext,
    purpose: Purpose,
    code: string,
    enrolment: AuthenticatorEnrolment,
  ): Promise<undefined> {
    await redeemTotp(context, purpose, code, {
      parameters: totpParameters(enrolment),
      limits: this.#options,
      driftSteps: DRIFT_STEPS,
      markSeconds: 1, // the mark stays valid if the period changes
    });
  }

  async #consumeRecovery(context: EnrolledContext<MfaEnrolment>, purpose: Purpose, token: string): Promise<undefined> {
    const { store, emit } = context;
    const subject = attemptSubject(context, purpose);
    const attempt = await beginAttempt(context, subject, purpose, this.#options);
    let remaining = 0;
    const isConsumed = await context.change((enrolment) => {
      if (isMobile(enrolment)) return undefined;
      const { key, digests } = enrolment.recovery;
      const left = withoutRecoveryCode(digests, key, token);
      remaining = left?.length ?? 0;
      return left && { ...enrolment, recovery: { key, digests: left } };
    });
    if (!isConsumed) throw attempt.reject('code_rejected');
    await store.pardon(subject);
    emit({ type: 'verified', purpose });
    emit({ type: 'recovery_used', purpose, remaining });
  }
}

type TotpSettings = Pick<AuthenticatorEnrolment, 'secret' | 'algorithm' | 'digits' | 'period'>;

const totpParameters = ({ secret, algorithm, digits, period }: TotpSettings): TotpParameters => ({
  secret: decodeBase32(secret),
  algorithm,
  digits,
  stepSeconds: period,
});
