import type { OtpStore } from '@parse-factors/core';
import { redisStore } from '@parse-factors/redis-store';
import { createClient } from '@redis/client';
import { StartupError, type Settings } from '../settings.js';

/** Where codes and limits are kept: in Redis where one is named, in the app's database otherwise. */
export interface ChosenStore {
  readonly store?: OtpStore;
  readonly close: () => void;
}

/** Connects to Redis at `REDIS_URL`, if there is one. */
export async function chooseStore({ redisUrl }: Settings): Promise<ChosenStore> {
  if (redisUrl === undefined) return { close: () => undefined };
  // What cannot be asked now is refused now, and nothing is done later that nobody waits for.
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
