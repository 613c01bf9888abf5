import type { OtpStore } from '@parse-factors/core/store';
import { redisStore } from '@parse-factors/redis-store';
import { createClient } from '@redis/client';
import { StartupError, type Settings } from '../settings.js';

/** The store for codes and limits. */
export interface ChosenStore {
  /** Undefined: the factors use the application's database. */
  readonly store?: OtpStore;
  readonly close: () => void;
}

/**
 * Connects to the Redis at `REDIS_URL`, if it is set.
 *
 * @throws StartupError when that Redis cannot be reached
 */
export async function chooseStore({ redisUrl }: Settings): Promise<ChosenStore> {
  if (redisUrl === undefined) return { close: () => undefined };
  // While Redis is down, a command fails at once. Queued commands would run later, after their requests have failed.
  const client = createClient({ url: redisUrl, disableOfflineQueue: true });
  let wasReady = false;
  client.on('error', (error: Error) => {
    if (wasReady) process.stderr.write(`Redis: ${error.message}\n`);
    else client.destroy();
  });
  try {
    await client.connect();
  } catch (error) {
    throw new StartupError(`REDIS_URL cannot be used: ${error instanceof Error ? error.message : String(error)}`);
  }
  wasReady = true;
  return { store: redisStore({ client }), close: () => client.destroy() };
}
