import type { HookConfig } from './parse-hooks.js';

/** What an HTTP request has shown of a user so far. */
interface Trace {
  /** The factor that a login answered, but for a stand-in. */
  answered?: string;
  /** The factor that a login has set up, so that it is not refused for the lack of one. */
  enrolled?: string;
}

/** By `request.config`, which hooks and triggers of one HTTP request share, then by user. */
const traces = new WeakMap<HookConfig, Map<string, Trace>>();

/** What hooks leave for the triggers of the same HTTP request. */
export function traceOf(config: HookConfig, userId: string): Trace {
  const users = traces.get(config) ?? new Map<string, Trace>();
  traces.set(config, users);
  const trace = users.get(userId) ?? {};
  users.set(userId, trace);
  return trace;
}
