import { FactorError } from '@parse-factors/core';
import {
  assertLocks,
  beginAttempt,
  digitsRule,
  Factor,
  attemptSubject,
  markSubject,
  readFields,
  type BuiltInReplacement,
  type Command,
  type Confirmed,
  type EnrolledContext,
  type EnrolmentLifecycle,
  type FactorContext,
  type FieldRule,
  type PayloadSource,
  type Purpose,
  type Reply,
} from '@parse-factors/core/factor';
import { withoutRecoveryCode } from '@parse-factors/recovery-codes';
import { driftFor, redeemTotp, verifyTotp, type TotpParameters } from '@parse-factors/totp';
import { canonicalBase32, decodeBase32 } from './base32.js';
import { CONFIRM_WORDS, DATA_WORDS, inOldWords, MOBILE_WORDS, TOKEN_WORDS } from './old-words.js';
import type { MfaAnswer, MfaConfirmation } from './mfa-answer.js';
import { adoptRecord, isMobile, type AuthenticatorEnrolment, type MfaEnrolment } from './mfa-enrolment.js';
import { resolveMfaOptions, type MfaCompatOptions, type ResolvedMfaOptions } from './mfa-options.js';
import { readMfaPayload, tokenOf, type MfaPayload } from './mfa-payload.js';
import { MobileCodes } from './mobile-codes.js';
import { isRecoveryToken, newRecovery } from './recovery-tokens.js';

/** What sends a code by SMS, in the place of a token. */
const REQUEST = 'request';
const SECRET: FieldRule = { maxLength: 256, pattern: /^[A-Za-z2-7 ]+=*$/, accepts: 'a text in Base32' };
/** The built-in adapter's least; 100 bits. */
const MIN_SECRET = 20;
/** Fields are looked at closely by what reads them. */
const ANY: FieldRule = { maxLength: 320, pattern: /^/, accepts: 'a text' };

/** Steps to either side of the current one that are accepted, as by the built-in adapter. */
const DRIFT_STEPS = 1;

const invalidData = (): FactorError => new FactorError('invalid_input', { sentence: 'Invalid MFA data' });

/**
 * Takes the place of Parse Server's built-in `mfa` adapter, under that key: takes its options, what its clients
 * send, and its users' records, which are sealed at their next use. `docs/guide/migrate-from-mfa.md` lists what differs.
 *
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

/** The factor that {@link mfaCompat} gives. */
export class MfaFactor extends Factor<MfaEnrolment, MfaAnswer, MfaConfirmation, string> {
  override readonly replaces: BuiltInReplacement<MfaEnrolment, MfaAnswer, MfaConfirmation> = {
    provider: 'mfa',
    // The built-in adapter takes any token where it finds neither; these it cannot read.
    tombstone: { secret: '-', mobile: '-' },
    importRecord: (record) => this.#importRecord(record),
    isBackup: ({ kind }) => kind === 'recovery',
    proofIn: ({ proof }) => proof,
  };
  /** The same number or authenticator, whatever recovery tokens are left. */
  override readonly lifecycle: EnrolmentLifecycle<MfaEnrolment> = {
    isSame: (before, after) =>
      isMobile(before) || isMobile(after) ? JSON.stringify(before) === JSON.stringify(after) : before.secret === after.secret,
  };
  readonly #options: ResolvedMfaOptions;
  readonly #mobile: MobileCodes;

  /** @param options with every default filled in, as {@link mfaCompat} does */
  constructor(options: ResolvedMfaOptions) {
    super();
    assertLocks('mfaCompat', options);
    this.#options = options;
    this.#mobile = new MobileCodes(options);
  }

  /**
   * At a challenge, `{ mobile }` sends a code there. Elsewhere, `{ mobile }` does as well, `{ mobile, token }` confirms it, and
   * `{ secret, token }` sets up an authenticator. A token answers, and `old` is one that is sent along to replace what there is.
   */
  async read(
    payload: unknown,
    { at, enrolment }: PayloadSource<MfaEnrolment>,
  ): Promise<Command<MfaAnswer, MfaConfirmation, string>> {
    if (at === 'sign-in' && enrolment !== undefined) return { do: 'answer', answer: await this.#readAnswer(payload, enrolment) };
    const given = this.#readPayload(payload);
    const { mobile, token, secret, old } = given ?? {};
    if (enrolment !== undefined && mobile !== undefined && token === undefined) {
      throw new FactorError('already_enrolled', { sentence: 'MFA is already set up on this account' });
    }
    const isSetUp = enrolment === undefined || (mobile ?? secret ?? old) !== undefined;
    if (at === 'challenge') return isSetUp ? { do: 'begin', begin: await this.#readMobile(mobile) } : { do: 'challenge' };
    if (!isSetUp) return { do: 'answer', answer: await this.#readAnswer(payload, enrolment) };
    const proof = old === undefined || enrolment === undefined ? undefined : await this.#readAnswer({ token: old }, enrolment);
    const confirmation = await this.#readConfirmation(given);
    return { do: 'enrol', confirmation: { ...confirmation, ...(proof !== undefined && { proof }) } };
  }

  beginEnrolment(context: FactorContext, mobile: string): Promise<Reply> {
    return inOldWords(MOBILE_WORDS, () => this.#mobile.beginEnrolment(context, mobile, undefined));
  }

  async confirmEnrolment(
    context: EnrolledContext<MfaEnrolment>,
    confirmation: MfaConfirmation,
  ): Promise<Confirmed<MfaEnrolment>> {
    if (confirmation.kind === 'authenticator') return this.#confirmAuthenticator(context, confirmation);
    if (confirmation.kind === 'number') {
      return { enrolment: undefined, isBegun: true, reply: await this.beginEnrolment(context, confirmation.mobile) };
    }
    const { enrolment } = await inOldWords(CONFIRM_WORDS, () => this.#mobile.confirmEnrolment(context, confirmation.answer));
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
    return inOldWords(TOKEN_WORDS, async () => {
      if (isMobile(enrolment)) return this.#verifyMobile(context, purpose, answer, enrolment.mobile);
      if (answer.kind === 'recovery') return this.#spendRecovery(context, purpose, answer.token);
      if (answer.kind === 'totp') return this.#verifyTotp(context, purpose, answer.code, enrolment);
      throw new FactorError('invalid_input');
    });
  }

  /** Nothing, as with the built-in adapter. */
  describe(): Reply {
    return {};
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
    return adoptRecord(record, this.#options);
  }

  /** What of a payload says something here: a number does where SMS is offered. */
  #readPayload(payload: unknown): MfaPayload | undefined {
    const given = readMfaPayload(payload);
    if (given === undefined || this.#options.options.includes('SMS')) return given;
    const { mobile: _mobile, ...others } = given;
    return others;
  }

  #readAnswer(payload: unknown, enrolment: MfaEnrolment): Promise<MfaAnswer> {
    return inOldWords(TOKEN_WORDS, async () => {
      const token = tokenOf(payload);
      if (isRecoveryToken(token)) return { kind: 'recovery', token };
      if (!isMobile(enrolment)) {
        return { kind: 'totp', code: readFields({ token }, { token: digitsRule(enrolment.digits) }).token };
      }
      return token === REQUEST ? { kind: 'request' } : { kind: 'code', code: this.#mobile.readAnswer(token) };
    });
  }

  #readMobile(mobile: unknown): Promise<string> {
    if (mobile === undefined) throw invalidData();
    return inOldWords(MOBILE_WORDS, async () => this.#mobile.readNumber(mobile));
  }

  async #readConfirmation(given: MfaPayload | undefined): Promise<MfaConfirmation> {
    if (given === undefined) throw invalidData();
    const { mobile, token, secret } = given;
    if (mobile === undefined) return this.#readAuthenticator(secret, token);
    const number = await this.#readMobile(mobile);
    if (token === undefined) return { kind: 'number', mobile: number };
    const answer = await inOldWords(CONFIRM_WORDS, async () => this.#mobile.readAnswer(token));
    return { kind: 'code', answer: { ...answer, address: number } };
  }

  async #readAuthenticator(given: unknown, token: unknown): Promise<MfaConfirmation> {
    if (!this.#options.options.includes('TOTP')) throw invalidData();
    const rules = { secret: SECRET, token: ANY };
    const fields = await inOldWords(DATA_WORDS, async () => readFields({ secret: given, token }, rules));
    const secret = canonicalBase32(fields.secret);
    if (secret.length < MIN_SECRET) throw invalidData();
    return { kind: 'authenticator', secret, token: fields.token };
  }

  async #confirmAuthenticator(
    context: FactorContext,
    { secret, token }: Extract<MfaConfirmation, { readonly kind: 'authenticator' }>,
  ): Promise<Confirmed<MfaEnrolment>> {
    const { algorithm, digits, period } = this.#options;
    // The secret comes along, so there is nothing to guess at.
    const parameters = totpParameters({ secret, algorithm, digits, period });
    const result = verifyTotp(parameters, token, context.clock(), driftFor(period, DRIFT_STEPS));
    if (!result.ok) {
      context.emit({ type: 'rejected', purpose: 'enrolment', reason: 'code_rejected' });
      throw new FactorError('code_rejected', { sentence: 'Invalid MFA token' });
    }
    // The step that set it up is used: it does not log in as well.
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
      markSeconds: 1, // so that the mark outlives a change of the period
    });
  }

  async #spendRecovery(context: EnrolledContext<MfaEnrolment>, purpose: Purpose, token: string): Promise<undefined> {
    const { store, emit } = context;
    const subject = attemptSubject(context, purpose);
    const guess = await beginAttempt(context, subject, purpose, this.#options);
    let remaining = 0;
    const isSpent = await context.change((enrolment) => {
      if (isMobile(enrolment)) return undefined;
      const { key, digests } = enrolment.recovery;
      const left = withoutRecoveryCode(digests, key, token);
      remaining = left?.length ?? 0;
      return left && { ...enrolment, recovery: { key, digests: left } };
    });
    if (!isSpent) throw guess.reject('code_rejected');
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
