import type { Arguments, Outcome } from '../../store/rules/language.js';
import type { Verb } from '../../store/rules/verb.js';

/** The table of the store, in one kind of database. Each method is one atomic step. */
export interface StateTable {
  /** Runs the rule of a verb. Resolves to undefined if it changes nothing and has no answer. */
  run(verb: Verb, name: string, given: Partial<Arguments>): Promise<Outcome | undefined>;
  /** Deletes the row of that name, if there is one. */
  remove(name: string): Promise<void>;
  /** Deletes up to `batch` rows that are dead at `now`. Returns how many. */
  removeDead(now: number, batch: number): Promise<number>;
}
