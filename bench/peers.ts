import { randomUUID } from 'node:crypto';
import { ParseOtpStore } from '@parse-factors/core';
import type { OtpStore, ParseDatabase } from '@parse-factors/core/store';
import { redisStore } from '@parse-factors/redis-store';
import { openDatabase } from '@parse-factors/test-server/parse-database';
import { RedisServer } from '@parse-factors/test-server/redis';
import { RateLimiterPostgres, RateLimiterRedis, type RateLimiterAbstract } from 'rate-limiter-flexible';
import { median, pairedRatios, pool, timed, type Result } from './measure.js';
import { connect, DAY, driverOf, LIMITS } from './stores.js';

const CONCURRENCY = 32;
const CALLS = 640;
const KEYS = 64;
const ROUNDS = 11;

/** How long many calls on some names take together, in milliseconds. */
const shift = (call: (name: string) => Promise<unknown>) => async (): Promise<number[]> => {
  const names = Array.from({ length: KEYS }, () => randomUUID());
  return [
    await timed(() =>
      pool(
        CONCURRENCY,
        Array.from({ length: CALLS }, (_, index) => () => call(names[index % KEYS] ?? '')),
      ),
    ),
  ];
};

/** Compares our counting verbs with `consume` of a library that only limits rates. It does less: it knows no codes and no locks. */
async function compare(where: string, store: OtpStore, peer: RateLimiterAbstract): Promise<Result[]> {
  const theirs = shift((name) => peer.consume(name));
  const verbs = {
    attempt: shift((name) => store.attempt(name, LIMITS)),
    count: shift((name) => store.count(name, { limit: 1e9, windowMs: DAY })),
  };
  const results: Result[] = [];
  for (const [verb, ours] of Object.entries(verbs)) {
    await pairedRatios(2, ours, theirs); // warms up
    const ratio = median(await pairedRatios(ROUNDS, ours, theirs));
    results.push({ name: `${where}: ${verb} / rate-limiter-flexible consume, concurrency ${CONCURRENCY}`, ratio, bound: 1 });
  }
  return results;
}

/** Compares with a peer on the same Postgres. */
export async function benchPostgresPeer(postgres: string): Promise<Result[]> {
  const { server, database } = await openDatabase<ParseDatabase>(postgres);
  const peer = await new Promise<RateLimiterPostgres>((resolve, reject) => {
    const options = { storeClient: driverOf(database).$pool, points: 1e9, duration: DAY / 1000, tableName: 'peer' };
    const made: RateLimiterPostgres = new RateLimiterPostgres(options, (fault) =>
      fault === undefined ? resolve(made) : reject(fault),
    );
  });
  const results = await compare('Postgres', new ParseOtpStore(database), peer);
  await server.stop();
  return results;
}

/** Compares with a peer on the same Redis. */
export async function benchRedisPeer(): Promise<Result[]> {
  const server = new RedisServer();
  const client = await connect(server);
  const peer = new RateLimiterRedis({ storeClient: client, useRedisPackage: true, points: 1e9, duration: DAY / 1000 });
  const results = await compare('Redis', redisStore({ client }), peer);
  client.destroy();
  await server.remove();
  return results;
}
