import { userAgentOf } from '../../account/devices/device-of.js';
import type { AccountState, ServerRequest, Session, SessionOpening } from '../../account/ports.js';
import type { StoredRecords } from '../../account/records/record-plan.js';
import type { Runtime } from '../../account/runtime.js';
import type { KeptMethod } from '../../account/sessions/session-methods.js';
import type { OpeningSession } from '../../account/sessions/session-ports.js';
import { SessionSealer } from '../../account/sessions/session-sealer.js';

/**
 * Returns a function that keeps with a new session how it was opened: what Parse Server and the factors have verified.
 *
 * @param account the user who logs in; undefined for one who signs up
 */
export const keepMethods =
  (runtime: Runtime, { server, client, hasMasterKey }: ServerRequest, account?: AccountState): SessionOpening['keep'] =>
  (session) => {
    const at = runtime.clock();
    const isOurs = ({ method }: Pick<KeptMethod, 'method'>): boolean => Object.hasOwn(runtime.factors, method);
    const notes = server.notes(session.userId);
    const verified = (notes.methods ?? []).filter(isOurs);
    notes.methods = notes.methods?.filter((each) => !isOurs(each)); // valid for one session
    const others = otherMethods(session, account).filter((each) => !isOurs(each));
    const methods = [...others, ...verified].map((method): KeptMethod => ({ ...method, at }));
    // The user sees these. With the master key, they are an administrator's.
    const seen = hasMasterKey ? {} : { userAgent: userAgentOf(client), ip: client.ip };
    return new SessionSealer(runtime, server.appId, session).seal({ methods, ...seen });
  };

/**
 * Returns what Parse Server itself has verified. It names every key that was sent, and does not look at one that was sent as
 * null. So only a provider that the user is linked to counts, and the password only where it is named alone.
 */
function otherMethods({ openedWith, written }: OpeningSession, account: AccountState | undefined): readonly OtherMethod[] {
  const linked: StoredRecords = { ...account?.stored, ...written };
  return openedWith.flatMap((method): readonly OtherMethod[] => {
    if ((linked[method] ?? undefined) !== undefined) return [{ method, kind: 'provider' }];
    return method === 'password' && openedWith.length === 1 ? [{ method, kind: 'password' }] : [];
  });
}

type OtherMethod = Pick<KeptMethod, 'method'> & { readonly kind: 'password' | 'provider' };

/** Adds a method that was verified in a session, or its last time. */
export async function addMethod(
  runtime: Runtime,
  { server }: ServerRequest,
  { session, ...method }: Omit<KeptMethod, 'at'> & { readonly session: Session },
): Promise<void> {
  const sealer = new SessionSealer(runtime, server.appId, session);
  const kept = await server.sessions.keep(session, sealer.seal({ methods: [{ ...method, at: runtime.clock() }] }));
  const fewer = sealer.compacted(kept);
  if (fewer !== undefined) await server.sessions.compact(session, fewer);
}
