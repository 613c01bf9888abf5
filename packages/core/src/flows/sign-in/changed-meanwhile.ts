import { markOf } from '../../account/records/enrolment-record.js';
import { EnrolmentSealer } from '../../account/records/enrolment-sealer.js';
import { type FactorChange, linkedFactors, secondFactors } from '../../account/factor-roles.js';
import type { AccountState, Server } from '../../account/ports.js';
import type { Runtime } from '../../account/runtime.js';
import { sameEnrolment } from '../../factor/enrolment-lifecycle.js';
import type { Factor } from '../../factor/factor.js';

/**
 * Returns the change of a user's factors during a login, if it must end sessions; undefined otherwise. Records that the login
 * itself has written, such as a counter, do not count.
 *
 * @param before the account as the login has read it
 * @param now the account as it is stored
 */
export function changedMeanwhile(
  runtime: Runtime,
  server: Server,
  { before, now }: { readonly before: AccountState; readonly now: AccountState },
): FactorChange | undefined {
  const { written } = server.notes(now.id);
  const nothing = markOf(undefined);
  const changes = [...secondFactors(runtime), ...linkedFactors(runtime)].map((key): FactorChange | undefined => {
    const [first, last] = [before.stored[key], now.stored[key]];
    const [from, to] = [markOf(first), markOf(last)];
    if (to === from || to === written.get(key)) return undefined;
    if (from === nothing) return 'enrolled';
    if (to === nothing) return 'removed';
    return isSameEnrolment(runtime, server, { account: now, key }, [first, last]) ? undefined : 'replaced';
  });
  return changes.find((change) => change !== undefined && runtime.revokeSessionsOn.includes(change));
}

function isSameEnrolment(
  runtime: Runtime,
  { appId }: Server,
  { account, key }: { readonly account: AccountState; readonly key: string },
  [first, last]: readonly [unknown, unknown],
): boolean {
  const factor: Factor<object> | undefined = runtime.factors[key];
  const owner = { appId, userId: account.id, key, createdAt: account.user.get('createdAt') };
  const records = new EnrolmentSealer(runtime, owner, factor);
  try {
    return factor !== undefined && sameEnrolment(factor, records.open(first).enrolment, records.open(last).enrolment);
  } catch {
    return false;
  }
}
