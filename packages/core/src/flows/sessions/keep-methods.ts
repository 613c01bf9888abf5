import { userAgentOf } from '../../account/devices/device-of.js';
import type { ServerRequest, Session, SessionOpening } from '../../account/ports.js';
import type { Runtime } from '../../account/runtime.js';
import type { KeptMethod } from '../../account/sessions/session-methods.js';
import { SessionSealer } from '../../account/sessions/session-sealer.js';

/** Returns a function that keeps with a new session how it was opened: what Parse Server and the factors have verified. */
export const keepMethods =
  (runtime: Runtime, { server, client }: ServerRequest): SessionOpening['keep'] =>
  (session) => {
    const at = runtime.clock();
    const notes = server.notes(session.userId);
    const verified = notes.methods ?? [];
    delete notes.methods; // valid for one session
    const others = session.openedWith.filter((name) => !Object.hasOwn(runtime.factors, name));
    const methods = [
      ...others.map((method) => ({ method, kind: method === 'password' ? 'password' : 'provider' }) as const),
      ...verified,
    ].map((method): KeptMethod => ({ ...method, at }));
    const kept = { methods, userAgent: userAgentOf(client), ip: client.ip };
    return new SessionSealer(runtime, server.appId, session).seal(kept);
  };

/** Adds a method that was verified in a session, or its last time. */
export async function addMethod(
  runtime: Runtime,
  { server }: ServerRequest,
  { session, ...method }: Omit<KeptMethod, 'at'> & { readonly session: Session },
): Promise<void> {
  const sealed = new SessionSealer(runtime, server.appId, session).seal({ methods: [{ ...method, at: runtime.clock() }] });
  await server.sessions.keep(session, sealed);
}
