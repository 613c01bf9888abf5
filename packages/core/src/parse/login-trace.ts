import { type EnrolmentRecord, markOf } from '../account/enrolment-record.js';
import type { ProvenAlone } from '../factor/alone.js';
import type { ProvenId } from '../factor/primary-sign-in.js';
import type { HookConfig, HookRequest } from './parse-types.js';

/** What a login has proven with nothing before it, by the keys of the factors; unspent. */
export interface ProvenFirst {
  /** By first factors. */
  readonly ids: Map<string, ProvenId>;
  /** By second factors that have said who the user is. */
  readonly alone: Map<string, ProvenAlone>;
}

/** What one login has shown so far. Parse Server hands the same request to every factor of it. */
export interface LoginTrace {
  /** Factors that were answered rightly, but for stand-ins. */
  readonly answered: string[];
  /** What was answered rightly in place of a factor. */
  readonly stoodIn: string[];
  /** Factors that were set up rightly; they are stored when all that the login gives was right. */
  readonly enrolled: Record<string, EnrolmentRecord>;
  /** What was proven alone; it is spent when all that the login gives was right. */
  readonly proven: ProvenFirst;
  /** What a save has staged so far, by key; not stored yet. */
  readonly staged: Record<string, EnrolmentRecord>;
  /** Of a challenge: the key of the factor that has said who the user is. */
  identifiedBy?: string;
}

const logins = new WeakMap<HookRequest, LoginTrace>();

/** What nothing has been shown of yet. */
export const newLoginTrace = (): LoginTrace => ({
  answered: [],
  stoodIn: [],
  enrolled: {},
  proven: { ids: new Map(), alone: new Map() },
  staged: {},
});

/** What the factors of one login leave for each other. */
export function loginTrace(request: HookRequest): LoginTrace {
  const trace = logins.get(request) ?? newLoginTrace();
  logins.set(request, trace);
  return trace;
}

/** What hooks leave for the triggers of the same HTTP request, which may be a batch. */
export interface UserTrace {
  /** A factor that a login answered, with all else that it gave. */
  answered?: string | undefined;
  /** What a login answered in place of all factors, with all else that it gave. */
  stoodIn?: string | undefined;
  /** A factor that a login has set up: its session is fresh then. */
  setUp?: string | undefined;
  /** Whether a login has set up a factor, so that it is not refused for the lack of one. */
  hasEnrolled?: boolean;
  /** What this request has written of the user's records, by key, as `markOf` tells it. */
  readonly written: Map<string, string>;
}

/** By `request.config`, which hooks and triggers of one HTTP request share, then by user. */
const traces = new WeakMap<HookConfig, Map<string, UserTrace>>();

/** What the hooks of an HTTP request leave for its triggers. */
export function traceOf(config: HookConfig, userId: string): UserTrace {
  const users = traces.get(config) ?? new Map<string, UserTrace>();
  traces.set(config, users);
  const trace = users.get(userId) ?? { written: new Map() };
  users.set(userId, trace);
  return trace;
}

/** Notes what this request has written of a user's records; null for one that it has removed. */
export function noteWritten(config: HookConfig, userId: string, records: Readonly<Record<string, EnrolmentRecord | null>>): void {
  const { written } = traceOf(config, userId);
  for (const [key, record] of Object.entries(records)) written.set(key, markOf(record));
}
