import { deviceName } from '../../account/devices/device-of.js';
import type { Composed } from '../../account/factor-roles.js';
import type { ServerRequest, Session, StoredSession } from '../../account/ports.js';
import type { Runtime } from '../../account/runtime.js';
import { describeMethods, meets, type MethodDemand, type SessionMethods } from '../../account/sessions/session-methods.js';
import { SessionSealer } from '../../account/sessions/session-sealer.js';
import { FactorError } from '../../error/factor-error.js';
import { emitter } from '../../events/event-dispatcher.js';
import { CLOCK_TOLERANCE_MS } from '../../store/otp-store.js';
import { asObject } from '../../validation/json-object.js';

/** A session of a user: how it was opened, and by what. */
export interface ShownSession extends SessionMethods {
  /** The `objectId`, to end the session by. */
  readonly id: string;
  /** When it was opened, as ISO 8601. */
  readonly createdAt: string;
  /** When it ends by itself, as ISO 8601; left out if it does not. */
  readonly expiresAt?: string;
  /** The browser and the system, such as `Chrome, Windows`; left out if they are not known. Any client can claim any. */
  readonly device?: string;
  /** What the client called itself; left out if it said nothing. */
  readonly userAgent?: string;
  /** The IP address that opened it; left out if it is not known. */
  readonly ip?: string;
  /** The installation that opened it; left out if the client sent none. */
  readonly installationId?: string;
}

/** A session of the user, as the user sees it. */
export interface OwnSession extends ShownSession {
  /** Whether the request was sent with this session. */
  readonly isCurrent: boolean;
}

/** The user's session, in one request. */
export interface SessionRequest {
  readonly runtime: Runtime;
  readonly request: ServerRequest;
  /** @throws FactorError `session_required` */
  readonly session: Session | undefined;
}

/**
 * Returns how the request's session was opened, and what was verified in it since. It costs one database statement.
 *
 * @throws FactorError `session_required` without a session, or if it has ended
 */
export async function sessionMethods(at: SessionRequest): Promise<SessionMethods> {
  const session = assertSession(at);
  return describeMethods(await keptMethods(at, session), at.runtime);
}

/**
 * Resolves if one of the factors was verified for the request's session. A backup authenticator does not count. It costs one
 * database statement.
 *
 * @throws FactorError `fresh_proof_required`, naming the factors; `session_required` without a session, or if it has ended;
 *   `invalid_input` for a demand that no session can meet
 */
export async function requireFactor(at: SessionRequest, demand: MethodDemand): Promise<void> {
  assertDemand(demand, at.runtime);
  const kept = await keptMethods(at, assertSession(at));
  if (meets(kept, demand, { now: at.runtime.clock(), toleranceMs: CLOCK_TOLERANCE_MS })) return;
  throw new FactorError('fresh_proof_required', { sentence: `First verify one of: ${demand.oneOf.join(', ')}.` });
}

/** Returns the user's sessions, the newest first. @throws FactorError `session_required` */
export async function ownSessions(at: SessionRequest): Promise<readonly OwnSession[]> {
  const current = assertSession(at);
  const sessions = await at.request.server.sessions.list(current.userId);
  return sessions.map((session) => ({ ...shownSession(at, session), isCurrent: session.token === current.token }));
}

/** Returns a user's sessions, the newest first, 100 at most. */
export async function sessionsOf(
  at: Pick<SessionRequest, 'runtime' | 'request'>,
  userId: string,
): Promise<readonly ShownSession[]> {
  const sessions = await at.request.server.sessions.list(userId);
  return sessions.map((session) => shownSession(at, session));
}

/**
 * Ends one session of the user, or all but this one. Returns how many it has ended; none if there is no such session.
 *
 * @param id the session's `objectId`; undefined for all others
 * @throws FactorError `session_required`; `invalid_input` in a transaction
 */
export async function endSessions(at: SessionRequest, id: string | undefined): Promise<number> {
  const { runtime, request } = at;
  const { userId, token } = assertSession(at);
  const { sessions } = request.server;
  request.server.assertNoTransaction(); // one that is taken back ends none
  const emit = emitter('', runtime, request, userId);
  if (id === undefined) return noted(await sessions.endOthers(userId, token, emit), emit);
  const found = await sessions.find({ userId, id });
  if (found === undefined) return 0;
  await sessions.end(found.token);
  return noted(1, emit);
}

/** Refuses a demand of the application's own code that is misspelt, as no session would ever meet it. */
function assertDemand(demand: unknown, { factors }: Composed): void {
  const { oneOf, maxAgeMs, ...unknown } = asObject(demand) ?? {};
  const isFactor = (key: unknown): boolean =>
    typeof key === 'string' && Object.hasOwn(factors, key) && factors[key]?.backup === undefined;
  const isNamed = Array.isArray(oneOf) && oneOf.length > 0 && oneOf.every(isFactor);
  const isAge = maxAgeMs === undefined || (typeof maxAgeMs === 'number' && maxAgeMs > 0);
  if (isNamed && isAge && Object.keys(unknown).length === 0) return;
  throw new FactorError('invalid_input', {
    sentence: 'requireFactor needs { oneOf, maxAgeMs }: a list of factors that are no backups, and a number of milliseconds.',
  });
}

function noted(ended: number, emit: ReturnType<typeof emitter>): number {
  if (ended > 0) emit({ type: 'sessions_revoked', reason: 'user' });
  return ended;
}

function assertSession({ session }: SessionRequest): Session {
  if (session === undefined) throw new FactorError('session_required');
  return session;
}

async function keptMethods({ runtime, request: { server } }: SessionRequest, session: Session) {
  const found = await server.sessions.find(session);
  if (found === undefined) throw new FactorError('session_required');
  return new SessionSealer(runtime, server.appId, session).open(found.kept).methods;
}

/** Returns what is shown of a session. */
function shownSession({ runtime, request }: Pick<SessionRequest, 'runtime' | 'request'>, session: StoredSession): ShownSession {
  const { methods, userAgent, ip } = new SessionSealer(runtime, request.server.appId, session).open(session.kept);
  const { id, createdAt, expiresAt, installationId } = session;
  const device = deviceName(userAgent);
  return {
    id,
    createdAt,
    ...describeMethods(methods, runtime),
    ...(expiresAt !== undefined && { expiresAt }),
    ...(device !== undefined && { device }),
    ...(userAgent !== undefined && { userAgent }),
    ...(ip !== undefined && { ip }),
    ...(installationId !== undefined && { installationId }),
  };
}
