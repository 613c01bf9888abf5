import type { Arguments, Outcome } from '../../store/rules/language.js';
import { decide } from '../../store/rules/value-language.js';
import type { Verb } from '../../store/rules/verb.js';
import { NEVER } from '../../store/otp-store.js';
import { COLUMNS, EMPTY_ROW, subjectRow, type SubjectRow } from '../../store/subject-row.js';
import type { ParseRow } from './parse-database.js';
import type { ParseTable } from './parse-table.js';
import type { StateTable } from './state-table.js';

/** The limit of retries. A step that loses a race starts again; losing this often means that something else is wrong. */
const MAX_ROUNDS = 500;

/**
 * The table of the store in a database that this package knows nothing about: the app's own storage adapter, or a wrapper of
 * one. Each verb reads the row, decides, and writes it if it has not changed since (compare-and-set). So it takes two
 * statements, and more when several callers change one row.
 */
export class GenericState implements StateTable {
  readonly #table: ParseTable;

  constructor(table: ParseTable) {
    this.#table = table;
  }

  async run(verb: Verb, name: string, given: Partial<Arguments>): Promise<Outcome | undefined> {
    for (let round = 0; round < MAX_ROUNDS; round += 1) {
      const stored = await this.#table.find(name);
      const before = stored === undefined ? EMPTY_ROW : subjectRow(stored);
      const decided = decide(verb, before, stored !== undefined, given);
      const { written } = decided ?? {};
      if (written === undefined || (await this.#write(name, stored, written))) return decided?.outcome;
    }
    throw new Error('another caller has changed the row each time');
  }

  async remove(name: string): Promise<void> {
    await this.#table.destroy({ objectId: name });
  }

  async removeDead(now: number, batch: number): Promise<number> {
    const dead = { deadAt: { $lte: now }, codeExpiresAt: { $ne: NEVER } };
    const ids = (await this.#table.list(dead, batch)).map(({ objectId }) => objectId);
    if (ids.length > 0) await this.#table.destroy({ objectId: { $in: ids }, ...dead });
    return ids.length;
  }

  /** Writes the row if it is still as it was. Returns whether it did. */
  async #write(name: string, before: ParseRow | undefined, row: SubjectRow): Promise<boolean> {
    if (before === undefined) return this.#table.create({ objectId: name, ...row });
    const unchanged = Object.fromEntries(COLUMNS.map((column) => [column, before[column] ?? null]));
    return (await this.#table.update({ objectId: name, ...unchanged }, { ...row })) !== undefined;
  }
}
