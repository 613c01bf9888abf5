import { markOf } from '../account/enrolment-record.js';
import { EnrolmentRecords } from '../account/enrolment-sealer.js';
import { type FactorChange, linkedFactors, secondFactors } from '../account/factor-roles.js';
import type { FactorUser } from '../factor/context.js';
import type { Factor } from '../factor/factor.js';
import { traceOf } from '../parse/login-trace.js';
import type { HookConfig } from '../parse/parse-types.js';
import { authDataOf } from '../parse/parse-user.js';
import type { FactorRuntime } from './runtime.js';

/**
 * What has changed about a user's factors while a login was under way, and ends sessions; undefined for nothing. What the
 * login itself has stored, such as a counter, is no change.
 *
 * @param before the row as the login has read it
 * @param now the row as it is stored
 */
export function changeSince(
  runtime: FactorRuntime,
  config: HookConfig,
  { before, now }: { readonly before: FactorUser; readonly now: FactorUser },
): FactorChange | undefined {
  const { written } = traceOf(config, now.id);
  const nothing = markOf(undefined);
  const changes = [...secondFactors(runtime), ...linkedFactors(runtime)].map((key): FactorChange | undefined => {
    const [first, last] = [authDataOf(before)[key], authDataOf(now)[key]];
    const [from, to] = [markOf(first), markOf(last)];
    if (to === from || to === written.get(key)) return undefined;
    if (from === nothing) return 'enrolled';
    if (to === nothing) return 'removed';
    return isSameEnrolment(runtime, { config, user: now, key }, [first, last]) ? undefined : 'replaced';
  });
  return changes.find((change) => change !== undefined && runtime.revokeSessionsOn.includes(change));
}

function isSameEnrolment(
  runtime: FactorRuntime,
  { config, user, key }: { readonly config: HookConfig; readonly user: FactorUser; readonly key: string },
  [first, last]: readonly [unknown, unknown],
): boolean {
  const factor: Factor<object> | undefined = runtime.factors[key];
  const owner = { appId: config.appId, userId: user.id, key, createdAt: user.get('createdAt') };
  const records = new EnrolmentRecords(runtime, owner, factor);
  try {
    return factor?.isSame(records.open(first).enrolment, records.open(last).enrolment) === true;
  } catch {
    return false;
  }
}
