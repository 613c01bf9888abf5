import { FactorError } from '@parse-factors/core';
import {
  type Authentication,
  ATTEMPT_LIMIT_RULES,
  assertLocks,
  asObject,
  beginAttempt,
  DEFAULT_ATTEMPT_LIMITS,
  bytesFrom,
  Factor,
  attemptSubject,
  integerOption,
  readCode,
  readFields,
  resolveOptions,
  type Command,
  type Confirmed,
  type EnrolledContext,
  type EnrolmentImport,
  type FactorContext,
  type PayloadSource,
  type Purpose,
  type Recovery,
  type RecoveryAnswer,
  type Reply,
} from '@parse-factors/core/factor';
import type { AttemptLimits } from '@parse-factors/core/store';
import { CHANGES_FACTORS, isUsable, type ChangesFactors, type Wait } from './changes-factors.js';
import { digestOf, newCode, RECOVERY_CODE, without } from './recovery-code.js';

/** Options of {@link RecoveryCodesFactor}. */
export interface RecoveryCodesOptions extends Partial<Omit<AttemptLimits, 'maxAttempts'>> {
  /** How many codes are created at once, 5 to 20; 10 by default. */
  readonly count?: number;
  /** The number of codes left at which the user is warned, 0 to 5; 3 by default. */
  readonly warnAt?: number;
  /**
   * Whether recovery codes may change factors, in a session that one of them opened. A second code is then a step-up proof:
   * - `at-once` (default): immediately
   * - `never`
   * - `{ afterMs }`: after a wait of an hour to 30 days, in milliseconds
   * When a wait begins, every known address is notified. A login or step-up proof with one of the user's own factors cancels
   * it.
   */
  readonly changesFactors?: ChangesFactors;
}

/** What the factor stores about a user. */
export interface RecoveryEnrolment {
  /**
   * The key of the digests: 256 bits in Base64url, created with the codes. It is sealed, so the digests survive a rotation of
   * `keys`.
   */
  readonly key: string;
  /** Keyed digests of the unused codes. */
  readonly digests: readonly string[];
  /** The wait before factors may be changed, if one has begun. */
  readonly wait?: Wait;
}

const KEY_BYTES = 32;
const GENERATE = { generate: { maxLength: 4, pattern: /^true$/, accepts: '"true"' } };

/**
 * Recovery codes, a backup authenticator for when a second factor is lost. They are created once a second factor is enrolled,
 * shown once, and removed with the last factor. Each code replaces a second factor for one login. A second code in that session
 * is a step-up proof that allows changes of factors.
 * Payloads: `{ generate: "true" }` to create codes, the code to log in and for a step-up proof.
 * @example
 * ```ts
 * import { composeFactors } from '@parse-factors/core';
 * import { RecoveryCodesFactor } from '@parse-factors/recovery-codes';
 * import { TotpFactor } from '@parse-factors/totp';
 *
 * export const factors = (keys: string) =>
 *   composeFactors({
 *     keys,
 *     factors: { totp: new TotpFactor({ issuer: 'Acme' }), recovery: new RecoveryCodesFactor({ count: 10 }) },
 *   });
 * ```
 */
export class RecoveryCodesFactor extends Factor<RecoveryEnrolment, string, undefined> {
  override readonly backup = 'after-step-up';
  /** A look-up secret (NIST SP 800-63B-4, section 3.1.2); RFC 8176 has no name for it. */
  override readonly authentication: Authentication = { amr: [], proves: 'possession' };
  override readonly recovery: Recovery<RecoveryEnrolment, string> | undefined;
  /** Imports `{ key, digests }`, as another factor has stored them. */
  override readonly importer: EnrolmentImport<RecoveryEnrolment> = { importEnrolment };
  readonly #options: Required<RecoveryCodesOptions>;

  /** @throws FactorConfigError naming the option and what it accepts */
  constructor(options: RecoveryCodesOptions = {}) {
    super();
    const { maxAttempts: _none, ...limits } = ATTEMPT_LIMIT_RULES;
    const { maxAttempts: _no, ...defaults } = DEFAULT_ATTEMPT_LIMITS;
    this.#options = resolveOptions<Required<RecoveryCodesOptions>>(
      'RecoveryCodesFactor',
      options,
      { ...limits, count: integerOption(5, 20), warnAt: integerOption(0, 5), changesFactors: CHANGES_FACTORS },
      { ...defaults, count: 10, warnAt: 3, changesFactors: 'at-once' },
    );
    assertLocks('RecoveryCodesFactor', this.#limits);
    const { changesFactors: when } = this.#options;
    this.recovery = when === 'never' ? undefined : this.#recovery(when === 'at-once' ? 0 : when.afterMs);
  }

  read(payload: unknown, { at, enrolment }: PayloadSource<RecoveryEnrolment>): Command<string, undefined> {
    const isNew = enrolment === undefined || (at !== 'sign-in' && Object.hasOwn(asObject(payload) ?? {}, 'generate'));
    if (at === 'challenge') return isNew ? { do: 'begin', begin: undefined } : { do: 'challenge' };
    if (!isNew) return { do: 'answer', answer: readCode(payload, RECOVERY_CODE) };
    readFields(payload, GENERATE);
    return { do: 'enrol', confirmation: undefined };
  }

  /** Always throws: the codes are created when the user asks for them. */
  async beginEnrolment(): Promise<Reply> {
    throw new FactorError('invalid_input', { sentence: 'To create recovery codes, update the user with { generate: "true" }.' });
  }

  async confirmEnrolment({ random }: FactorContext): Promise<Confirmed<RecoveryEnrolment>> {
    const key = bytesFrom(random, KEY_BYTES).toString('base64url');
    const codes = Array.from({ length: this.#options.count }, () => newCode(random));
    return { enrolment: { key, digests: codes.map((code) => digestOf(key, code)) }, reply: { codes: codes.join(', ') } };
  }

  /** Sends nothing: the user has the codes. */
  async challenge(): Promise<Reply> {
    return { status: 'enabled' };
  }

  async verify(context: EnrolledContext<RecoveryEnrolment>, purpose: Purpose, code: string): Promise<undefined> {
    await this.#consume(context, purpose, code, (enrolment) => enrolment);
  }

  /**
   * Counts an attempt and consumes a correct code.
   * @param change returns what is stored afterwards; undefined keeps the code unused
   * @throws FactorError `code_rejected`, `locked`
   */
  async #consume(
    context: EnrolledContext<RecoveryEnrolment>,
    purpose: Purpose,
    code: string,
    change: (enrolment: RecoveryEnrolment) => RecoveryEnrolment | undefined,
  ): Promise<void> {
    const { store, emit } = context;
    const isByAnyone = purpose === 'fresh-proof' && context.session === undefined;
    const subject = attemptSubject(context, purpose);
    const attempt = isByAnyone ? undefined : await beginAttempt(context, subject, purpose, this.#limits);
    let [remaining, isUnused] = [0, false];
    const isConsumed = await context.change((enrolment) => {
      const digests = without(enrolment.digests, enrolment.key, code);
      const changed = digests && change({ ...enrolment, digests });
      [remaining, isUnused] = [digests?.length ?? 0, digests !== undefined && changed === undefined];
      return changed;
    });
    if (!isConsumed && !isUnused) throw attempt?.reject('code_rejected') ?? refuseUncounted(context, purpose);
    if (!isByAnyone) await store.pardon(subject);
    if (isUnused) return;
    emit({ type: 'verified', purpose });
    emit({ type: 'recovery_used', purpose, remaining });
    if (remaining <= this.#options.warnAt) emit({ type: 'recovery_low', purpose, remaining });
  }

  /** @param afterMs how long a user waits in milliseconds; 0 for no wait */
  #recovery(afterMs: number): Recovery<RecoveryEnrolment, string> {
    const usableWait = (wait: Wait | undefined, now: number): Wait | undefined =>
      wait !== undefined && isUsable(wait, now, afterMs) ? wait : undefined;
    const prove: Recovery<RecoveryEnrolment, string>['prove'] = async (context, code, enrolment) => {
      const now = context.clock();
      const begun = usableWait(enrolment.wait, now);
      // The code stays unused. Without a session it is compared first, as a stranger must not learn of the wait.
      if (context.session !== undefined && begun !== undefined && begun.until > now) return { waitsUntil: begun.until };
      let answer: RecoveryAnswer = {};
      await this.#consume(context, 'fresh-proof', code, ({ wait, ...left }) => {
        const usable = usableWait(wait, now);
        const isDue = afterMs === 0 || (usable !== undefined && usable.until <= now);
        const until = usable?.until ?? now + afterMs;
        answer = isDue ? {} : { waitsUntil: until, isNew: usable === undefined };
        if (isDue) return left;
        return usable === undefined ? { ...left, wait: { until, session: context.session ?? '' } } : undefined;
      });
      return answer;
    };
    return {
      prove,
      isDelayed: afterMs > 0,
      isBegunBy: (session, { wait }) => wait?.session === session,
      cancelled: (enrolment) => (enrolment.wait === undefined ? enrolment : withoutWait(enrolment)),
    };
  }

  /** Describes how many codes are left. */
  describe({ digests }: RecoveryEnrolment): Reply {
    return { remaining: String(digests.length) };
  }

  get #limits(): AttemptLimits {
    // The limit of attempts per code has no effect, because this factor has no live code.
    return { ...this.#options, maxAttempts: 1 };
  }
}

/** Refuses a code that anyone may have sent. It does not count: otherwise a stranger could lock the user out. */
function refuseUncounted({ emit }: FactorContext, purpose: Purpose): FactorError {
  emit({ type: 'rejected', purpose, reason: 'code_rejected', isLogged: false });
  return new FactorError('code_rejected');
}

const isDigest = (value: unknown): value is string => typeof value === 'string' && /^[\w-]{43}$/.test(value);

function importEnrolment({ key, digests }: Readonly<Record<string, unknown>>): RecoveryEnrolment {
  if (!isDigest(key) || !Array.isArray(digests) || digests.length === 0 || !digests.every(isDigest))
    throw new FactorError('invalid_input');
  return { key, digests };
}

const withoutWait = ({ key, digests }: RecoveryEnrolment): RecoveryEnrolment => ({ key, digests });
