import { asObject, type MovedUser, type MoveReport } from '@parse-factors/core';
import { MFA_MIGRATION } from './install-mfa-migration.js';

/** How the migration is run. */
export interface MfaMigrationRun {
  readonly serverUrl: string;
  readonly appId: string;
  readonly masterKey: string;
  /** Users of one batch. */
  readonly limit: number;
  /** Whether anything is written. */
  readonly apply: boolean;
  readonly print: (line: string) => void;
}

const row = (columns: readonly string[]): string =>
  columns
    .map((text, index) => text.padEnd([14, 10, 18, 0][index] ?? 0))
    .join('')
    .trimEnd();

/** What a server says, on a terminal: ids, keys and words, and nothing that a terminal obeys. */
const plain = (text: unknown): string => String(text).replace(/[^\p{L}\p{N}\p{P}\p{S} ]/gu, '?');

/**
 * The functions of a server, which get the master key.
 *
 * @throws Error for a URL that is not https, but for this machine's own, or that has credentials; it is not repeated
 */
export function functionsUrl(serverUrl: string): string {
  const url = URL.canParse(serverUrl) ? new URL(serverUrl) : undefined;
  const isLocal = url !== undefined && /^(?:localhost|127(?:\.\d+){3}|\[::1\])$/.test(url.hostname);
  const isSound = url?.protocol === 'https:' || (url?.protocol === 'http:' && isLocal);
  if (url === undefined || !isSound || url.username !== '' || url.password !== '') {
    throw new Error('--server-url must be a URL that begins with https://, or http:// for this machine, without credentials.');
  }
  return `${url.origin}${url.pathname.replace(/\/+$/, '')}/functions`;
}

/** Moves everybody, batch by batch, and prints what became of each; gives how many were left. */
export async function runMfaMigration(run: MfaMigrationRun): Promise<number> {
  const { apply, print } = run;
  const counts: Record<MovedUser['outcome'], number> = { moved: 0, dropped: 0, left: 0 };
  let seen = 0;
  let after: string | undefined;
  print(apply ? 'Moving users of mfa.' : 'Dry run: nothing is written. Add --apply to move users of mfa.');
  print(row(['user', 'outcome', 'to', 'reason']));
  do {
    const report = await callBatch(run, after);
    seen += report.seen;
    for (const { userId, outcome, to, reason } of report.users) {
      counts[outcome] += 1;
      print(row([userId, outcome, to.join(' ') || '-', reason].map(plain)));
    }
    after = report.next;
  } while (after !== undefined);
  print(`${seen} users: ${counts.moved} moved, ${counts.dropped} dropped, ${counts.left} left${apply ? '' : ' (dry run)'}`);
  return counts.left;
}

async function callBatch({ serverUrl, appId, masterKey, limit, apply }: MfaMigrationRun, after?: string): Promise<MoveReport> {
  const response = await fetch(`${functionsUrl(serverUrl)}/${MFA_MIGRATION}`, {
    method: 'POST',
    redirect: 'error', // the master key goes nowhere else
    headers: { 'Content-Type': 'application/json', 'X-Parse-Application-Id': appId, 'X-Parse-Master-Key': masterKey },
    body: JSON.stringify({ limit, apply, ...(after !== undefined && { after }) }),
  });
  const body: unknown = await response.json().catch(() => undefined);
  const result = asObject(asObject(body)?.['result']);
  if (!response.ok || result === undefined) {
    const error = asObject(body)?.['error'];
    throw new Error(
      `The server answered ${response.status}: ${typeof error === 'string' ? plain(error) : 'nothing that can be read'}`,
    );
  }
  return result as unknown as MoveReport;
}
