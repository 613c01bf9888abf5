import type { Runtime } from '../../account/runtime.js';
import type { Reply } from '../../factor/context.js';
import type { FactorEvent, FactorEventType } from '../../factor/factor-event.js';
import { type ShownSession, sessionsOf } from '../sessions/own-sessions.js';
import { administration } from './administer.js';
import { mustEnrol } from './survey-users.js';
import type { AdminCall } from './user-batch.js';

/** A lock of a factor, as the event log tells it. */
export interface Lock {
  /** The key of the factor. */
  readonly factor: string;
  /** When it ends, in epoch milliseconds. */
  readonly until: number;
}

/** What an administrator sees of a user. It holds no secret, no code and no whole address. */
export interface UserReport {
  /** The user's factors by key, as the user sees them. */
  readonly factors: Readonly<Record<string, Reply>>;
  /** Whether the policy demands that the user set up a factor, or another one; undefined if the policy has failed. */
  readonly mustEnrol: boolean | undefined;
  /** The sessions, the newest first, 100 at most. */
  readonly sessions: readonly ShownSession[];
  /** The locks that have not ended; undefined without an event log. */
  readonly locks: readonly Lock[] | undefined;
  /** The latest events, 20 at most; undefined without an event log. */
  readonly events: readonly FactorEvent[] | undefined;
}

/** What begins or ends a lock of a factor. */
const OF_LOCKS: readonly FactorEventType[] = ['locked', 'unlocked', 'enrolled', 'replaced', 'removed', 'reset', 'help_issued'];
const MAX_EVENTS = 20;
const MAX_LOCK_EVENTS = 100;

/**
 * Reads what an administrator sees of a user, and emits `listed` for each of the user's factors.
 *
 * @throws FactorError `invalid_input` for other parameters than `userId`, or if there is no such user
 */
export async function inspectUser(runtime: Runtime, call: AdminCall): Promise<UserReport> {
  const factors = await administration(runtime).factorsList(call);
  const { userId } = call.params as { readonly userId: string };
  const { server } = call;
  const account = await server.accounts.get(userId);
  return {
    factors,
    mustEnrol: await mustEnrol(runtime, call, account),
    sessions: await sessionsOf({ runtime, request: call }, userId),
    ...(runtime.eventLog ? await logged(runtime, call, userId) : { locks: undefined, events: undefined }),
  };
}

async function logged(runtime: Runtime, { server }: AdminCall, userId: string): Promise<Pick<UserReport, 'locks' | 'events'>> {
  const ofLocks = await server.listEvents({ userId, types: { only: OF_LOCKS }, limit: MAX_LOCK_EVENTS });
  // Looking at a user writes `listed`. These would soon be all that is shown.
  const events = await server.listEvents({ userId, types: { without: ['listed'] }, limit: MAX_EVENTS });
  return { locks: locksAmong(ofLocks, runtime.clock()), events };
}

/** The locks that have not ended. @param events the latest first */
export function locksAmong(events: readonly FactorEvent[], now: number): readonly Lock[] {
  const last = new Map(events.toReversed().map((event) => [event.factor, event]));
  return [...last.values()].flatMap(({ type, factor, retryAt }) =>
    type === 'locked' && retryAt !== undefined && retryAt > now ? [{ factor, until: retryAt }] : [],
  );
}
