import { randomUUID } from 'node:crypto';
import { FactorConfigError, FactorError } from '@parse-factors/core';
import type { Clock, OtpStore } from '@parse-factors/core/store';
import { fakeClock, storeSuite } from '@parse-factors/testing';
import { createClient, createCluster } from '@redis/client';
import { afterAll, beforeAll, describe, expect, it, vi } from 'vitest';
import { hasRedis, RedisServer, TestRedisCluster } from '@parse-factors/test-server/redis';
import { redisStore, type RedisScripting, type RedisStoreOptions } from '../src/index.js';

const given = process.env['REDIS_URL'];

describe.skipIf(given === undefined && !hasRedis())('redisStore', () => {
  const clock = fakeClock();
  const prefix = `test-${randomUUID()}:`;
  const server = given === undefined ? new RedisServer() : undefined;
  let client: ReturnType<typeof createClient>;
  const storeWith = (options: Partial<RedisStoreOptions> = {}): OtpStore => redisStore({ client, prefix, clock, ...options });
  beforeAll(async () => {
    await server?.start();
    client = createClient({ url: given ?? server?.url ?? '', disableOfflineQueue: true });
    client.on('error', () => undefined);
    await client.connect();
  });
  afterAll(async () => {
    client.destroy();
    await server?.remove();
  });

  const outage = async (): Promise<() => Promise<void>> => {
    await server?.crash();
    return async () => {
      await server?.start();
      await vi.waitFor(() => client.ping(), { timeout: 10_000 });
    };
  };
  const open = (now: Clock): OtpStore => storeWith({ clock: now });
  storeSuite({ describe, it }, { open, prunes: false, ...(server !== undefined && { outage }) });

  it('lets keys die by themselves: claims and counts with their time, subjects two days after anything happened, and up to an hour more', async () => {
    const store = storeWith();
    const [claim, bucket, subject] = [randomUUID(), randomUUID(), randomUUID()];
    await store.claim(claim, clock() + 5000);
    await store.count(bucket, { limit: 5, windowMs: 60_000 });
    await store.issue(subject, { digest: 'x', expiresAt: clock() + 300_000 }, { cooldownMs: 0, quotas: [] });
    const lives = async (key: string): Promise<number> => Math.round((await client.pTTL(prefix + key)) / 1000);
    expect([await lives(claim), await lives(bucket), await lives(subject)]).toEqual([5, 60, 2 * 24 * 3600 + 300 + 3600]);
    expect(await store.prune(clock(), 10)).toBe(0);
  });

  it("goes by the server's time where no clock is given", async () => {
    const store = redisStore({ client, prefix });
    const subject = randomUUID();
    expect(await store.claim(subject, Date.now() - 1)).toBe(true);
    expect(await store.claim(subject, Date.now() + 60_000)).toBe(true);
    expect(await store.claim(subject, Date.now() + 60_000)).toBe(false);
  });

  it("tells the server's time, or that of its clock", async () => {
    const told = await redisStore({ client, prefix }).time?.();
    expect(Math.abs(Number(told) - Date.now())).toBeLessThan(5000);
    expect(await storeWith({ clock: () => 1234 }).time?.()).toBe(1234);
    expect(await client.exists(`${prefix}time`)).toBe(0);
  });

  it('keeps to its prefix', async () => {
    const [one, other] = [storeWith({ prefix: `${prefix}a:` }), storeWith({ prefix: `${prefix}b:` })];
    const key = randomUUID();
    expect(await one.claim(key, clock() + 1000)).toBe(true);
    expect(await other.claim(key, clock() + 1000)).toBe(true);
    expect(await one.claim(key, clock() + 1000)).toBe(false);
  });

  it('sends a script again that the server has forgotten', async () => {
    const store = storeWith();
    expect(await store.claim(randomUUID(), clock() + 1000)).toBe(true);
    await client.scriptFlush();
    expect(await store.claim(randomUUID(), clock() + 1000)).toBe(true);
  });

  it('makes one round trip for each verb', async () => {
    let commands = 0;
    const counting: RedisScripting = {
      evalSha: (sha1, options) => ((commands += 1), client.evalSha(sha1, options)),
      eval: (script, options) => ((commands += 1), client.eval(script, options)),
    };
    const store = storeWith({ client: counting });
    const limits = { maxAttempts: 5, maxFailures: 10, lockMs: 60_000, maxLockMs: 60_000 };
    const code = { digest: 'x', expiresAt: clock() + 1000 };
    const verbs = [
      () => store.issue('s', code, { cooldownMs: 0, quotas: [{ limit: 9, windowMs: 1000 }] }),
      () => store.attempt('s', limits),
      () => store.consume('s', 'x'),
      async () => store.redeem?.('s', ['x'], limits),
      () => store.revoke('s', 'x'),
      () => store.advance('s', 1),
      () => store.claim('c', clock()),
      () => store.count('b', { limit: 5, windowMs: 1000 }),
      () => store.uncount('b'),
      () => store.pardon('s'),
      () => store.forget('s'),
    ];
    for (const verb of verbs) await verb();
    commands = 0;
    for (const verb of verbs) await verb();
    expect(commands).toBe(verbs.length);
  });

  it('rejects as unavailable when the server does not answer in time, or not at all', async () => {
    const hanging: RedisScripting = { evalSha: () => new Promise(() => undefined), eval: () => new Promise(() => undefined) };
    const fault = await storeWith({ client: hanging, timeoutMs: 20 })
      .claim('x', clock() + 1)
      .catch((error: unknown) => error);
    expect(fault).toBeInstanceOf(FactorError);
    expect(fault).toMatchObject({ code: 'unavailable', cause: { name: 'CommandTimeout' } });
  });

  it.each(['OK', '', null, [], 2, { allowed: true }])('rejects as unavailable what no script answers: %j', async (reply) => {
    const store = storeWith({ client: { evalSha: async () => reply, eval: async () => reply } });
    const limits = { maxAttempts: 1, maxFailures: 1, lockMs: 1, maxLockMs: 1 };
    const verbs = [
      () => store.issue('x', { digest: 'x', expiresAt: clock() + 1 }, { cooldownMs: 0, quotas: [] }),
      () => store.attempt('x', limits),
      async () => store.redeem?.('x', ['x'], limits),
      () => store.count('x', { limit: 1, windowMs: 1 }),
      () => store.consume('x', 'x'),
      () => store.advance('x', 1),
      () => store.claim('x', clock() + 1),
    ];
    for (const verb of verbs) await expect(verb()).rejects.toMatchObject({ code: 'unavailable' });
  });

  it('hears of a client that throws as of one that rejects', async () => {
    const thrower = (): never => {
      throw new TypeError('closed');
    };
    const unknown = (): Promise<never> => Promise.reject(new Error('NOSCRIPT No matching script'));
    for (const evalSha of [thrower, unknown]) {
      const store = storeWith({ client: { evalSha, eval: thrower } });
      await expect(store.claim('x', clock() + 1)).rejects.toMatchObject({ code: 'unavailable', cause: { message: 'closed' } });
    }
  });

  it.skipIf(server === undefined)('rejects in time while the server hangs, and works again by itself', async () => {
    const store = storeWith({ timeoutMs: 100 });
    server?.hang(true);
    await expect(store.claim(randomUUID(), clock() + 1000)).rejects.toMatchObject({ code: 'unavailable' });
    server?.hang(false);
    await vi.waitFor(async () => expect(await store.claim(randomUUID(), clock() + 1000)).toBe(true), { timeout: 10_000 });
  });

  it.each([
    [{}, /"client"/],
    [{ client: { eval: () => undefined } }, /"client"/],
    [{ prefix: 5 }, /"prefix"/],
    [{ timeoutMs: 0 }, /"timeoutMs"/],
    [{ clock: 5 }, /"clock"/],
    [{ url: 'redis://' }, /unknown option "url"/],
  ])('refuses %j', (options, message) => {
    const sound = 'client' in options || Object.keys(options).length === 0 ? {} : { client };
    expect(() => redisStore({ ...sound, ...options } as RedisStoreOptions)).toThrow(FactorConfigError);
    expect(() => redisStore({ ...sound, ...options } as RedisStoreOptions)).toThrow(message);
  });
});

describe.skipIf(!hasRedis())('redisStore on a cluster', () => {
  const cluster = new TestRedisCluster();
  const prefix = 'clustered:';
  let client: ReturnType<typeof createCluster>;
  beforeAll(async () => {
    await cluster.start();
    client = createCluster({ rootNodes: cluster.urls.map((url) => ({ url })) });
    client.on('error', () => undefined);
    await client.connect();
  });
  afterAll(async () => {
    client.destroy();
    await cluster.remove();
  });

  storeSuite({ describe, it }, { open: (clock) => redisStore({ client, prefix, clock }), prunes: false });

  it('has spread subjects over all masters, each in one place', async () => {
    const keys = await Promise.all(
      cluster.urls.map(async (url) => {
        const master = await createClient({ url }).connect();
        const found = (await master.keys('*')).map(String);
        master.destroy();
        return found;
      }),
    );
    expect(keys).toHaveLength(3);
    for (const found of keys) expect(found.length).toBeGreaterThan(10);
    const all = keys.flat();
    expect(new Set(all).size).toBe(all.length);
    expect(all.every((key) => key.startsWith(prefix))).toBe(true);
  });
});
