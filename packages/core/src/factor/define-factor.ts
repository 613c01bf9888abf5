import { FactorError } from '../error/factor-error.js';
import type { AttemptLimits, SendLimits } from '../store/otp-store.js';
import { asObject } from '../validation/json-object.js';
import { functionOption, integerOption, optional, type OptionRule, resolveOptions } from '../validation/options.js';
import { type FieldRule, readCode } from '../validation/payload.js';
import { assertLocks, ATTEMPT_LIMIT_RULES, beginAttempt, DEFAULT_ATTEMPT_LIMITS } from './attempt.js';
import { type Authentication, authenticationOption } from './authentication.js';
import type { Command, PayloadSource } from './command.js';
import type { EnrolledContext, FactorContext, Reply } from './context.js';
import { factorSubject } from './factor-subject.js';
import { type Confirmed, Factor } from './factor.js';
import type { Purpose } from './purpose.js';

/** A challenge for the user. */
export interface DefinedChallenge {
  /**
   * The correct answer, or the value that {@link FactorDefinition.check} receives. Kept sealed, at most 200
   * characters of ASCII.
   */
  readonly expected: string;
  /** The reply to the client, besides `status` and `expiresAt`. */
  readonly reply?: Reply;
}

/** The challenge that confirms a new enrolment. */
export interface DefinedEnrolment<Enrolment> extends DefinedChallenge {
  /** What to keep about the user after the correct answer. Kept sealed until then, at most 400 characters of JSON in ASCII. */
  readonly enrolment: Enrolment;
}

/** A factor as a few functions; see {@link defineFactor}. */
export interface FactorDefinition<Enrolment extends object> extends Partial<AttemptLimits> {
  /**
   * The format of an answer, such as `digitsRule(6)` for six digits. Anything else is `invalid_input` and does not
   * count as an attempt.
   */
  readonly answer: FieldRule;
  /**
   * Returns what to keep about a user who sets the factor up, and the challenge that confirms it. Called only within
   * the limits.
   */
  readonly begin: (
    context: FactorContext,
    payload: unknown,
  ) => DefinedEnrolment<Enrolment> | Promise<DefinedEnrolment<Enrolment>>;
  /** Returns a challenge for a user who has set the factor up, and delivers it if needed. Called only within the limits. */
  readonly challenge: (
    context: FactorContext,
    enrolment: Enrolment,
    purpose: Purpose,
  ) => DefinedChallenge | Promise<DefinedChallenge>;
  /** Tells whether an answer is correct; by default it must equal `expected`, compared in constant time. */
  readonly check?: (context: FactorContext, answer: string, expected: string) => boolean | Promise<boolean>;
  /**
   * Returns what to keep after a correct answer, including the one that confirms the enrolment; by default the same
   * as before. It receives the expected and the sent answer. It may be called more than once.
   */
  readonly afterUse?: (enrolment: Enrolment, expected: string, answer: string) => Enrolment;
  /** Returns what the user sees of the enrolment, besides `status`; nothing by default. */
  readonly describe?: (enrolment: Enrolment) => Reply;
  /** What a correct answer proves, for the methods of a session; nothing by default. */
  readonly authentication?: Authentication;
  /** How long a challenge may be answered, in milliseconds, 1 to 60 minutes; 600,000 by default. */
  readonly validityMs?: number;
  /** Minimum time between two challenges, in milliseconds, up to 10 minutes; none by default. */
  readonly cooldownMs?: number;
  /** Challenges within ten minutes, 1 to 100; 20 by default. */
  readonly maxChallengesPer10Minutes?: number;
}

type Resolved<Enrolment extends object> = FactorDefinition<Enrolment> &
  AttemptLimits &
  Required<Pick<FactorDefinition<Enrolment>, 'validityMs' | 'cooldownMs' | 'maxChallengesPer10Minutes'>>;

const TEN_MINUTES = 10 * 60_000;
/** The longest digest that stores accept. */
const MAX_DIGEST = 1024;

const ANSWER: OptionRule = {
  accepts: 'a FieldRule: { maxLength, pattern, accepts } and optionally tidy',
  isValid: (value) => {
    const { maxLength, tidy, pattern, accepts } = asObject(value) ?? {};
    const isRule = Number.isInteger(maxLength) && pattern instanceof RegExp && typeof accepts === 'string';
    return isRule && optional(functionOption).isValid(tidy);
  },
};

/**
 * Makes a second factor from a few functions: one begins it, one challenges, one checks. The library adds what every
 * factor needs. Attempts are counted before anything is compared. A challenge works once, for one purpose and one
 * user. What is kept is sealed.
 *
 * @typeParam Enrolment what is kept about a user, as JSON
 * @throws FactorConfigError naming the option and what it accepts
 * @example
 * ```ts
 * import { defineFactor } from '@parse-factors/core';
 * import { digitsRule, randomDigits } from '@parse-factors/core/factor';
 *
 * // A code that a desk clerk reads out to the user.
 * export const desk = (tell: (userId: string, code: string) => Promise<void>) =>
 *   defineFactor<{ readonly since: number }>({
 *     answer: digitsRule(6),
 *     async begin({ user, random, clock }) {
 *       const expected = randomDigits(random, 6);
 *       await tell(user.id, expected);
 *       return { expected, enrolment: { since: clock() } };
 *     },
 *     async challenge({ user, random }) {
 *       const expected = randomDigits(random, 6);
 *       await tell(user.id, expected);
 *       return { expected };
 *     },
 *   });
 * ```
 */
export function defineFactor<Enrolment extends object>(definition: FactorDefinition<Enrolment>): Factor<Enrolment> {
  const resolved = resolveOptions<Resolved<Enrolment>>(
    'defineFactor',
    definition,
    {
      ...ATTEMPT_LIMIT_RULES,
      answer: ANSWER,
      begin: functionOption,
      challenge: functionOption,
      check: optional(functionOption),
      afterUse: optional(functionOption),
      describe: optional(functionOption),
      authentication: authenticationOption,
      validityMs: integerOption(60_000, 60 * 60_000),
      cooldownMs: integerOption(0, TEN_MINUTES),
      maxChallengesPer10Minutes: integerOption(1, 100),
    },
    { ...DEFAULT_ATTEMPT_LIMITS, validityMs: TEN_MINUTES, cooldownMs: 0, maxChallengesPer10Minutes: 20 },
  );
  assertLocks('defineFactor', resolved);
  return new DefinedFactor(resolved);
}

const unchanged = <Enrolment>(enrolment: Enrolment): Enrolment => enrolment;

/** What the store keeps of a challenge, sealed. */
interface Live<Enrolment> {
  readonly expected: string;
  readonly enrolment?: Enrolment;
}

class DefinedFactor<Enrolment extends object> extends Factor<Enrolment, string> {
  override readonly authentication: Authentication | undefined;
  readonly #definition: Resolved<Enrolment>;

  constructor(definition: Resolved<Enrolment>) {
    super();
    this.authentication = definition.authentication;
    this.#definition = definition;
  }

  /** Reads a payload. `begin` receives it exactly as sent; the definition validates it. */
  read(payload: unknown, { at, enrolment }: PayloadSource<Enrolment>): Command<string> {
    const isNew = enrolment === undefined;
    if (at === 'challenge') return { do: isNew ? 'begin' : 'begin-or-challenge', begin: payload };
    const answer = readCode(payload, this.#definition.answer);
    if (isNew) return { do: 'enrol', confirmation: answer };
    return at === 'save' ? { do: 'enrol-or-answer', answer, confirmation: answer } : { do: 'answer', answer };
  }

  async beginEnrolment(context: FactorContext, payload: unknown): Promise<Reply> {
    const begin = async (): Promise<DefinedEnrolment<Enrolment>> => this.#definition.begin(context, payload);
    return { status: 'pending', ...(await this.#issue(context, 'enrolment', begin)) };
  }

  async confirmEnrolment(context: EnrolledContext<Enrolment>, answer: string): Promise<Confirmed<Enrolment>> {
    const { afterUse = unchanged } = this.#definition;
    const { enrolment, expected } = await this.#redeem(context, 'enrolment', answer);
    if (enrolment === undefined) throw new FactorError('unavailable');
    return { enrolment: afterUse(enrolment, expected, answer) };
  }

  async challenge(context: FactorContext, purpose: Purpose, enrolment: Enrolment): Promise<Reply> {
    const challenge = async (): Promise<DefinedChallenge> => this.#definition.challenge(context, enrolment, purpose);
    return { status: 'sent', ...(await this.#issue(context, purpose, challenge)) };
  }

  async verify(context: EnrolledContext<Enrolment>, purpose: Purpose, answer: string): Promise<undefined> {
    const { afterUse } = this.#definition;
    const { expected } = await this.#redeem(context, purpose, answer);
    if (afterUse !== undefined) await context.change((enrolment) => afterUse(enrolment, expected, answer));
    context.emit({ type: 'verified', purpose });
  }

  describe(enrolment: Enrolment): Reply {
    return this.#definition.describe?.(enrolment) ?? {};
  }

  /** Applies the limits before a challenge is made or delivered. It first issues an empty challenge, then fills it in. */
  async #issue(
    context: FactorContext,
    purpose: Purpose,
    make: () => Promise<DefinedChallenge & Partial<DefinedEnrolment<Enrolment>>>,
  ): Promise<Reply> {
    const { validityMs, cooldownMs, maxChallengesPer10Minutes } = this.#definition;
    const { keyring, store, clock, emit } = context;
    const subject = factorSubject(context, purpose);
    const expiresAt = clock() + validityMs;
    const put = async (live: Live<Enrolment> | null, limits: SendLimits): Promise<string> => {
      const digest = keyring.seal(JSON.stringify(live), 'defined-factor', subject);
      if (digest.length > MAX_DIGEST)
        throw new FactorError('unavailable', { cause: new RangeError('the expected answer is too long to store') });
      const issue = await store.issue(subject, { digest, expiresAt }, limits);
      if (!issue.issued) throw new FactorError(issue.reason, { retryAt: issue.retryAt });
      return digest;
    };
    const place = await put(null, { cooldownMs, quotas: [{ limit: maxChallengesPer10Minutes, windowMs: TEN_MINUTES }] });
    try {
      const { expected, enrolment, reply } = await make();
      await put({ expected, ...(enrolment !== undefined && { enrolment }) }, { cooldownMs: 0, quotas: [] });
      emit({ type: 'challenged', purpose });
      return { ...reply, expiresAt: new Date(expiresAt).toISOString() };
    } catch (fault) {
      await store.revoke(subject, place);
      throw fault;
    }
  }

  /** Counts the attempt, checks the answer, and uses up the challenge. */
  async #redeem(context: FactorContext, purpose: Purpose, answer: string): Promise<Live<Enrolment>> {
    const { check } = this.#definition;
    const { keyring, store } = context;
    const subject = factorSubject(context, purpose);
    const attempt = await beginAttempt(context, subject, purpose, this.#definition);
    if (attempt.digest === undefined) throw attempt.reject('code_expired');
    const live = JSON.parse(keyring.open(attempt.digest, 'defined-factor', subject).plaintext) as Live<Enrolment> | null;
    if (live === null) throw attempt.reject('code_expired');
    const isExpected = (): boolean =>
      keyring.matches(keyring.digest('defined-factor', subject, live.expected), 'defined-factor', subject, answer);
    const isRight: unknown = check === undefined ? isExpected() : await check(context, answer, live.expected);
    if (isRight !== true) throw attempt.reject('code_rejected');
    if (!(await store.consume(subject, attempt.digest))) throw attempt.reject('code_expired');
    return live;
  }
}
