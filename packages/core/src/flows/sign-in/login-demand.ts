import { PastSignIns } from '../../account/devices/past-sign-ins.js';
import { secondFactors, storedAmong } from '../../account/factor-roles.js';
import type { UserPolicy } from '../../account/login-policy.js';
import type { AccountState, ServerRequest } from '../../account/ports.js';
import type { Runtime } from '../../account/runtime.js';

/** Returns the login policy for one user in one request. It reads their roles once. */
export function policyFor(runtime: Runtime, request: ServerRequest, { id, user }: AccountState): UserPolicy {
  const { server, client } = request;
  const { ip, headers, installationId } = client;
  const past = new PastSignIns(runtime, request, id);
  return runtime.policy.forUser({
    user,
    roles: () => server.roles.namesOf(id),
    ip,
    headers,
    installationId,
    now: runtime.clock(),
    signIns: () => past.list(),
    lastSignIn: () => past.last(),
    isKnownDevice: async () => (await past.list()).some(({ isThisDevice }) => isThisDevice),
  });
}

/** Whether a login may now set up this factor, because the policy demands it of the user. */
export function mayEnrol(key: string, runtime: Runtime, request: ServerRequest, account: AccountState): Promise<boolean> {
  const enrolled = storedAmong(account.stored, secondFactors(runtime));
  return policyFor(runtime, request, account).mayEnrol(enrolled, [key]);
}
