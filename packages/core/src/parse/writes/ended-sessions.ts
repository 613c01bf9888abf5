import { markOf } from '../../account/records/enrolment-record.js';
import type { StagedSave } from '../../account/ports.js';
import type { RecordChanges, StoredRecords } from '../../account/records/record-plan.js';
import type { HookConfig } from '../parse-types.js';
import { isStored, revokeSessions, sessionEnded } from '../server/session-rows.js';
import { findAccount } from '../server/user-rows.js';
import { commit, type RecordStatement } from './conditional-update.js';

/**
 * Takes a change of records back if the session that requested it has ended, and refuses the request.
 *
 * Parse Server checks the session only when a request begins. Until the request writes, the owner may have ended that session,
 * such as by a new password. The change is written before the session is looked for. So either the end of the session is seen
 * here, or the request that ends it sees the change (time-of-check race, CWE-367).
 *
 * @param done what was written; undefined if the write changed no records
 * @throws Parse.Error 209 when the session has ended
 */
export async function assertSessionsLast(
  config: HookConfig,
  saves: readonly StagedSave[],
  done: Pick<RecordStatement, 'changes' | 'before'> | undefined,
): Promise<void> {
  if (done === undefined || Object.keys(done.changes).length === 0) return;
  for (const { session, userId, emit } of saves) {
    if (session === undefined || (await isStored(config, session.token))) continue;
    await takeBack({ config, userId, emit }, done);
    throw sessionEnded();
  }
}

async function takeBack(
  { config, userId, emit }: { readonly config: HookConfig } & Pick<StagedSave, 'userId' | 'emit'>,
  { changes, before }: Pick<RecordStatement, 'changes' | 'before'>,
): Promise<void> {
  const account = await findAccount(config, userId);
  if (account === undefined) return;
  const keys = Object.keys(changes);
  // A record that was changed again since then stays as it is.
  const isOurs = (key: string, now: StoredRecords): boolean => markOf(now[key]) === markOf(changes[key]);
  const decide = (now: StoredRecords): RecordChanges =>
    Object.fromEntries(keys.filter((key) => isOurs(key, now)).map((key) => [key, before[key] as RecordChanges[string]]));
  const restored = await commit({ config, account, bySession: true }, { basis: keys, decide });
  // Logins may have passed without a factor that is there again.
  if (Object.values(restored).some((record) => record !== null)) await revokeSessions(config, userId, { emit });
}
