import type { NewSession, Session, Sessions } from '../../account/ports.js';
import type { FactorContext } from '../../factor/context.js';
import { withParseErrors } from '../parse-errors.js';
import type { HookConfig } from '../parse-types.js';
import { RequestWrites } from '../writes/request-writes.js';
import { endSession, isStored, revokeSessions, sessionEnded } from './session-rows.js';

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

  onOpened(userId: string, emit: FactorContext['emit'], check: (session: NewSession) => Promise<void>): void {
    RequestWrites.of(this.#config).sessions.arm(this.#config, userId, (session) => withParseErrors(emit, () => check(session)));
  }
}
