import { linkedFactors, storedAmong } from '../account/factor-roles.js';
import { relinks } from '../account/provider-changes.js';
import type { FactorUser } from '../factor/context.js';
import type { HookConfig } from '../parse/parse-types.js';
import { authDataOf, hasPassword } from '../parse/parse-user.js';
import type { Given } from '../parse/sent-credentials.js';
import type { FactorRuntime } from './runtime.js';

type Composed = Pick<FactorRuntime, 'factors'>;

/**
 * The keys of what signs the user in alone, where something is linked that does: another way in is added with a
 * proof of one of these. A second factor proves less, as a stolen session may have set up the first one.
 */
export function waysIn(runtime: Composed, authData: Readonly<Record<string, unknown>>): readonly string[] {
  const linked = storedAmong(authData, linkedFactors(runtime));
  if (linked.length === 0) return [];
  const alone = Object.keys(runtime.factors).filter((key) => runtime.factors[key]?.alone !== undefined);
  return [...linked, ...storedAmong(authData, alone)];
}

/** What has to be proven, one of them, to give the user a first password or another provider than those of ours; none otherwise. */
export async function waysToProve(
  runtime: Composed,
  config: HookConfig,
  user: FactorUser,
  given: Given,
): Promise<readonly string[]> {
  const ways = waysIn(runtime, authDataOf(user));
  const linked = Object.fromEntries(Object.entries(given.authData).filter(([, value]) => value !== null));
  const isAdding =
    ways.length > 0 &&
    (relinks(linked, authDataOf(user), runtime.factors) || (given.hasPassword && !(await hasPassword(config, user.id))));
  return isAdding ? ways : [];
}
