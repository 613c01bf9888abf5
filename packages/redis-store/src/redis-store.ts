import { FactorError } from '@parse-factors/core';
import { functionOption, integerOption, optional, resolveOptions, type OptionRule } from '@parse-factors/core/factor';
import {
  type Arguments,
  type Clock,
  CommandTimeouts,
  EMPTY_ROW,
  type OtpStore,
  type Outcome,
  type Reason,
  RuledOtpStore,
  type Verb,
} from '@parse-factors/core/store';
import { type PlainScript, REMOVE, type Script, scriptOf, TIME } from './scripts.js';

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
          accepts: 'a string of at most 100 characters',
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

const REASONS: readonly string[] = ['locked', 'cooldown', 'full'] satisfies readonly Reason[];

class RedisOtpStore extends RuledOtpStore {
  readonly #options: Resolved;
  readonly #scripts = new Map<Verb, Script>();
  readonly #timeouts: CommandTimeouts;

  constructor(options: Resolved) {
    super(options.clock);
    this.#options = options;
    this.#timeouts = new CommandTimeouts(options.timeoutMs);
  }

  protected override async run(verb: Verb, name: string, given: Partial<Arguments>): Promise<Outcome | undefined> {
    const script = this.#script(verb);
    const values = script.takes.flatMap((argument) => {
      const value = given[argument] ?? '';
      return typeof value === 'object' ? value : [String(argument === 'now' ? Math.floor(Number(value)) : value)];
    });
    const reply = await this.#send(script, name, values);
    if (typeof reply !== 'string') throw new FactorError('unavailable');
    return reply === 'none' ? undefined : outcomeOf(reply);
  }

  protected override async remove(name: string): Promise<void> {
    await this.#send(REMOVE, name, []);
  }

  /** Does nothing: keys expire by themselves. */
  protected override async removeDead(): Promise<number> {
    return 0;
  }

  /** The time of the Redis server, or of the option `clock`. */
  async time(): Promise<number> {
    const { clock } = this.#options;
    return clock === undefined ? Number(await this.#send(TIME, 'time', [])) : clock();
  }

  #script(verb: Verb): Script {
    const script = this.#scripts.get(verb) ?? scriptOf(verb, this.#options.clock !== undefined);
    this.#scripts.set(verb, script);
    return script;
  }

  /** Runs a script. Every fault and every timeout becomes `unavailable`. */
  #send({ text, sha1 }: PlainScript, name: string, values: readonly string[]): Promise<unknown> {
    const { client, prefix } = this.#options;
    const input = { keys: [prefix + name], arguments: [...values] };
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

/** Reads a reply: a reason and until when, or the columns of the row with the digest at the end. */
function outcomeOf(reply: string): Outcome {
  if (reply === 'done') return { row: EMPTY_ROW };
  const [first = '', second = '', ...others] = reply.split(' ');
  if (REASONS.includes(first)) return { refusal: { reason: first as Reason, until: Number(second) } };
  const [mark, lockedUntil, ...digest] = others;
  const numbers = [first, second, mark, lockedUntil].map(Number);
  if (others.length < 3 || !numbers.every(Number.isFinite)) throw new FactorError('unavailable');
  const [codeExpiresAt = 0, attempts = 0, markNow = 0, until = 0] = numbers;
  return { row: { codeExpiresAt, attempts, mark: markNow, lockedUntil: until, digest: digest.join(' ') } };
}

/** Runs a command. A client that throws is handled like one that rejects. */
function run(command: () => Promise<unknown>, done: (reply: unknown) => void, fail: (cause: unknown) => void): void {
  try {
    command().then(done, fail);
  } catch (cause) {
    fail(cause);
  }
}
