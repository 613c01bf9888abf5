import type { PrimaryFactor } from '../factor/primary-factor.js';
import { primaryOf } from '../factor/primary-sign-in.js';
import { namesUser } from '../validation/payload.js';
import { type Composed, secondFactors, backupFactors } from './factor-roles.js';
import type { AccountState } from './ports.js';

/** Neither is the key of a factor or a provider. */
const PROVIDERS: PrimaryFactor = { name: 'other-providers', group: 'other-providers' };

/** Several in one login. Users who have only one of them never count here. */
const SEVERAL: PrimaryFactor = { name: 'several-factors', group: 'several-factors' };

/** A provider that is none of ours: a challenge does not say by which of them it was asked for. */
export const OTHER_PROVIDER: PrimaryFactor = PROVIDERS;

/** The primary factor under the key of a factor or a provider. */
export const primaryFactor = (key: string, { factors }: Composed): PrimaryFactor => ({
  name: key,
  group: Object.hasOwn(factors, key) ? key : PROVIDERS.group,
});

/**
 * What a login gives in place of the password; undefined for the password. All of it is verified before anything is counted.
 *
 * @param sent by provider
 */
export function primaryOfLogin(sent: Readonly<Record<string, unknown>>, composed: Composed): PrimaryFactor | undefined {
  const beside = [...secondFactors(composed), ...backupFactors(composed)];
  const given = Object.entries(sent).filter(
    ([key, payload]) => payload !== null && (!beside.includes(key) || namesUser(payload)),
  );
  const [only] = given;
  if (only === undefined) return undefined;
  return given.length > 1 ? SEVERAL : primaryFactor(only[0], composed);
}

/**
 * Every primary factor by which the user may have been counted, the password left out.
 *
 * @param providers the keys of the option `auth`
 */
export function primariesOf(
  providers: readonly string[],
  { stored }: Pick<AccountState, 'stored'>,
  { factors }: Composed,
): readonly PrimaryFactor[] {
  const keys = new Set([...providers, ...Object.keys(factors), ...Object.keys(stored)]);
  const canComeFirst = (key: string): boolean => !Object.hasOwn(factors, key) || primaryOf(factors[key]) !== undefined;
  return [...[...keys].filter(canComeFirst).map((key) => primaryFactor(key, { factors })), PROVIDERS, SEVERAL];
}
