import { markOf } from '../account/records/enrolment-record.js';
import type { Composed } from '../account/factor-roles.js';
import type { LoginNotes } from '../account/ports.js';
import type { RecordChanges } from '../account/records/record-plan.js';
import type { RequestProgress } from '../flows/auth-request.js';
import type { HookConfig, HookRequest } from './parse-types.js';

/**
 * State that hooks and triggers of one HTTP request share. They share `request.config`. The hooks of one login share their
 * request, as a batch may have several logins.
 */
interface RequestScope {
  readonly users: Map<string, LoginNotes>;
  readonly logins: WeakMap<HookRequest, Map<Composed, RequestProgress>>;
}

const scopes = new WeakMap<HookConfig, RequestScope>();

function scopeOf(config: HookConfig): RequestScope {
  const scope = scopes.get(config) ?? { users: new Map(), logins: new WeakMap() };
  scopes.set(config, scope);
  return scope;
}

function loginsOf(request: HookRequest): Map<Composed, RequestProgress> {
  const { logins } = scopeOf(request.config);
  const login = logins.get(request) ?? new Map<Composed, RequestProgress>();
  logins.set(request, login);
  return login;
}

/** Returns the state that the hooks of one set of factors share, in one login, save or challenge. */
export function progressOf(request: HookRequest, set: Composed): RequestProgress {
  const login = loginsOf(request);
  const progress = login.get(set) ?? { staged: {} };
  login.set(set, progress);
  return progress;
}

/**
 * Whether a provider is a factor of another set whose sign-in is under way in the same login. That sign-in may be waiting for
 * this set, and it decides about all of its own factors.
 */
export const isSigningIn = (request: HookRequest, set: Composed, provider: string): boolean =>
  [...loginsOf(request)].some(
    ([other, { signIn }]) => other !== set && signIn !== undefined && Object.hasOwn(other.factors, provider),
  );

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
