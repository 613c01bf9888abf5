import { FactorError } from '@parse-factors/core';
import { functionOption, integerOption, optional, resolveOptions, type OptionRule } from '@parse-factors/core/factor';
import {
  type AttemptLimits,
  type AttemptResult,
  type Clock,
  CommandTimeouts,
  type CountResult,
  type IssueResult,
  type LiveCode,
  type OtpStore,
  type Quota,
  type RedeemResult,
  type SendLimits,
} from '@parse-factors/core/store';
import { scripts, type Script, type Verb } from './scripts.js';

/** The keys and arguments of a script. */
export interface ScriptArguments {
  readonly keys: string[];
  readonly arguments: string[];
}

/** The part of a `redis` (node-redis) client or cluster that this store uses. */
export interface RedisScripting {
  evalSha(sha1: string, input: ScriptArguments): Promise<unknown>;
  eval(script: string, input: ScriptArguments): Promise<unknown>;
}

/** Options of {@link redisStore}. */
export interface RedisStoreOptions {
  /** A connected client or cluster. The store neither opens nor closes connections. */
  readonly client: RedisScripting;
  /** The prefix of all keys, at most 100 characters; `parse-factors:` by default. */
  readonly prefix?: string;
  /** Timeout of one command in milliseconds, 10 to 30,000; 1000 by default. After that it fails with `unavailable`. */
  readonly timeoutMs?: number;
  /** The clock in epoch milliseconds, for tests; the Redis server's clock by default. */
  readonly clock?: Clock;
}

const scripting: OptionRule = {
  accepts: 'a client of the package redis ({ evalSha, eval })',
  isValid: (value) =>
    typeof value === 'object' &&
    value !== null &&
    ['evalSha', 'eval'].every((name) => typeof Reflect.get(value, name) === 'function'),
};

/**
 * Stores the state of factors in Redis: one key per subject and one Lua script per verb. Each verb is one atomic step in one
 * round trip. Keys expire by themselves.
 * @throws FactorConfigError naming the option and what it accepts
 * @example
 * ```ts
 * import { composeFactors } from '@parse-factors/core';
 * import { redisStore } from '@parse-factors/redis-store';
 * import { TotpFactor } from '@parse-factors/totp';
 * import { createClient } from '@redis/client';
 *
 * export async function start(keys: string) {
 *   const client = createClient({ url: process.env['REDIS_URL'] ?? '', disableOfflineQueue: true });
 *   await client.connect();
 *   return composeFactors({ keys, factors: { totp: new TotpFactor({ issuer: 'Acme' }) }, store: redisStore({ client }) });
 * }
 * ```
 */
export function redisStore(options: RedisStoreOptions): OtpStore {
  return new RedisOtpStore(
    resolveOptions<Resolved>(
      'redisStore',
      options,
      {
        client: scripting,
        prefix: {
          accepts: 'a text of at most 100 characters',
          isValid: (value) => typeof value === 'string' && value.length <= 100,
        },
        timeoutMs: integerOption(10, 30_000),
        clock: optional(functionOption),
      },
      { prefix: 'parse-factors:', timeoutMs: 1000 },
    ),
  );
}

type Resolved = Required<Omit<RedisStoreOptions, 'clock'>> & Pick<RedisStoreOptions, 'clock'>;

class RedisOtpStore implements OtpStore {
  readonly #options: Resolved;
  readonly #scripts: Readonly<Record<Verb, Script>>;
  readonly #timeouts: CommandTimeouts;

  constructor(options: Resolved) {
    this.#options = options;
    this.#timeouts = new CommandTimeouts(options.timeoutMs);
    this.#scripts = scripts(options.clock !== undefined);
  }

  async issue(subject: string, { digest, expiresAt }: LiveCode, { cooldownMs, quotas }: SendLimits): Promise<IssueResult> {
    const limits = quotas.flatMap(({ limit, windowMs }) => [limit, windowMs]);
    const [outcome, retryAt] = words(await this.#run('issue', subject, [digest, expiresAt, cooldownMs, ...limits]));
    if (outcome === 'issued') return { issued: true };
    if (outcome !== 'locked' && outcome !== 'cooldown') throw new FactorError('unavailable');
    return { issued: false, reason: outcome, retryAt: Number(retryAt) };
  }

  async attempt(subject: string, limits: AttemptLimits): Promise<AttemptResult> {
    const [outcome, until, mark, ...digest] = words(await this.#run('attempt', subject, asList(limits)));
    if (outcome === 'locked') return { locked: true, retryAt: Number(until) };
    if (outcome !== 'open') throw new FactorError('unavailable');
    return { locked: false, digest: digest.join(' ') || undefined, mark: Number(mark), locksUntil: Number(until) || undefined };
  }

  async guess(subject: string, maxAttempts: number): Promise<string | undefined> {
    const reply = await this.#run('guess', subject, [maxAttempts]);
    if (typeof reply !== 'string') throw new FactorError('unavailable');
    return reply || undefined;
  }

  async redeem(subject: string, digests: readonly string[], limits: AttemptLimits): Promise<RedeemResult> {
    const [outcome, until] = words(await this.#run('redeem', subject, [...asList(limits), ...digests]));
    if (outcome === 'locked') return { locked: true, retryAt: Number(until) };
    if (outcome !== 'spent' && outcome !== 'wrong' && outcome !== 'absent') throw new FactorError('unavailable');
    return { locked: false, outcome, locksUntil: Number(until) || undefined };
  }

  consume(subject: string, digest: string): Promise<boolean> {
    return this.#isDone('consume', subject, [digest]);
  }

  async revoke(subject: string, digest: string): Promise<void> {
    await this.#run('revoke', subject, [digest]);
  }

  advance(subject: string, mark: number): Promise<boolean> {
    return this.#isDone('advance', subject, [mark]);
  }

  claim(key: string, expiresAt: number): Promise<boolean> {
    return this.#isDone('claim', key, [expiresAt]);
  }

  async count(bucket: string, { limit, windowMs }: Quota): Promise<CountResult> {
    const [outcome, retryAt] = words(await this.#run('count', bucket, [limit, windowMs]));
    if (outcome === 'allowed') return { allowed: true };
    if (outcome !== 'full') throw new FactorError('unavailable');
    return { allowed: false, retryAt: Number(retryAt) };
  }

  async uncount(bucket: string): Promise<void> {
    await this.#run('uncount', bucket, []);
  }

  async pardon(subject: string): Promise<void> {
    await this.#run('pardon', subject, []);
  }

  async forget(subject: string): Promise<void> {
    await this.#run('forget', subject, []);
  }

  /** Does nothing: keys expire by themselves. */
  async prune(): Promise<number> {
    return 0;
  }

  async #isDone(verb: Verb, subject: string, values: readonly (string | number)[]): Promise<boolean> {
    const reply = await this.#run(verb, subject, values);
    if (reply !== 0 && reply !== 1) throw new FactorError('unavailable');
    return reply === 1;
  }

  /** Runs a script. Every fault and every timeout becomes `unavailable`. */
  #run(verb: Verb, subject: string, values: readonly (string | number)[]): Promise<unknown> {
    const { client, prefix, clock } = this.#options;
    const { text, sha1 } = this.#scripts[verb];
    const time = clock === undefined ? [] : [Math.floor(clock())];
    const input = { keys: [prefix + subject], arguments: [...time, ...values].map(String) };
    return new Promise((resolve, reject) => {
      const fail = (cause: unknown): void => {
        stopTimeout();
        reject(new FactorError('unavailable', { cause }));
      };
      const stopTimeout = this.#timeouts.start(fail);
      const done = (reply: unknown): void => {
        stopTimeout();
        resolve(reply);
      };
      // Calls the script by its digest. A server that does not have the script is sent its text.
      run(
        () => client.evalSha(sha1, input),
        done,
        (fault) => {
          if (!(fault instanceof Error) || !fault.message.startsWith('NOSCRIPT')) return fail(fault);
          run(() => client.eval(text, input), done, fail);
        },
      );
    });
  }
}

/** Runs a command. A client that throws is handled like one that rejects. */
function run(command: () => Promise<unknown>, done: (reply: unknown) => void, fail: (cause: unknown) => void): void {
  try {
    command().then(done, fail);
  } catch (cause) {
    fail(cause);
  }
}

/** Splits a reply that is one line of words. */
function words(reply: unknown): string[] {
  if (typeof reply !== 'string') throw new FactorError('unavailable');
  return reply.split(' ');
}

const asList = ({ maxAttempts, maxFailures, lockMs, maxLockMs }: AttemptLimits): number[] => [
  maxAttempts,
  maxFailures,
  lockMs,
  maxLockMs,
];
