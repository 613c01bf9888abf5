import { markOf } from '../account/enrolment-record.js';
import type { LoginNotes } from '../account/ports.js';
import type { RecordChanges } from '../account/record-plan.js';
import type { RequestProgress } from '../flows/auth-request.js';
import type { HookConfig, HookRequest } from './parse-types.js';

/**
 * What hooks and triggers of one HTTP request leave for each other. Hooks and triggers share `request.config`; the hooks of
 * one login, of which a batch may have several, share the request that Parse Server hands them.
 */
interface RequestScope {
  readonly users: Map<string, LoginNotes>;
  readonly logins: WeakMap<HookRequest, RequestProgress>;
}

const scopes = new WeakMap<HookConfig, RequestScope>();

function scopeOf(config: HookConfig): RequestScope {
  const scope = scopes.get(config) ?? { users: new Map(), logins: new WeakMap() };
  scopes.set(config, scope);
  return scope;
}

/** What the hooks of one login, save or challenge leave for each other. */
export function progressOf(request: HookRequest): RequestProgress {
  const { logins } = scopeOf(request.config);
  const progress = logins.get(request) ?? { staged: {} };
  logins.set(request, progress);
  return progress;
}

/** What the hooks of an HTTP request leave for its triggers, about one user. */
export function notesOf(config: HookConfig, userId: string): LoginNotes {
  const { users } = scopeOf(config);
  const notes = users.get(userId) ?? { written: new Map() };
  users.set(userId, notes);
  return notes;
}

/** Notes what this request has written of a user's records; null for one that it has removed. */
export function noteWritten(config: HookConfig, userId: string, records: RecordChanges): void {
  const { written } = notesOf(config, userId);
  for (const [key, record] of Object.entries(records)) written.set(key, markOf(record));
}
