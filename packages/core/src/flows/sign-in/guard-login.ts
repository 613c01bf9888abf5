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

/** A login that Parse Server is about to let in. */
export interface LoginAboutToPass extends ServerRequest {
  readonly runtime: Runtime;
  /** Who logs in. */
  readonly account: AccountState;
  /** Whether the request carries a session, which Parse Server then may take for the user's own. */
  readonly hasSession: boolean;
  readonly isAdministrator: boolean;
}

/**
 * Before a login: refuses one that carries a session, as Parse Server then may ask none of the factors; and a user without
 * any factor where the policy demands one. The factors themselves hold the user to the policy who has one, and the user who
 * has nothing but a primary factor: nothing is proven yet here, and nothing may tell that there is such a user.
 *
 * @throws FactorError `invalid_input`, `enrolment_required`
 */
export async function guardLogin(login: LoginAboutToPass): Promise<void> {
  const { runtime, server, account } = login;
  server.accounts.decideProviders(account, {}); // a login links, unlinks and exchanges nothing
  const hasFactors = storedAmong(account.stored, Object.keys(runtime.factors)).length > 0;
  if (hasFactors && login.hasSession && !login.isAdministrator) {
    throw new FactorError('invalid_input', { sentence: 'Log in without a session.' });
  }
  server.assertNoTransaction();
  watchSession(login);
  const notes = server.notes(account.id);
  const { hasEnrolled } = notes;
  notes.hasEnrolled = false; // good for one login
  const all = secondFactors(runtime);
  if (hasEnrolled === true || storedAmong(account.stored, all).length > 0) return;
  const policy = policyFor(runtime, server, account);
  if (!(await policy.demandsEnrolment([])) || (await hasOnlyPrimaries(runtime, server, account))) return;
  await policy.assert({ enrolled: [], given: [], hasBackup: false, all });
}

/**
 * A login that is under way while a factor changes must not outlive the change. The session is stored first, and the row read
 * then: either the change is seen here, or the session is seen where the change ends sessions.
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

/** Parse Server replies to a login by `authData` with what was sent and stored; the user sees what a factor shows. */
function hideCredentials({ runtime, server, client }: LoginAboutToPass, account: AccountState): void {
  server.replies.show(account.id, (providers): StoredRecords => {
    const others = Object.entries(providers).filter(([key]) => !Object.hasOwn(runtime.factors, key));
    return { ...Object.fromEntries(others), ...shown(runtime, { server, client }, account) };
  });
}

/**
 * Whether the user has no password, and nothing but primary factors of ours; or is one that Parse Server calls anonymous:
 * nothing but a random id.
 */
async function hasOnlyPrimaries(runtime: Runtime, server: Server, { id, stored }: AccountState): Promise<boolean> {
  const providers = Object.keys(stored).filter((key) => stored[key] !== null);
  const isAnonymous = providers.length === 1 && providers[0] === 'anonymous';
  const primaries = primaryFactors(runtime);
  if (!isAnonymous && (providers.length === 0 || !providers.every((key) => primaries.includes(key)))) return false;
  return !(await server.accounts.hasPassword(id));
}
