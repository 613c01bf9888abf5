import {
  ATTEMPT_LIMIT_RULES,
  assertLocks,
  asObject,
  beginGuess,
  DEFAULT_ATTEMPT_LIMITS,
  drawBytes,
  Factor,
  FactorError,
  factorSubject,
  integerOption,
  readCode,
  readFields,
  resolveOptions,
  type AttemptLimits,
  type Confirmed,
  type EnrolledContext,
  type FactorContext,
  type FactorUser,
  type Intent,
  type Purpose,
  type Reply,
} from '@parse-factors/core';
import { digestOf, newCode, RECOVERY_CODE, without } from './recovery-code.js';

/** Options of {@link RecoveryCodesFactor}. */
export interface RecoveryCodesOptions extends Partial<Omit<AttemptLimits, 'maxAttempts'>> {
  /** How many codes are made at once, 5 to 20; 10 by default. */
  readonly count?: number;
  /** At how many codes left the user is to be warned, 0 to 5; 3 by default. */
  readonly warnAt?: number;
}

/** What the factor keeps about a user. */
export interface RecoveryEnrolment {
  /** The key of the digests: 256 bits in Base64url, made with the codes. It is sealed, so they survive a rotation of `keys`. */
  readonly key: string;
  /** Keyed digests of the codes that are left. */
  readonly digests: readonly string[];
}

const KEY_BYTES = 32;
const GENERATE = { generate: { maxLength: 4, pattern: /^true$/, accepts: '"true"' } };

/**
 * Recovery codes: made beside a factor, shown once, each good for one login in its place. They are
 * never a fresh proof, and go with the last factor. Payload: `{ generate: "true" }` to make them,
 * the code to log in.
 */
export class RecoveryCodesFactor extends Factor<RecoveryEnrolment> {
  override readonly standIn = 'fresh-proof';
  readonly #options: Required<Omit<RecoveryCodesOptions, 'maxAttempts'>>;

  /** @throws FactorConfigError naming the option and what it accepts */
  constructor(options: RecoveryCodesOptions = {}) {
    super();
    const { maxAttempts: _none, ...limits } = ATTEMPT_LIMIT_RULES;
    const { maxAttempts: _no, ...defaults } = DEFAULT_ATTEMPT_LIMITS;
    this.#options = resolveOptions<Required<RecoveryCodesOptions>>(
      'RecoveryCodesFactor',
      options,
      { ...limits, count: integerOption(5, 20), warnAt: integerOption(0, 5) },
      { ...defaults, count: 10, warnAt: 3 },
    );
    assertLocks('RecoveryCodesFactor', this.#limits);
  }

  intent(payload: unknown, _user: FactorUser, enrolment: RecoveryEnrolment | undefined): Intent {
    return enrolment === undefined || Object.hasOwn(asObject(payload) ?? {}, 'generate') ? 'enrol' : 'answer';
  }

  /** There is nothing to begin: the codes are made when they are asked for. */
  async beginEnrolment(): Promise<Reply> {
    throw new FactorError('invalid_input', { sentence: 'Ask for recovery codes with { generate: "true" } on the user.' });
  }

  async confirmEnrolment({ random }: FactorContext, payload: unknown): Promise<Confirmed<RecoveryEnrolment>> {
    readFields(payload, GENERATE);
    const key = drawBytes(random, KEY_BYTES).toString('base64url');
    const codes = Array.from({ length: this.#options.count }, () => newCode(random));
    return { enrolment: { key, digests: codes.map((code) => digestOf(key, code)) }, reply: { codes: codes.join(', ') } };
  }

  /** Nothing to send: the user has the codes. */
  async challenge(): Promise<Reply> {
    return { status: 'enabled' };
  }

  async verify(context: EnrolledContext<RecoveryEnrolment>, purpose: Purpose, payload: unknown): Promise<undefined> {
    const code = readCode(payload, RECOVERY_CODE);
    const { store, clock, emit } = context;
    const subject = factorSubject(context, purpose);
    const guess = await beginGuess(context, subject, purpose, this.#limits);
    let remaining = 0;
    const isSpent = await context.change(({ key, digests }) => {
      const left = without(digests, key, code);
      remaining = left?.length ?? 0;
      return left && { key, digests: left };
    });
    if (!isSpent) throw guess.reject('code_rejected');
    await store.advance(subject, clock()); // takes the failures back
    emit({ type: 'verified', purpose });
    emit({ type: 'recovery_used', purpose, remaining });
    if (remaining <= this.#options.warnAt) emit({ type: 'recovery_low', purpose, remaining });
  }

  /** Takes `{ key, digests }`, as another factor has kept them. */
  override takeOver({ key, digests }: Readonly<Record<string, unknown>>): RecoveryEnrolment {
    const isDigest = (value: unknown): boolean => typeof value === 'string' && /^[\w-]{43}$/.test(value);
    if (!isDigest(key) || !Array.isArray(digests) || digests.length === 0 || !digests.every(isDigest))
      throw new FactorError('invalid_input');
    return { key, digests } as RecoveryEnrolment;
  }

  /** How many codes are left. */
  describe({ digests }: RecoveryEnrolment): Reply {
    return { remaining: String(digests.length) };
  }

  get #limits(): AttemptLimits {
    // Attempts at one live code do not matter: there is none.
    return { ...this.#options, maxAttempts: 1 };
  }
}
