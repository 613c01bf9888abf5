import { RowOtpStore, type RowStep } from './row-otp-store.js';
import type { SubjectRow } from './subject-row.js';

/**
 * Keeps everything in the memory of this process. Use it for tests, or for an application that runs as one process
 * and may lose its limits at a restart.
 * @example
 * ```ts
 * import { composeFactors, generateKey, MemoryOtpStore } from '@parse-factors/core';
 * import { TotpFactor } from '@parse-factors/totp';
 *
 * export const factors = composeFactors({
 *   keys: generateKey('test'),
 *   store: new MemoryOtpStore(),
 *   factors: { totp: new TotpFactor({ issuer: 'Acme' }) },
 * });
 * ```
 */
export class MemoryOtpStore extends RowOtpStore {
  readonly #rows = new Map<string, SubjectRow>();

  protected override async change<Result>(name: string, step: RowStep<Result>): Promise<Result> {
    const { result, row } = step(this.#rows.get(name));
    if (row !== undefined) this.#rows.set(name, row);
    return result;
  }

  protected override async remove(name: string): Promise<void> {
    this.#rows.delete(name);
  }

  protected override async removeDead(now: number, batch: number): Promise<number> {
    let removed = 0;
    for (const [name, { deadAt }] of this.#rows) {
      if (removed === batch) break;
      if (deadAt <= now && this.#rows.delete(name)) removed += 1;
    }
    return removed;
  }
}
