import type { FactorRuntime } from './factor-runtime.js';
import type { HookConfig } from './parse-hooks.js';

const BATCH = 1000;

/** Deletes what is dead in the store, in bounded batches; gives how many rows. */
export async function prune({ storeFor, clock }: Pick<FactorRuntime, 'storeFor' | 'clock'>, config: HookConfig): Promise<number> {
  const store = storeFor(config);
  const now = clock();
  let deleted = 0;
  let batch = BATCH;
  while (batch === BATCH) {
    batch = await store.prune(now, BATCH);
    deleted += batch;
  }
  return deleted;
}
