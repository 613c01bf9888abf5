import type { Session, StoredSession } from '../../account/ports.js';
import { FactorError } from '../../error/factor-error.js';
import { asObject } from '../../validation/json-object.js';
import { findRows } from '../database/find-rows.js';
import type { ParseRow } from '../database/parse-database.js';
import type { HookConfig } from '../parse-types.js';
import { addKeptField, KEPT_FIELD } from '../writes/session-checks.js';
import { ungated } from '../writes/write-gate.js';
import { pointerTo } from './pointer.js';

const OBJECT_NOT_FOUND = 101;
const MAX_ROUNDS = 5;

/** Returns sessions that have not ended, the newest first. */
export async function findSessions(config: HookConfig, query: ParseRow, limit: number): Promise<readonly StoredSession[]> {
  const rows = await findRows(config.database, '_Session', query, { limit, sort: { createdAt: -1 } });
  const now = Date.now(); // Parse Server's own clock decides when a session ends
  return rows.map(toSession).filter(({ expiresAt }) => expiresAt === undefined || Date.parse(expiresAt) > now);
}

const textOf = (value: unknown): string | undefined => (typeof value === 'string' ? value : undefined);

const toSession = (row: ParseRow): StoredSession => ({
  id: String(row['objectId']),
  userId: String(asObject(row['user'])?.['objectId']),
  token: String(row['sessionToken']),
  createdAt: String(row['createdAt']),
  expiresAt: textOf(asObject(row['expiresAt'])?.['iso']),
  installationId: textOf(row['installationId']),
  kept: row[KEPT_FIELD],
});

/**
 * Changes what is kept with a session, unless it has ended. A change that another request makes meanwhile is not lost.
 *
 * @throws FactorError `unavailable` if it keeps being changed
 */
export async function changeKept(config: HookConfig, session: Session, change: (stored: unknown) => string): Promise<void> {
  const named = { sessionToken: session.token, user: pointerTo(session.userId) };
  for (let round = 0; round < MAX_ROUNDS; round += 1) {
    const [found] = await findSessions(config, named, 1);
    if (found === undefined) return;
    const unchanged = found.kept === undefined ? { [KEPT_FIELD]: { $exists: false } } : { [KEPT_FIELD]: found.kept };
    const update = { [KEPT_FIELD]: change(found.kept) };
    await addKeptField(config);
    const isDone = await ungated(config.database)
      .update('_Session', { ...named, ...unchanged }, update, {})
      .then(() => true)
      .catch((fault: unknown) => {
        if (asObject(fault)?.['code'] === OBJECT_NOT_FOUND) return false;
        throw fault;
      });
    if (isDone) return;
  }
  throw new FactorError('unavailable');
}
