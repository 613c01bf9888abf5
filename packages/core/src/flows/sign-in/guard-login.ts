import { identityFactors, secondFactors, storedAmong } from '../../account/factor-roles.js';
import type { AccountState, Server } from '../../account/ports.js';
import type { Runtime } from '../../account/runtime.js';
import { FactorError } from '../../error/factor-error.js';
import { checkSession, type LoginAboutToPass } from './check-session.js';
import { policyFor } from './login-demand.js';

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
  if (hasFactors && login.hasSession && !login.hasMasterKey) {
    throw new FactorError('invalid_input', { sentence: 'Log in without a session token.' });
  }
  server.assertNoTransaction();
  checkSession(login);
  const notes = server.notes(account.id);
  const { hasEnrolled } = notes;
  notes.hasEnrolled = false; // valid for one login
  if (hasEnrolled === true || storedAmong(account.stored, secondFactors(runtime)).length > 0) return;
  const policy = policyFor(runtime, login, account);
  if (!(await policy.demandsEnrolment([])) || (await hasOnlyPrimaries(runtime, server, account))) return;
  await policy.assert({ enrolled: [], given: [] });
}

/**
 * Whether the user has no password and nothing but primary factors of this library, or is anonymous. An anonymous user has
 * nothing but a random id.
 */
async function hasOnlyPrimaries(runtime: Runtime, server: Server, { id, stored }: AccountState): Promise<boolean> {
  const providers = Object.keys(stored).filter((key) => stored[key] !== null);
  const isAnonymous = providers.length === 1 && providers[0] === 'anonymous';
  const primaries = identityFactors(runtime);
  if (!isAnonymous && (providers.length === 0 || !providers.every((key) => primaries.includes(key)))) return false;
  return !(await server.accounts.hasPassword(id));
}
