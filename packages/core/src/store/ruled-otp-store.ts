import { FactorError } from '../error/factor-error.js';
import { type Clock, systemClock } from '../time/clock.js';
import type {
  AttemptLimits,
  AttemptResult,
  CountResult,
  IssueResult,
  LiveCode,
  OtpStore,
  Quota,
  RedeemResult,
  SendLimits,
} from './otp-store.js';
import type { Arguments, Outcome, ResultRow } from './rules/language.js';
import type { ArgumentNamesOf, Verb } from './rules/verb.js';

/**
 * The base class of stores that run the rules of the verbs. It turns the outcome of a rule into the result of the verb. A fault
 * of the backend becomes `unavailable`.
 */
export abstract class RuledOtpStore implements OtpStore {
  readonly #clock: Clock;

  /** @param clock returns the time in epoch milliseconds */
  constructor(clock: Clock = systemClock) {
    this.#clock = clock;
  }

  /** Runs a rule on the row of that name, as one atomic step. Resolves to undefined if it changes nothing and has no answer. */
  protected abstract run(verb: Verb, name: string, given: Partial<Arguments>): Promise<Outcome | undefined>;

  /** Deletes the row of that name, if there is one. */
  protected abstract remove(name: string): Promise<void>;

  /** Deletes up to `batch` rows whose `deadAt` is `now` or earlier. Returns how many. */
  protected abstract removeDead(now: number, batch: number): Promise<number>;

  async issue(subject: string, { digest, expiresAt }: LiveCode, { cooldownMs, quotas }: SendLimits): Promise<IssueResult> {
    const [first, second] = quotas;
    const now = this.#clock();
    const cooledSince = cooldownMs > 0 ? now - cooldownMs : Number.MAX_SAFE_INTEGER;
    const code = { now, digest, expiresAt, cooldownMs, cooledSince };
    const outcome = answered(await this.#issue(subject, code, first, second));
    if ('row' in outcome) return { issued: true };
    const { reason, until } = outcome.refusal;
    return { issued: false, reason: reason === 'locked' ? 'locked' : 'cooldown', retryAt: until };
  }

  async attempt(subject: string, limits: AttemptLimits): Promise<AttemptResult> {
    const outcome = answered(await this.#run('attempt', subject, { now: this.#clock(), ...named(limits) }));
    if ('refusal' in outcome) return { locked: true, retryAt: outcome.refusal.until };
    const { digest, mark } = outcome.row;
    const isOpen = hasOpenCode(outcome.row, limits);
    return { locked: false, digest: isOpen ? digest : undefined, mark, locksUntil: locksUntil(outcome.row) };
  }

  async redeem(subject: string, digests: readonly string[], limits: AttemptLimits): Promise<RedeemResult> {
    const outcome = answered(await this.#run('redeem', subject, { now: this.#clock(), digests, ...named(limits) }));
    if ('refusal' in outcome) return { locked: true, retryAt: outcome.refusal.until };
    // The right code clears the attempts. Otherwise there is at least this one.
    if (outcome.row.attempts === 0) return { locked: false, outcome: 'spent', locksUntil: undefined };
    const isOpen = hasOpenCode(outcome.row, limits);
    return { locked: false, outcome: isOpen ? 'wrong' : 'absent', locksUntil: locksUntil(outcome.row) };
  }

  async guess(subject: string, maxAttempts: number): Promise<string | undefined> {
    const outcome = await this.#run('guess', subject, { now: this.#clock(), maxAttempts });
    return outcome !== undefined && 'row' in outcome && outcome.row.digest !== '' ? outcome.row.digest : undefined;
  }

  async consume(subject: string, digest: string): Promise<boolean> {
    const outcome = await this.#run('consume', subject, { now: this.#clock(), digest });
    return outcome !== undefined && 'row' in outcome && outcome.row.codeExpiresAt === 0;
  }

  async revoke(subject: string, digest: string): Promise<void> {
    await this.#run('revoke', subject, { digest });
  }

  async advance(subject: string, mark: number): Promise<boolean> {
    return (await this.#run('advance', subject, { now: this.#clock(), mark })) !== undefined;
  }

  async claim(key: string, expiresAt: number): Promise<boolean> {
    return (await this.#run('claim', key, { now: this.#clock(), expiresAt })) !== undefined;
  }

  async count(bucket: string, { limit, windowMs }: Quota): Promise<CountResult> {
    const given = { now: this.#clock(), limit1: limit, windowMs1: windowMs };
    const outcome = answered(await this.#run('count', bucket, given));
    return 'refusal' in outcome ? { allowed: false, retryAt: outcome.refusal.until } : { allowed: true };
  }

  async uncount(bucket: string): Promise<void> {
    await this.#run('uncount', bucket, { now: this.#clock() });
  }

  async pardon(subject: string): Promise<void> {
    await this.#run('pardon', subject, {});
  }

  async forget(subject: string): Promise<void> {
    await unavailable(() => this.remove(subject));
  }

  prune(now: number, batch: number): Promise<number> {
    return unavailable(() => this.removeDead(now, batch));
  }

  #issue(
    subject: string,
    code: Pick<Arguments, 'now' | 'digest' | 'expiresAt' | 'cooldownMs' | 'cooledSince'>,
    first: Quota | undefined,
    second: Quota | undefined,
  ): Promise<Outcome | undefined> {
    if (first === undefined) return this.#run('issue', subject, code);
    const within = { ...code, limit1: first.limit, windowMs1: first.windowMs };
    if (second === undefined) return this.#run('issueInWindow', subject, within);
    return this.#run('issueInWindows', subject, { ...within, limit2: second.limit, windowMs2: second.windowMs });
  }

  #run<V extends Verb>(verb: V, name: string, given: Pick<Arguments, ArgumentNamesOf<V>>): Promise<Outcome | undefined> {
    return unavailable(() => this.run(verb, name, given));
  }
}

const named = ({ maxAttempts, maxFailures, lockMs, maxLockMs }: AttemptLimits): AttemptLimits => ({
  maxAttempts,
  maxFailures,
  lockMs,
  maxLockMs,
});

/** Whether the row has a code that this attempt could answer. */
const hasOpenCode = ({ digest, codeExpiresAt, attempts }: ResultRow, { maxAttempts }: AttemptLimits): boolean =>
  digest !== '' && codeExpiresAt > 0 && attempts <= maxAttempts;

/** Until when this attempt locks the subject if it has failed. */
const locksUntil = ({ lockedUntil }: ResultRow): number | undefined => (lockedUntil === 0 ? undefined : lockedUntil);

/** The outcome of a verb that always has an answer. */
function answered(outcome: Outcome | undefined): Outcome {
  if (outcome === undefined) throw new FactorError('unavailable');
  return outcome;
}

async function unavailable<Result>(work: () => Promise<Result>): Promise<Result> {
  try {
    return await work();
  } catch (cause) {
    throw cause instanceof FactorError ? cause : new FactorError('unavailable', { cause });
  }
}
