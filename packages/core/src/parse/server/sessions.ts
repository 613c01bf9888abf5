import type { NewSession, Session, SessionOpening, Sessions, StoredSession } from '../../account/ports.js';
import type { SessionId } from '../../account/sessions/session-ports.js';
import type { FactorContext } from '../../factor/context.js';
import { withParseErrors } from '../parse-errors.js';
import type { HookConfig } from '../parse-types.js';
import { RequestWrites } from '../writes/request-writes.js';
import { changeKept, findSessions } from './kept-sessions.js';
import { pointerTo } from './pointer.js';
import { endSession, isStored, revokeSessions, sessionEnded } from './session-rows.js';

/** Most sessions that a user is shown. */
const MAX_LISTED = 100;

/** The sessions of the application, for one request. */
export class ParseSessions implements Sessions {
  readonly #config: HookConfig;

  constructor(config: HookConfig) {
    this.#config = config;
  }

  async assertAlive(session: Session): Promise<void> {
    if (!(await isStored(this.#config, session.token))) throw sessionEnded();
  }

  endOthers(userId: string, keep: string | undefined, emit: FactorContext['emit']): Promise<number> {
    return revokeSessions(this.#config, userId, { keep, emit });
  }

  end(token: string): Promise<void> {
    return endSession(this.#config, token);
  }

  onOpened(userId: string, emit: FactorContext['emit'], { check, opened, ...opening }: SessionOpening): void {
    const handled = {
      ...opening,
      check: async (session: NewSession) => withParseErrors(emit, async () => check?.(session)),
      opened: (session: NewSession) => withParseErrors(emit, () => opened(session)),
    };
    RequestWrites.of(this.#config).sessions.arm(this.#config, userId, handled);
  }

  async find(session: Session | SessionId): Promise<StoredSession | undefined> {
    const one = 'token' in session ? { sessionToken: session.token } : { objectId: session.id };
    return (await findSessions(this.#config, { ...one, user: pointerTo(session.userId) }, 1))[0];
  }

  list(userId: string): Promise<readonly StoredSession[]> {
    return findSessions(this.#config, { user: pointerTo(userId) }, MAX_LISTED);
  }

  keep(session: Session, added: string): Promise<readonly unknown[]> {
    return changeKept(this.#config, session, { __op: 'Add', objects: [added] });
  }

  async compact(session: Session, kept: readonly unknown[]): Promise<void> {
    await changeKept(this.#config, session, kept);
  }
}
