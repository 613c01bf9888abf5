import { secondFactors, storedAmong } from '../../account/factor-roles.js';
import type { UserPolicy } from '../../account/login-policy.js';
import type { AccountState, Server } from '../../account/ports.js';
import type { Runtime } from '../../account/runtime.js';

/** Returns the login policy for one user. It reads their roles once. */
export function policyFor({ policy }: Runtime, { roles }: Server, { id, user }: AccountState): UserPolicy {
  return policy.forUser({ user, roles: () => roles.namesOf(id) });
}

/** Whether the user must now set up more factors than they have. */
export function demandsEnrolment(runtime: Runtime, server: Server, account: AccountState): Promise<boolean> {
  const enrolled = storedAmong(account.stored, secondFactors(runtime));
  return policyFor(runtime, server, account).demandsEnrolment(enrolled);
}
