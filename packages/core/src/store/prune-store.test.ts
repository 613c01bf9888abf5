import { expect, it } from 'vitest';
import type { OtpStore } from './otp-store.js';
import { pruneStore } from './prune-store.js';

it.each<readonly [string, readonly number[], number, number]>([
  ['asks once where nothing is dead', [0], 0, 1],
  ['asks once where less than a batch is dead', [999], 999, 1],
  ['asks again after a whole batch', [1000, 0], 1000, 2],
  ['asks until less than a batch is dead', [1000, 1000, 5], 2005, 3],
])('pruning a store %s', async (_sentence, batches, deleted, times) => {
  const asked: unknown[] = [];
  const prune = async (...given: readonly unknown[]): Promise<number> => batches[asked.push(given) - 1] ?? 0;
  expect(await pruneStore({ prune } as unknown as OtpStore, 7)).toBe(deleted);
  expect(asked).toEqual(Array.from({ length: times }, () => [7, 1000]));
});
