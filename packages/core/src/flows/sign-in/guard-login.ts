import { primaryFactors, secondFactors, storedAmong } from '../../account/factor-roles.js';
import type { AccountState, NewSession, Server, ServerRequest } from '../../account/ports.js';
import type { StoredRecords } from '../../account/record-plan.js';
import type { Runtime } from '../../account/runtime.js';
import { FactorError } from '../../error/factor-error.js';
import { emitter } from '../../events/event-dispatcher.js';
import { shown } from '../show-status.js';
import { changedMeanwhile } from './changed-meanwhile.js';
import { policyFor } from './login-demand.js';
import { rememberLogin } from './remember-login.js';

/** A login that Parse Server is about to accept. */
export interface LoginAboutToPass extends ServerRequest {
  readonly runtime: Runtime;
  /** The user who logs in. */
  readonly account: AccountState;
  /** Whether the request carries a session, which Parse Server may then take for the user's own. */
  readonly hasSession: boolean;
  readonly isAdministrator: boolean;
}

/**
 * Refuses a login that carries a session, as Parse Server may then skip the factors. Also refuses users without a factor when
 * the policy demands one.
 *
 * Two groups pass here, and their factors enforce the policy later: users with a second factor, and users with nothing but a
 * primary factor. Nothing is proven yet, so a refusal here would reveal that the user exists (user enumeration, CWE-204).
 *
 * @throws FactorError `invalid_input`, `enrolment_required`
 */
export async function guardLogin(login: LoginAboutToPass): Promise<void> {
  const { runtime, server, account } = login;
  server.accounts.decideProviders(account, {}); // a login must not link, unlink or exchange providers
  const hasFactors = storedAmong(account.stored, Object.keys(runtime.factors)).length > 0;
  if (hasFactors && login.hasSession && !login.isAdministrator) {
    throw new FactorError('invalid_input', { sentence: 'Log in without a session.' });
  }
  server.assertNoTransaction();
  watchSession(login);
  const notes = server.notes(account.id);
  const { hasEnrolled } = notes;
  notes.hasEnrolled = false; // valid for one login
  const all = secondFactors(runtime);
  if (hasEnrolled === true || storedAmong(account.stored, all).length > 0) return;
  const policy = policyFor(runtime, server, account);
  if (!(await policy.demandsEnrolment([])) || (await hasOnlyPrimaries(runtime, server, account))) return;
  await policy.assert({ enrolled: [], given: [], hasBackup: false, all });
}

/**
 * Ends the session of a login during which a factor changed.
 *
 * The session is stored first, and the row is read afterwards. So either the change is seen here, or the change sees the
 * session and ends it (time-of-check race, CWE-367).
 */
function watchSession(login: LoginAboutToPass): void {
  const { runtime, server, account } = login;
  const emit = emitter('', runtime, login, account.id);
  server.sessions.onOpened(account.id, emit, async (session: NewSession) => {
    const isLooking = runtime.revokeSessionsOn.length > 0 || server.replies.count(account.id) > 0;
    const now = isLooking ? await session.account() : account;
    const change = now === undefined ? 'removed' : changedMeanwhile(runtime, server, { before: account, now });
    if (now !== undefined && change === undefined) {
      if (!login.isAdministrator) hideCredentials(login, now);
      return rememberLogin(runtime, login, account.id, session);
    }
    await server.sessions.end(session.token);
    emit({ type: 'sessions_revoked', reason: change ?? 'removed' });
    const sentence = 'The sign-in methods of this account have just changed. Log in again.';
    throw new FactorError('factor_required', { sentence });
  });
}

/**
 * Replaces `authData` in the reply to a login by what users may see. Parse Server would reply with what was sent and stored.
 */
function hideCredentials({ runtime, server, client }: LoginAboutToPass, account: AccountState): void {
  server.replies.show(account.id, (providers): StoredRecords => {
    const others = Object.entries(providers).filter(([key]) => !Object.hasOwn(runtime.factors, key));
    return { ...Object.fromEntries(others), ...shown(runtime, { server, client }, account) };
  });
}

/**
 * Whether the user has no password and nothing but primary factors of this library, or is anonymous. An anonymous user has
 * nothing but a random id.
 */
async function hasOnlyPrimaries(runtime: Runtime, server: Server, { id, stored }: AccountState): Promise<boolean> {
  const providers = Object.keys(stored).filter((key) => stored[key] !== null);
  const isAnonymous = providers.length === 1 && providers[0] === 'anonymous';
  const primaries = primaryFactors(runtime);
  if (!isAnonymous && (providers.length === 0 || !providers.every((key) => primaries.includes(key)))) return false;
  return !(await server.accounts.hasPassword(id));
}
