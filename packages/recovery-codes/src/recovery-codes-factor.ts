import { FactorError } from '@parse-factors/core';
import {
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
import { CHANGES_FACTORS, isGood, type ChangesFactors, type Wait } from './changes-factors.js';
import { digestOf, newCode, RECOVERY_CODE, without } from './recovery-code.js';

/** Options of {@link RecoveryCodesFactor}. */
export interface RecoveryCodesOptions extends Partial<Omit<AttemptLimits, 'maxAttempts'>> {
  /** How many codes are made at once, 5 to 20; 10 by default. */
  readonly count?: number;
  /** At how many codes left the user is to be warned, 0 to 5; 3 by default. */
  readonly warnAt?: number;
  /**
   * Whether a second code, in a session that one has opened, is a proof for changing factors: `at-once`, the
   * default; `never`; or once `afterMs` milliseconds have gone by, an hour to 30 days. Every known address is
   * told. A login or a proof with one of the user's own factors ends such a wait.
   */
  readonly changesFactors?: ChangesFactors;
}

/** What the factor keeps about a user. */
export interface RecoveryEnrolment {
  /** The key of the digests: 256 bits in Base64url, made with the codes. It is sealed, so they survive a rotation of `keys`. */
  readonly key: string;
  /** Keyed digests of the codes that are left. */
  readonly digests: readonly string[];
  /** Set while a user waits to change their factors. */
  readonly wait?: Wait;
}

const KEY_BYTES = 32;
const GENERATE = { generate: { maxLength: 4, pattern: /^true$/, accepts: '"true"' } };

/**
 * Recovery codes: made beside a factor, shown once, each good for one login in its place, and gone with the
 * last factor. In a session that one has opened, a second one proves enough to change factors. Payload:
 * `{ generate: "true" }` to make them, the code to log in and to prove.
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
  override readonly recovery: Recovery<RecoveryEnrolment, string> | undefined;
  /** Takes `{ key, digests }`, as another factor has kept them. */
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

  /** There is nothing to begin: the codes are made when they are asked for. */
  async beginEnrolment(): Promise<Reply> {
    throw new FactorError('invalid_input', { sentence: 'Ask for recovery codes with { generate: "true" } on the user.' });
  }

  async confirmEnrolment({ random }: FactorContext): Promise<Confirmed<RecoveryEnrolment>> {
    const key = bytesFrom(random, KEY_BYTES).toString('base64url');
    const codes = Array.from({ length: this.#options.count }, () => newCode(random));
    return { enrolment: { key, digests: codes.map((code) => digestOf(key, code)) }, reply: { codes: codes.join(', ') } };
  }

  /** Nothing to send: the user has the codes. */
  async challenge(): Promise<Reply> {
    return { status: 'enabled' };
  }

  async verify(context: EnrolledContext<RecoveryEnrolment>, purpose: Purpose, code: string): Promise<undefined> {
    await this.#spend(context, purpose, code, (enrolment) => enrolment);
  }

  /**
   * Counts an attempt, and spends a code that is right.
   *
   * @param change gives what is kept once it is spent; undefined to leave the code as it is
   * @throws FactorError `code_rejected`, `locked`
   */
  async #spend(
    context: EnrolledContext<RecoveryEnrolment>,
    purpose: Purpose,
    code: string,
    change: (enrolment: RecoveryEnrolment) => RecoveryEnrolment | undefined,
  ): Promise<void> {
    const { store, emit } = context;
    const subject = attemptSubject(context, purpose);
    const guess = await beginAttempt(context, subject, purpose, this.#limits);
    let [remaining, isLeft] = [0, false];
    const isSpent = await context.change((enrolment) => {
      const digests = without(enrolment.digests, enrolment.key, code);
      const changed = digests && change({ ...enrolment, digests });
      [remaining, isLeft] = [digests?.length ?? 0, digests !== undefined && changed === undefined];
      return changed;
    });
    if (!isSpent && !isLeft) throw guess.reject('code_rejected');
    await store.pardon(subject);
    if (isLeft) return;
    emit({ type: 'verified', purpose });
    emit({ type: 'recovery_used', purpose, remaining });
    if (remaining <= this.#options.warnAt) emit({ type: 'recovery_low', purpose, remaining });
  }

  /** @param afterMs how long a user waits; 0 for not at all */
  #recovery(afterMs: number): Recovery<RecoveryEnrolment, string> {
    const goodWait = (wait: Wait | undefined, now: number): Wait | undefined =>
      wait !== undefined && isGood(wait, now, afterMs) ? wait : undefined;
    const prove: Recovery<RecoveryEnrolment, string>['prove'] = async (context, code, enrolment) => {
      const now = context.clock();
      const begun = goodWait(enrolment.wait, now);
      if (begun !== undefined && begun.until > now) return { waitsUntil: begun.until }; // nothing is spent on it
      let answer: RecoveryAnswer = {};
      await this.#spend(context, 'fresh-proof', code, ({ wait, ...left }) => {
        const good = goodWait(wait, now);
        const isDue = afterMs === 0 || (good !== undefined && good.until <= now);
        const until = good?.until ?? now + afterMs;
        answer = isDue ? {} : { waitsUntil: until, isNew: good === undefined };
        if (isDue) return left;
        return good === undefined ? { ...left, wait: { until, session: context.session ?? '' } } : undefined;
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

  /** How many codes are left. */
  describe({ digests }: RecoveryEnrolment): Reply {
    return { remaining: String(digests.length) };
  }

  get #limits(): AttemptLimits {
    // Attempts at one live code do not matter: there is none.
    return { ...this.#options, maxAttempts: 1 };
  }
}

const isDigest = (value: unknown): value is string => typeof value === 'string' && /^[\w-]{43}$/.test(value);

function importEnrolment({ key, digests }: Readonly<Record<string, unknown>>): RecoveryEnrolment {
  if (!isDigest(key) || !Array.isArray(digests) || digests.length === 0 || !digests.every(isDigest))
    throw new FactorError('invalid_input');
  return { key, digests };
}

const withoutWait = ({ key, digests }: RecoveryEnrolment): RecoveryEnrolment => ({ key, digests });
