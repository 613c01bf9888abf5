import type { OtpStore } from './otp-store.js';

const BATCH = 1000;

/**
 * Deletes dead rows of a store, in batches of 1000. Returns how many.
 *
 * @param now the time in epoch milliseconds
 */
export async function pruneStore(store: OtpStore, now: number): Promise<number> {
  let deleted = 0;
  let batch = BATCH;
  while (batch === BATCH) {
    batch = await store.prune(now, BATCH);
    deleted += batch;
  }
  return deleted;
}
