import type { AttemptBucket } from '../factor/attempt-bucket.js';
import { primaryOf } from '../factor/primary-sign-in.js';
import { namesUser } from '../validation/payload.js';
import { backupFactors, type Composed, secondFactors } from './factor-roles.js';
import type { AccountState } from './ports.js';

/** Counts logins by providers that are not composed factors. No factor or provider has this key. */
const PROVIDERS: AttemptBucket = { name: 'other-providers', group: 'other-providers' };

/** Counts logins that send several primary credentials. A user who has only one of them is never counted here. */
const SEVERAL: AttemptBucket = { name: 'several-factors', group: 'several-factors' };

/** The primary factor of a login by any other provider. A challenge does not know which of them was used. */
export const OTHER_PROVIDERS: AttemptBucket = PROVIDERS;

/** Counts answers of second factors that a new password needs. They lock no login. */
export const PASSWORD_RESET: AttemptBucket = { name: 'password-reset', group: 'password-reset', isApart: true };

/** Returns the primary factor under the key of a factor or a provider. */
export const bucketOf = (key: string, { factors }: Composed): AttemptBucket => ({
  name: key,
  group: Object.hasOwn(factors, key) ? key : PROVIDERS.group,
});

/**
 * Returns what a login sends in place of the password; undefined for the password. Every credential is verified
 * before an attempt is counted.
 *
 * @param sent the credentials by provider
 */
export function bucketOfLogin(sent: Readonly<Record<string, unknown>>, composed: Composed): AttemptBucket | undefined {
  const beside = [...secondFactors(composed), ...backupFactors(composed)];
  const primaries = Object.entries(sent).filter(
    ([key, payload]) => payload !== null && (!beside.includes(key) || namesUser(payload)),
  );
  const [only] = primaries;
  if (only === undefined) return undefined;
  return primaries.length > 1 ? SEVERAL : bucketOf(only[0], composed);
}

/**
 * Returns every primary factor under which the user's attempts may have been counted, except the password.
 *
 * @param providers the keys of the option `auth`
 */
export function bucketsOf(
  providers: readonly string[],
  { stored }: Pick<AccountState, 'stored'>,
  { factors }: Composed,
): readonly AttemptBucket[] {
  const keys = new Set([...providers, ...Object.keys(factors), ...Object.keys(stored)]);
  const canComeFirst = (key: string): boolean => !Object.hasOwn(factors, key) || primaryOf(factors[key]) !== undefined;
  return [...[...keys].filter(canComeFirst).map((key) => bucketOf(key, { factors })), PROVIDERS, SEVERAL, PASSWORD_RESET];
}
