import { randomUUID } from 'node:crypto';
import { MemoryOtpStore, ParseOtpStore } from '@parse-factors/core';
import type { OtpStore, ParseDatabase } from '@parse-factors/core/store';
import { redisStore, type ScriptArguments } from '@parse-factors/redis-store';
import { createClient } from '@redis/client';
import { countStatements } from '@parse-factors/test-server/count-statements';
import { startMongo } from '@parse-factors/test-server/mongo';
import { openDatabase } from '@parse-factors/test-server/parse-database';
import { RedisServer } from '@parse-factors/test-server/redis';
import { median, pairedRatios, timed, type Result } from './measure.js';

const ROUNDS = 15;
const CALLS = 40;
const FEW = 1000;
const MANY = 1_000_000;
export const DAY: number = 24 * 3_600_000;

export const LIMITS = { maxAttempts: 1e9, maxFailures: 1e9, lockMs: 60_000, maxLockMs: 60_000 };
const SENDS = {
  cooldownMs: 0,
  quotas: [
    { limit: 1e9, windowMs: DAY },
    { limit: 1e9, windowMs: 2 * DAY },
  ],
};
const QUOTA = { limit: 1e9, windowMs: DAY };
const live = (digest = 'digest'): { digest: string; expiresAt: number } => ({ digest, expiresAt: Date.now() + DAY });

interface VerbCase {
  readonly verb: string;
  /** How long it may take on Postgres, compared with a bare update; 1.15 by default. */
  readonly bound?: number;
  /** Creates what the verb needs. */
  readonly prepare?: (store: OtpStore, name: string) => Promise<unknown>;
  readonly run: (store: OtpStore, name: string) => Promise<unknown>;
}

let marks = 0;
const issued = (store: OtpStore, name: string): Promise<unknown> => store.issue(name, live(), SENDS);
const VERBS: readonly VerbCase[] = [
  { verb: 'issue', prepare: issued, run: issued },
  { verb: 'issue, first', run: issued },
  { verb: 'attempt', prepare: issued, run: (store, name) => store.attempt(name, LIMITS) },
  { verb: 'consume', prepare: issued, run: (store, name) => store.consume(name, 'digest') },
  { verb: 'advance', prepare: issued, run: (store, name) => store.advance(name, (marks += 1)) },
  { verb: 'claim', run: (store, name) => store.claim(name, Date.now() + DAY) },
  {
    verb: 'count',
    prepare: (store, name) => store.count(name, QUOTA),
    run: (store, name) => store.count(name, QUOTA),
  },
  { verb: 'forget', prepare: issued, run: (store, name) => store.forget(name) },
];

const REDEEM: VerbCase = {
  verb: 'redeem',
  prepare: issued,
  run: async (store, name) => store.redeem?.(name, ['digest'], LIMITS),
  bound: 1.3,
};

async function times(calls: number, work: (index: number) => Promise<unknown>): Promise<number[]> {
  const taken: number[] = [];
  for (let index = 0; index < calls; index += 1) taken.push(await timed(() => work(index)));
  return taken;
}

/** Measures a verb, on names that were prepared before. */
const side =
  (store: OtpStore, { prepare, run }: VerbCase) =>
  async (): Promise<number[]> => {
    const names = Array.from({ length: CALLS }, () => randomUUID());
    for (const name of names) await prepare?.(store, name);
    return times(CALLS, (index) => run(store, names[index] ?? ''));
  };

/** Measures a bare statement on names that were prepared in the same way. */
const floorSide = (store: OtpStore, floor: (name: string) => Promise<unknown>) => async (): Promise<number[]> => {
  const names = Array.from({ length: CALLS }, () => randomUUID());
  for (const name of names) await issued(store, name);
  return times(CALLS, (index) => floor(names[index] ?? ''));
};

async function compareVerbs(
  store: OtpStore,
  verbs: readonly VerbCase[],
  floorOf: (verb: VerbCase) => Promise<(name: string) => Promise<unknown>>,
  describe: (verb: VerbCase, ratio: number) => Result,
): Promise<Result[]> {
  const results: Result[] = [];
  for (const verb of verbs) {
    const bare = floorSide(store, await floorOf(verb));
    await pairedRatios(4, side(store, verb), bare); // warms up
    results.push(describe(verb, median(await pairedRatios(ROUNDS, side(store, verb), bare))));
  }
  return results;
}

/** Compares `attempt` and `issue` in a store with many subjects and in one with few. */
async function compareSizes(name: string, many: OtpStore, few: OtpStore): Promise<Result[]> {
  const results: Result[] = [];
  for (const verb of VERBS.filter((candidate) => ['issue', 'attempt'].includes(candidate.verb))) {
    const ratio = median(await pairedRatios(ROUNDS, side(many, verb), side(few, verb)));
    results.push({ name: `${name}: ${verb.verb}, a million subjects / a thousand, p50`, ratio, bound: 1.2 });
  }
  return results;
}

/** The driver of Parse Server's storage adapter, and the pool below it. */
export interface Driver {
  any(query: string, values: readonly unknown[]): Promise<unknown>;
  readonly $pool: { query(query: object): Promise<unknown> };
}
export const driverOf = ({ adapter }: ParseDatabase): Driver => Reflect.get(adapter, '_client') as Driver;

/** Writes as many subjects as a busy application has, directly into the database. */
const fill = (driver: Driver, subjects: number, deadAt: number): Promise<unknown> =>
  driver.any(
    `insert into "FactorState" ("objectId", "createdAt", "updatedAt", "digest", "codeExpiresAt", "attempts", "failures", "locks",
       "lockedUntil", "sentAt", "mark", "deadAt", "count1", "count1Until", "count2", "count2Until")
     select gen_random_uuid()::text, now(), now(), md5(number::text), $2, 1, 1, 0, 0, $2, -1, $2, 1, $2, 1, $2
     from generate_series(1, $1) number`,
    [subjects, deadAt],
  );

/** Writes expired rows that wait for the clean-up. */
export const fillDead = (database: ParseDatabase, subjects: number): Promise<unknown> =>
  fill(driverOf(database), subjects, Date.UTC(2020, 0, 1));

/** Measures each verb on Parse and Postgres. */
export async function benchParseStore(postgres: string): Promise<Result[]> {
  const small = await openDatabase<ParseDatabase>(postgres);
  const store = new ParseOtpStore(small.database);
  await issued(store, 'bench');
  const driver = driverOf(small.database);
  const bare = `update "FactorState" set "attempts" = "attempts" + 1 where "objectId" = $1 returning *`;
  const verbs = await compareVerbs(
    store,
    [...VERBS, REDEEM],
    async () => (name) => driver.$pool.query({ name: 'bare', text: bare, values: [name], rowMode: 'array' }),
    ({ verb, bound = 1.15 }, ratio) => ({ name: `Postgres: ${verb} / bare prepared UPDATE RETURNING`, ratio, bound }),
  );
  const counts: Result[] = [];
  for (const { verb, prepare, run } of [...VERBS, REDEEM]) {
    const name = randomUUID();
    await prepare?.(store, name);
    counts.push({ name: `SQL statements of ${verb}`, ratio: await countStatements(() => run(store, name)), bound: 1 });
  }
  await fill(driver, FEW, Date.now() + DAY);
  const big = await openDatabase<ParseDatabase>(postgres);
  const many = new ParseOtpStore(big.database);
  await issued(many, 'bench');
  await fill(driverOf(big.database), MANY, Date.now() + DAY);
  for (const each of [driver, driverOf(big.database)]) await each.any('vacuum analyze "FactorState"', []);
  const sizes = await compareSizes('Postgres', many, store);
  await big.server.stop();
  await small.server.stop();
  return [...verbs, ...counts, ...sizes];
}

/** The driver's database, of Parse Server's MongoDB adapter. */
interface MongoDatabase {
  collection(name: string): { findOneAndUpdate(filter: object, update: object): Promise<unknown> };
}

/** Measures each verb on MongoDB, or on its stand-in. A stand-in says nothing about a real server, so the rows have no bounds. */
export async function benchMongoStore(): Promise<Result[]> {
  const mongo = await startMongo();
  const { server, database } = await openDatabase<ParseDatabase>(mongo.uri);
  const store = new ParseOtpStore(database);
  await issued(store, 'bench');
  const collection = (Reflect.get(database.adapter, 'database') as MongoDatabase).collection('FactorState');
  const where = mongo.standIn === undefined ? 'MongoDB' : 'MongoDB (stand-in)';
  const results = await compareVerbs(
    store,
    [...VERBS, REDEEM],
    async () => (name) => collection.findOneAndUpdate({ _id: name }, { $inc: { attempts: 1 } }),
    ({ verb }, ratio) => ({ name: `${where}: ${verb} / bare findOneAndUpdate`, ratio, bound: null }),
  );
  await server.stop();
  await mongo.stop();
  return results;
}

export type RedisClient = ReturnType<typeof createClient>;

export async function connect(server: RedisServer): Promise<RedisClient> {
  await server.start();
  const client: RedisClient = createClient({ url: server.url });
  await client.connect();
  return client;
}

const usedMemory = async (client: RedisClient): Promise<number> =>
  Number(/used_memory:(\d+)/.exec(await client.info('memory'))?.[1] ?? Number.NaN);

/** Creates subjects through the store, in parallel batches. */
async function fillRedis(store: OtpStore, subjects: number): Promise<void> {
  for (let left = subjects; left > 0; left -= 10_000)
    await Promise.all(Array.from({ length: Math.min(left, 10_000) }, () => issued(store, randomUUID())));
}

/** Measures each verb on Redis. */
export async function benchRedisStore(): Promise<Result[]> {
  const servers = [new RedisServer(), new RedisServer()] as const;
  const [small, big] = [await connect(servers[0]), await connect(servers[1])];
  // With this many parallel commands, each one waits longer.
  const [few, many] = [redisStore({ client: small }), redisStore({ client: big, timeoutMs: 30_000 })];
  const sha1 = await small.scriptLoad('return 1');
  /** An empty script with the arguments of the verb: the fastest that a script could be. */
  const floorOf = async ({ prepare, run }: VerbCase): Promise<(name: string) => Promise<unknown>> => {
    const sent: ScriptArguments[] = [];
    const evalSha = (script: string, input: ScriptArguments): Promise<unknown> => {
      sent.push(input);
      return small.evalSha(script, input);
    };
    const recorded = redisStore({ client: { evalSha, eval: (script, input) => small.eval(script, input) } });
    const name = randomUUID();
    await prepare?.(recorded, name);
    await run(recorded, name);
    const { arguments: values } = sent.at(-1) ?? { arguments: [] };
    return (key) => small.evalSha(sha1, { keys: [`parse-factors:${key}`], arguments: values });
  };
  const verbs = await compareVerbs(few, [...VERBS, REDEEM], floorOf, ({ verb }, ratio) => ({
    name: `Redis: ${verb} / EVALSHA of an empty script with the same arguments`,
    ratio,
    bound: 1.3,
  }));
  await small.flushAll();
  await fillRedis(few, FEW);
  const before = await usedMemory(big);
  await fillRedis(many, MANY);
  const perSubject = ((await usedMemory(big)) - before) / MANY;
  const sizes = await compareSizes('Redis', many, few);
  for (const client of [small, big]) client.destroy();
  for (const server of servers) await server.remove();
  return [...verbs, ...sizes, { name: 'Redis: bytes per live subject', ratio: perSubject, bound: null }];
}

/** Measures the memory of a subject in the process. */
export async function benchMemoryStore(collect: () => void): Promise<Result[]> {
  const subjects = 200_000;
  const store = new MemoryOtpStore();
  collect();
  const before = process.memoryUsage().heapUsed;
  for (let subject = 0; subject < subjects; subject += 1) await store.issue(randomUUID(), live(randomUUID()), SENDS);
  collect();
  const perSubject = (process.memoryUsage().heapUsed - before) / subjects;
  await store.prune(0, 1); // keeps the store in use until here
  return [{ name: 'memory: bytes per live subject', ratio: perSubject, bound: null }];
}
