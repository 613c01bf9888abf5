import {
  assertLocks,
  beginGuess,
  digitsRule,
  Factor,
  FactorError,
  guessSubject,
  markSubject,
  readFields,
  STEP_USED,
  type BuiltInPlace,
  type Confirmed,
  type EnrolledContext,
  type FactorContext,
  type FactorUser,
  type FieldRule,
  type Intent,
  type Purpose,
  type Reply,
} from '@parse-factors/core';
import { withoutRecoveryCode } from '@parse-factors/recovery-codes';
import { verifyTotp } from '@parse-factors/totp';
import { canonicalBase32, decodeBase32 } from './base32.js';
import { adoptRecord, isMobile, type AuthenticatorEnrolment, type MfaEnrolment } from './mfa-enrolment.js';
import { normaliseMobile, resolveMfaOptions, type MfaCompatOptions, type ResolvedMfaOptions } from './mfa-options.js';
import { readMfaPayload, tokenOf, type MfaPayload } from './mfa-payload.js';
import { MobileCodes } from './mobile-codes.js';
import { CONFIRM_WORDS, DATA_WORDS, inOldWords, MOBILE_WORDS, TOKEN_WORDS } from './old-words.js';
import { isRecoveryToken, newRecovery } from './recovery-tokens.js';

/** What sends a code by SMS, in the place of a token. */
const REQUEST = 'request';
const SECRET: FieldRule = { maxLength: 256, pattern: /^[A-Za-z2-7 ]+=*$/, accepts: 'a text in Base32' };
/** The built-in adapter's least; 100 bits. */
const MIN_SECRET = 20;
/** Fields are looked at closely by whoever reads them. */
const ANY: FieldRule = { maxLength: 320, pattern: /^/, accepts: 'a text' };

const invalidData = (): FactorError => new FactorError('invalid_input', { sentence: 'Invalid MFA data' });

/**
 * Stands in the place of Parse Server's built-in `mfa` adapter, under that key: takes its options, what its clients
 * send, and its users' records, which are sealed at their next use. `docs/guide/migrate-from-mfa.md` lists what differs.
 *
 * @throws FactorConfigError naming the option and what it accepts
 */
export const mfaCompat = (options: MfaCompatOptions): MfaFactor => new MfaFactor(resolveMfaOptions(options));

/** The factor that {@link mfaCompat} gives. */
export class MfaFactor extends Factor<MfaEnrolment> {
  override readonly inPlaceOf: BuiltInPlace<MfaEnrolment> = {
    provider: 'mfa',
    adopt: (record) => this.#adopt(record),
    // The built-in adapter takes any token where it finds neither; these it cannot read.
    decoy: { secret: '-', mobile: '-' },
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

  intent(payload: unknown, _user: FactorUser, enrolment: MfaEnrolment | undefined): Intent {
    const { mobile, token, secret, old } = this.#read(payload) ?? {};
    if (enrolment !== undefined && mobile !== undefined && token === undefined) {
      throw new FactorError('already_enrolled', { sentence: 'MFA is already set up on this account' });
    }
    const isSetUp = (mobile ?? secret ?? old) !== undefined;
    return enrolment === undefined || isSetUp ? 'enrol' : 'answer';
  }

  override proofIn(payload: unknown): unknown {
    const { old } = this.#read(payload) ?? {};
    return old === undefined ? undefined : { token: old };
  }

  override isStandIn(payload: unknown): boolean {
    return isRecoveryToken(tokenOf(payload));
  }

  async beginEnrolment(context: FactorContext, payload: unknown): Promise<Reply> {
    const { mobile } = this.#read(payload) ?? {};
    if (mobile === undefined) throw invalidData();
    return inOldWords(MOBILE_WORDS, () => this.#mobile.beginEnrolment(context, { mobile }, undefined));
  }

  /** `{ mobile }` sends a code there, and `{ mobile, token }` confirms it; `{ secret, token }` sets up an authenticator. */
  async confirmEnrolment(context: EnrolledContext<MfaEnrolment>, payload: unknown): Promise<Confirmed<MfaEnrolment>> {
    const given = this.#read(payload);
    if (given === undefined) throw invalidData();
    if (given.mobile === undefined) return this.#confirmAuthenticator(context, given);
    if (given.token === undefined)
      return { enrolment: undefined, isBegun: true, reply: await this.beginEnrolment(context, payload) };
    const mobile = await inOldWords(MOBILE_WORDS, async () =>
      normaliseMobile(readFields({ mobile: given.mobile }, { mobile: ANY }).mobile, this.#options),
    );
    const { enrolment } = await inOldWords(CONFIRM_WORDS, () =>
      this.#mobile.confirmEnrolment(context, { mobile, code: given.token }),
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
    payload: unknown,
    enrolment: MfaEnrolment,
  ): Promise<undefined> {
    return inOldWords(TOKEN_WORDS, async () => {
      const token = tokenOf(payload);
      if (isMobile(enrolment)) {
        if (token !== REQUEST) return this.#mobile.verify(context, purpose, token, { address: enrolment.mobile });
        await this.challenge(context, purpose, enrolment);
        throw new FactorError('factor_required', { sentence: 'Please enter the token' });
      }
      if (isRecoveryToken(token)) return this.#spendRecovery(context, purpose, token);
      return this.#verifyTotp(context, purpose, token, enrolment);
    });
  }

  /** The same number or authenticator, whatever recovery tokens are left. */
  override isSame(before: MfaEnrolment, after: MfaEnrolment): boolean {
    if (isMobile(before) || isMobile(after)) return super.isSame(before, after);
    return before.secret === after.secret;
  }

  /** Nothing, as with the built-in adapter. */
  describe(): Reply {
    return {};
  }

  #adopt(record: Readonly<Record<string, unknown>>): MfaEnrolment {
    if (!this.#options.adoptRecords) throw new FactorError('unavailable');
    return adoptRecord(record, this.#options);
  }

  /** What of a payload says something here: a number does where SMS is offered. */
  #read(payload: unknown): MfaPayload | undefined {
    const given = readMfaPayload(payload);
    if (given === undefined || this.#options.options.includes('SMS')) return given;
    const { mobile: _mobile, ...others } = given;
    return others;
  }

  async #confirmAuthenticator(context: FactorContext, { secret: given, token }: MfaPayload): Promise<Confirmed<MfaEnrolment>> {
    const { options, algorithm, digits, period } = this.#options;
    if (!options.includes('TOTP')) throw invalidData();
    const rules = { secret: SECRET, token: ANY };
    const fields = await inOldWords(DATA_WORDS, async () => readFields({ secret: given, token }, rules));
    const secret = canonicalBase32(fields.secret);
    if (secret.length < MIN_SECRET) throw invalidData();
    // The secret comes along, so there is nothing to guess at.
    const step = verifyStep({ secret, algorithm, digits, period }, fields.token, context.clock());
    if (step === undefined) {
      context.emit({ type: 'rejected', purpose: 'enrolment', reason: 'code_rejected' });
      throw new FactorError('code_rejected', { sentence: 'Invalid MFA token' });
    }
    // The step that set it up is used: it does not log in as well.
    await context.store.advance(markSubject(context), step * period);
    const { kept, reply } = newRecovery(context.random);
    return { enrolment: { secret, algorithm, digits, period, recovery: kept }, reply };
  }

  async #verifyTotp(
    context: FactorContext,
    purpose: Purpose,
    token: unknown,
    enrolment: AuthenticatorEnrolment,
  ): Promise<undefined> {
    const { token: code } = readFields({ token }, { token: digitsRule(enrolment.digits) });
    const subject = guessSubject(context, purpose);
    const guess = await beginGuess(context, subject, purpose, this.#options);
    const step = verifyStep(enrolment, code, context.clock());
    if (step === undefined) throw guess.reject('code_rejected');
    // One mark for all purposes, as a step is used for all; and in seconds, so that it outlives another period.
    const mark = step * enrolment.period;
    const steps = markSubject(context);
    if (!(await context.store.advance(steps, mark))) throw guess.reject('code_rejected', STEP_USED);
    if (subject !== steps) await context.store.pardon(subject);
    context.emit({ type: 'verified', purpose });
  }

  async #spendRecovery(context: EnrolledContext<MfaEnrolment>, purpose: Purpose, token: string): Promise<undefined> {
    const { store, emit } = context;
    const subject = guessSubject(context, purpose);
    const guess = await beginGuess(context, subject, purpose, this.#options);
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

/** The step that a token is of, now or one to either side; with long periods, now only, so that none lives ten minutes. */
function verifyStep({ secret, algorithm, digits, period }: TotpSettings, token: string, now: number): number | undefined {
  const parameters = { secret: decodeBase32(secret), algorithm, digits, stepSeconds: period };
  const result = verifyTotp(parameters, token, now, period > 200 ? 0 : 1);
  return result.ok ? result.step : undefined;
}
