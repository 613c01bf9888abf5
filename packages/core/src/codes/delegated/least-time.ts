import { setTimeout as sleep } from 'node:timers/promises';

/**
 * Runs work whose failures take the same time whatever the reason, if they take less than `ms` (timing attack, CWE-208). A
 * success is not delayed: it reveals itself.
 *
 * @param ms the least time until it rejects, in milliseconds of real time
 */
export async function atLeast<Result>(ms: number, work: () => Promise<Result>): Promise<Result> {
  const over = performance.now() + ms;
  try {
    return await work();
  } catch (fault) {
    const left = over - performance.now();
    if (left > 0) await sleep(Math.ceil(left) + 1); // timers cut fractions off, and may end a millisecond early
    throw fault;
  }
}
