import { PastSignIns } from '../../account/devices/past-sign-ins.js';
import { protectingFactors, storedAmong } from '../../account/factor-roles.js';
import type { AccountState, ServerRequest, Session } from '../../account/ports.js';
import type { Runtime } from '../../account/runtime.js';
import { subjectOf } from '../../crypto/subject.js';
import { FactorError } from '../../error/factor-error.js';
import { emitter } from '../../events/event-dispatcher.js';
import type { Reply } from '../../factor/context.js';
import type { FactorEvent, FactorEventType } from '../../factor/factor-event.js';
import { requireStepUp } from '../require-step-up.js';
import { sessionsOf, type ShownSession } from '../sessions/own-sessions.js';
import { toIso } from '../status.js';
import { UserFactor } from '../user-factor.js';

/** What is kept about one factor of a user, as JSON. */
export interface ExportedFactor {
  /** `enabled`, or `unreadable` for a record that does not open; nothing else is then known of it. */
  readonly status: 'enabled' | 'unreadable';
  /** What the factor keeps about the person: addresses in full, names, times. Never a secret or a digest. */
  readonly [field: string]: unknown;
}

/** The last sign-in from one device. */
export interface ExportedSignIn {
  /** When, as ISO 8601. */
  readonly at: string;
  /** The IP address; left out if it is not known. */
  readonly ip?: string;
}

/** A copy of what is kept about one user. It never holds a secret, a digest or a sealed record. */
export interface UserExport {
  /** The user's `objectId`. */
  readonly userId: string;
  /** When the copy was made, as ISO 8601. */
  readonly exportedAt: string;
  /** By key in `auth`. */
  readonly factors: Readonly<Record<string, ExportedFactor>>;
  /** The newest first, 100 at most. */
  readonly sessions: readonly ShownSession[];
  /** Of the devices that are remembered, the last used first, 50 at most. */
  readonly signIns: readonly ExportedSignIn[];
  /** The logged events, the newest first, 10,000 at most. Events of administrators are without their IP addresses. */
  readonly events: readonly FactorEvent[];
  /** Whether there are more events than that. Only the master key reads these, in the class `FactorEvent`. */
  readonly hasMoreEvents: boolean;
}

/** Whose data is exported, and who asks. */
export interface ExportCall extends ServerRequest {
  readonly runtime: Runtime;
  /** The session of the user; undefined for an administrator. */
  readonly session: Session | undefined;
  readonly account: AccountState;
}

/** Exports by a user. Each reads up to 10,000 rows. */
const QUOTA = { limit: 5, windowMs: 60 * 60_000 };
const MAX_EVENTS = 10_000;
/** Events that only administrators cause. Rows of older versions do not say whether the request used the master key. */
const ADMINISTRATORS: readonly FactorEventType[] = ['listed', 'reset', 'unlocked', 'help_issued', 'moved', 'resealed'];

/**
 * Returns a copy of what is kept about a user.
 *
 * A user who has a factor needs a step-up proof: a stolen session alone does not read addresses in full.
 *
 * @throws FactorError `fresh_proof_required`, `cooldown`, `unavailable`
 */
export async function exportUser(call: ExportCall): Promise<UserExport> {
  const { runtime, session, account, server } = call;
  if (session !== undefined) await assertAllowed(call, session);
  const past = await new PastSignIns(runtime, call, account.id).stored();
  const events = await server.listEvents({ userId: account.id, limit: MAX_EVENTS + 1 });
  const reason = session === undefined ? 'administrator' : 'user';
  emitter('', runtime, call, account.id)({ type: 'exported', reason });
  return {
    userId: account.id,
    exportedAt: toIso(runtime.clock()),
    factors: exportedFactors(call),
    sessions: await sessionsOf({ runtime, request: call }, account.id),
    signIns: past.map(({ at, ip }) => ({ at: toIso(at), ...(ip !== undefined && { ip }) })),
    events: events.slice(0, MAX_EVENTS).map(withoutAdministrator),
    hasMoreEvents: events.length > MAX_EVENTS,
  };
}

async function assertAllowed({ runtime, account, ...request }: ExportCall, session: Session): Promise<void> {
  if (protectingFactors(runtime, account.stored).length > 0) await requireStepUp(runtime, request, session);
  const bucket = subjectOf('export', request.server.appId, account.id);
  const counted = await request.server.store.count(bucket, QUOTA);
  if (!counted.allowed) throw new FactorError('cooldown', { retryAt: counted.retryAt });
}

function exportedFactors({ runtime, account, ...request }: ExportCall): Readonly<Record<string, ExportedFactor>> {
  const keys = storedAmong(account.stored, Object.keys(runtime.factors));
  return Object.fromEntries(
    keys.map((key) => [key, exportedFactor(new UserFactor<object>(key, runtime, request, account))] as const),
  );
}

function exportedFactor(own: UserFactor<object>): ExportedFactor {
  try {
    const { enrolment } = own.enrolment;
    return { ...(own.factor.personalData?.(enrolment) ?? parsed(own.factor.describe(enrolment))), status: 'enabled' };
  } catch {
    return { status: 'unreadable' };
  }
}

/** Parses the lists of a status: on the wire they are JSON in a string. */
const parsed = (reply: Reply): Readonly<Record<string, unknown>> =>
  Object.fromEntries(Object.entries(reply).map(([name, value]) => [name, parsedList(value)]));

function parsedList(value: string): unknown {
  try {
    return value.startsWith('[') ? (JSON.parse(value) as unknown) : value;
  } catch {
    return value;
  }
}

/** The IP address of an administrator is not the user's own data (GDPR, Article 15(4)). */
function withoutAdministrator({ ip, ...event }: FactorEvent): FactorEvent {
  const isAdministrator = event.byMasterKey ?? (ADMINISTRATORS.includes(event.type) || event.reason === 'administrator');
  return isAdministrator || ip === undefined ? { ip: undefined, ...event } : { ip, ...event };
}
