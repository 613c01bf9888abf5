import { redisStore } from '@parse-factors/redis-store';
import { createClient } from '@redis/client';
import { RedisServer } from '@parse-factors/test-server/redis';
import { startStage, type Stage } from './harness.js';

/** A {@link Stage} that keeps its codes in a Redis of its own. */
export interface RedisStage {
  readonly redis: RedisServer;
  readonly client: ReturnType<typeof createClient>;
  readonly stage: Stage;
  stop(): Promise<void>;
}

/** Starts both, with so many milliseconds for a command. */
export async function startRedisStage(timeoutMs: number): Promise<RedisStage> {
  const redis = new RedisServer();
  await redis.start();
  const client: RedisStage['client'] = createClient({ url: redis.url, disableOfflineQueue: true });
  client.on('error', () => undefined);
  await client.connect();
  const time: { now?: () => number } = {};
  const store = redisStore({ client, timeoutMs, clock: () => time.now?.() ?? Date.now() });
  const stage = await startStage({ compose: { store } });
  time.now = () => stage.time.now;
  const stop = async (): Promise<void> => {
    await stage.stop();
    client.destroy();
    await redis.remove();
  };
  return { redis, client, stage, stop };
}
