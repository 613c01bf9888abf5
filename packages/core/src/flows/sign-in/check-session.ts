import type { AccountState, NewSession, ServerRequest } from '../../account/ports.js';
import type { StoredRecords } from '../../account/records/record-plan.js';
import type { Runtime } from '../../account/runtime.js';
import { FactorError } from '../../error/factor-error.js';
import { emitter } from '../../events/event-dispatcher.js';
import { shown } from '../show-status.js';
import { changedMeanwhile } from './changed-meanwhile.js';
import { keepMethods } from '../sessions/keep-methods.js';
import { rememberDevice } from './remember-device.js';
import { rememberLogin } from './remember-login.js';

/** A login that Parse Server is about to accept. */
export interface LoginAboutToPass extends ServerRequest {
  readonly runtime: Runtime;
  /** The user who logs in. */
  readonly account: AccountState;
  /** Whether the request carries a session, which Parse Server may then take for the user's own. */
  readonly hasSession: boolean;
}

/**
 * Arms the check of the session that a login opens. It ends the session of a login during which a factor changed; of others it
 * remembers what they have proven.
 *
 * The session is stored first, and the row is read afterwards. So either the change is seen here, or the change sees the
 * session and ends it (time-of-check race, CWE-367).
 */
export function checkSession(login: LoginAboutToPass): void {
  const { runtime, server, account } = login;
  if (!login.hasMasterKey) server.replies.hide(account.id, runtime, credentialsHidden(login, account));
  const emit = emitter('', runtime, login, account.id);
  let current = account;
  const check = async (session: NewSession): Promise<void> => {
    const isLooking = runtime.revokeSessionsOn.length > 0 || server.replies.count(account.id) > 0;
    const now = isLooking ? await session.account() : account;
    const change = now === undefined ? 'removed' : changedMeanwhile(runtime, server, { before: account, now });
    if (now !== undefined && change === undefined) {
      if (!login.hasMasterKey) server.replies.show(account.id, credentialsHidden(login, now));
      current = now;
      return;
    }
    await server.sessions.end(session.token);
    emit({ type: 'sessions_revoked', reason: change ?? 'removed' });
    const sentence = 'The sign-in methods of this account have just changed. Log in again.';
    throw new FactorError('factor_required', { sentence });
  };
  const opened = async (session: NewSession): Promise<void> => {
    await rememberLogin(runtime, login, current, session);
    await rememberDevice(runtime, login, current);
  };
  server.sessions.onOpened(account.id, emit, { set: runtime, keep: keepMethods(runtime, login, account), check, opened });
}

/** Replaces what a reply to a login shows of providers by what users may see. Parse Server would echo what was sent and stored. */
const credentialsHidden =
  ({ runtime, ...request }: LoginAboutToPass, account: AccountState) =>
  (providers: StoredRecords): StoredRecords => {
    const others = Object.entries(providers).filter(([key]) => !Object.hasOwn(runtime.factors, key));
    return { ...Object.fromEntries(others), ...shown(runtime, request, account) };
  };
