import { markOf } from '../account/enrolment-record.js';
import type { LoginNotes } from '../account/ports.js';
import type { RecordChanges } from '../account/record-plan.js';
import type { RequestProgress } from '../flows/auth-request.js';
import type { HookConfig, HookRequest } from './parse-types.js';

/**
 * State that hooks and triggers of one HTTP request share. They share `request.config`. The hooks of one login share their
 * request, as a batch may have several logins.
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

/** Returns the state that the hooks of one login, save or challenge share. */
export function progressOf(request: HookRequest): RequestProgress {
  const { logins } = scopeOf(request.config);
  const progress = logins.get(request) ?? { staged: {} };
  logins.set(request, progress);
  return progress;
}

/** Returns the state that the hooks of an HTTP request leave for its triggers, about one user. */
export function notesOf(config: HookConfig, userId: string): LoginNotes {
  const { users } = scopeOf(config);
  const notes = users.get(userId) ?? { written: new Map() };
  users.set(userId, notes);
  return notes;
}

/** Records what this request has written of a user's records; null for a removed one. */
export function noteWritten(config: HookConfig, userId: string, records: RecordChanges): void {
  const { written } = notesOf(config, userId);
  for (const [key, record] of Object.entries(records)) written.set(key, markOf(record));
}
