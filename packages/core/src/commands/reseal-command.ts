import type { RecordCounts, ResealReport } from '../flows/administration/reseal-records.js';
import { systemClock } from '../time/clock.js';
import { BATCH_USAGE, type BatchCommand } from './batch-command.js';

/** The command `parse-factors reseal`: seals stored records under the newest key and counts records by key. */
export const resealCommand: BatchCommand<ResealReport> = {
  usage: `parse-factors reseal --server-url <url> --app-id <id> [--apply] [--after <id>] [--batch <1 to 1000>]

Reseals the factors' records with the newest of "keys" and for the current application id. Prints how many
records each key seals. It calls the Cloud function factorsReseal, which install(Parse, { adminFunctions: true })
defines. You can stop and restart it at any time. It exits with status 1 when a record cannot be read.

${BATCH_USAGE}`,
  functionName: 'factorsReseal',
  async work(reports, { apply, print, clock = systemClock }) {
    const startedAt = clock();
    print(apply ? 'Resealing records.' : 'Dry run: nothing is written. Add --apply to reseal records.');
    const sums = { keys: new Sums(), formerAppIds: new Sums(), unsealed: new Sums(), resealed: new Sums() };
    let [seen, unreadable] = [0, 0];
    for await (const report of reports) {
      seen += report.seen;
      unreadable += report.unreadable.length;
      for (const [name, counts] of Object.entries(report.keys)) sums.keys.add(name, counts);
      for (const [name, counts] of Object.entries(report.formerAppIds)) sums.formerAppIds.add(name, counts);
      sums.unsealed.add('', report.unsealed);
      sums.resealed.add('', report.resealed);
      for (const { userId, factor, reason, keyName } of report.unreadable)
        print(`unreadable: user ${userId}, ${factor}, ${reason}${keyName === undefined ? '' : ` (key ${keyName})`}`);
      if (report.next !== undefined) print(`${seen} users checked, up to ${report.next}${rate(seen, clock() - startedAt)}`);
    }
    for (const line of sums.keys.lines) print(`key ${line}`);
    for (const line of sums.formerAppIds.lines) print(`former application id ${line}`);
    for (const line of sums.unsealed.lines) print(`not sealed yet${line}`);
    for (const line of sums.resealed.lines) print(`${apply ? 'resealed' : 'to be resealed'}${line}`);
    const elapsedMs = Math.max(0, clock() - startedAt);
    print(`${Math.round(elapsedMs / 1000)} seconds${rate(seen, elapsedMs)}`);
    print(`${seen} users, ${unreadable} unreadable records${apply ? '' : ' (dry run)'}`);
    return unreadable === 0;
  },
};

/** Says how many users were checked per second; an empty string before any time has passed. */
function rate(users: number, elapsedMs: number): string {
  if (elapsedMs <= 0) return '';
  const perSecond = (users * 1000) / elapsedMs;
  return `, ${perSecond < 10 ? perSecond.toFixed(1) : Math.round(perSecond)} users per second`;
}

/** Adds up counts of records, by a name and then by factor. */
class Sums {
  readonly #counts = new Map<string, Map<string, number>>();

  add(name: string, counts: RecordCounts): void {
    const sums = this.#counts.get(name) ?? new Map<string, number>();
    for (const [factor, count] of Object.entries(counts)) sums.set(factor, (sums.get(factor) ?? 0) + count);
    this.#counts.set(name, sums);
  }

  /** One line for each name, such as `2026-11: 12 records (recovery 4, totp 8)`. */
  get lines(): readonly string[] {
    return [...this.#counts].map(([name, counts]) => {
      const factors = [...counts].toSorted(([a], [b]) => (a < b ? -1 : 1)).map(([factor, count]) => `${factor} ${count}`);
      const total = [...counts.values()].reduce((sum, count) => sum + count, 0);
      return `${name}: ${total} records${factors.length === 0 ? '' : ` (${factors.join(', ')})`}`;
    });
  }
}
