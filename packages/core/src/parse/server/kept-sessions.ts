import type { Session, StoredSession } from '../../account/ports.js';
import { asObject } from '../../validation/json-object.js';
import { findRows } from '../database/find-rows.js';
import type { ParseRow } from '../database/parse-database.js';
import type { HookConfig } from '../parse-types.js';
import { hasKeptField, KEPT_FIELD } from '../writes/session-checks.js';
import { ungated } from '../writes/write-gate.js';
import { pointerTo } from './pointer.js';

const OBJECT_NOT_FOUND = 101;

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
  kept: Array.isArray(row[KEPT_FIELD]) ? row[KEPT_FIELD] : [],
});

/**
 * Changes what is kept with a session, in one statement, and returns what is kept then. Does nothing if the session has ended, or
 * if the field has another type.
 */
export async function changeKept(config: HookConfig, { userId, token }: Session, change: unknown): Promise<readonly unknown[]> {
  if (!(await hasKeptField(config))) return [];
  const query = { sessionToken: token, user: pointerTo(userId) };
  const changed = await ungated(config.database)
    .update('_Session', query, { [KEPT_FIELD]: change }, {}, true)
    .catch((fault: unknown) => {
      if (asObject(fault)?.['code'] !== OBJECT_NOT_FOUND) throw fault;
    });
  const kept: unknown = asObject(changed)?.[KEPT_FIELD];
  return Array.isArray(kept) ? kept : [];
}
