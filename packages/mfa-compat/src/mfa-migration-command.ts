import { BATCH_USAGE, type BatchCommand, type MovedUser, type MoveReport } from '@parse-factors/core/factor';
import { MFA_MIGRATION } from './install-mfa-migration.js';

const row = (columns: readonly string[]): string =>
  columns
    .map((text, index) => text.padEnd([14, 10, 18, 0][index] ?? 0))
    .join('')
    .trimEnd();

/** The command `parse-factors-mfa-migrate`. */
export const mfaMigrationCommand: BatchCommand<MoveReport> = {
  usage: `parse-factors-mfa-migrate --server-url <url> --app-id <id> [--apply] [--after <id>] [--batch <1 to 1000>]

Moves the users of "mfa" to other factors, batch by batch. It calls the Cloud function that installMfaMigration
defines. You can stop and restart it at any time. It exits with status 1 when users were not moved.

${BATCH_USAGE}`,
  functionName: MFA_MIGRATION,
  async work(reports, { apply, print }) {
    const counts: Record<MovedUser['outcome'], number> = { moved: 0, dropped: 0, left: 0 };
    let seen = 0;
    print(apply ? 'Moving users of mfa.' : 'Dry run: nothing is written. Add --apply to move users of mfa.');
    print(row(['user', 'outcome', 'to', 'reason']));
    for await (const report of reports) {
      seen += report.seen;
      for (const { userId, outcome, to, reason } of report.users) {
        counts[outcome] += 1;
        print(row([userId, outcome, to.join(' ') || '-', reason]));
      }
    }
    print(`${seen} users: ${counts.moved} moved, ${counts.dropped} dropped, ${counts.left} left${apply ? '' : ' (dry run)'}`);
    return counts.left === 0;
  },
};
