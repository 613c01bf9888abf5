import type { Clock } from '../time/clock.js';
import type { Arguments, Outcome } from './rules/language.js';
import { decide } from './rules/value-language.js';
import type { Verb } from './rules/verb.js';
import { RuledOtpStore } from './ruled-otp-store.js';
import { EMPTY_ROW, type SubjectRow } from './subject-row.js';

/** The decision of a step. */
export interface RowChange<Result> {
  readonly result: Result;
  /** The new row; undefined to keep the current one. */
  readonly row?: SubjectRow | undefined;
}

/** Decides about a row. It may be called again if the row has changed meanwhile, so it must have no side effects. */
export type RowStep<Result> = (row: SubjectRow | undefined) => RowChange<Result>;

/**
 * The base class of a store that keeps rows. It implements every verb. A subclass that can change a row atomically,
 * by a lock or by compare-and-set, implements {@link change}, {@link remove} and {@link removeDead}. Errors that
 * these throw become `unavailable`.
 */
export abstract class RowOtpStore extends RuledOtpStore {
  /**
   * @param options may be left out
   * @param options.clock the time in epoch milliseconds, `Date.now` by default
   */
  constructor({ clock }: { readonly clock?: Clock } = {}) {
    super(clock);
  }

  /** Reads the row of that name, calls `step`, and writes its row, as one atomic step. Rejects if it cannot. */
  protected abstract change<Result>(name: string, step: RowStep<Result>): Promise<Result>;

  protected override run(verb: Verb, name: string, given: Partial<Arguments>): Promise<Outcome | undefined> {
    return this.change(name, (row) => {
      const decided = decide(verb, row ?? EMPTY_ROW, row !== undefined, given);
      return { result: decided?.outcome, row: decided?.written };
    });
  }
}
