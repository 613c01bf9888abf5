import type { Factor } from '../factor/factor.js';
import { identityOf, primaryOf, signsUpAlone } from '../factor/primary-sign-in.js';
import { backupFactors, type Composed, linkedFactors, secondFactors, storedAmong } from './factor-roles.js';
import { asObject } from '../validation/json-object.js';
import type { AccountState } from './ports.js';
import { changesProviders } from './provider-changes.js';
import type { StoredRecords } from './records/record-plan.js';
import type { SentCredentials } from './sent-credentials.js';
import type { StepUpOptions } from './step-up-proofs.js';

/** What a session must prove before it may enrol a factor. */
export type EnrolRequirement =
  /** Nothing. Only the first factor of an account that has no linked primary factor. */
  | { readonly kind: 'nothing' }
  /** The user must set up a second factor first. */
  | { readonly kind: 'factor-first' }
  /** No session may: an administrator issues it. */
  | { readonly kind: 'administrator' }
  /** A step-up proof. If `orRecentSignIn` is true, a recent sign-in with a second factor is enough. */
  | { readonly kind: 'step-up'; readonly proof: StepUpOptions; readonly orRecentSignIn: boolean };

/**
 * Returns what a session must prove before it may enrol a factor.
 *
 * - The first second factor needs no proof. A further one needs a step-up proof.
 * - A backup authenticator needs a second factor first, and then the proof that its `backup` option names. No session may set
 *   up one that an administrator issues.
 * - Changing a primary factor needs a proof by that same factor.
 * - Adding a primary factor beside others, or beside one that users can sign up with alone, needs a proof by one of them. A
 *   second factor does not count there: an attacker with a stolen session could have enrolled it.
 *
 * @param key the key of the factor to enrol
 */
export function requirementToEnrol(key: string, stored: StoredRecords, composed: Composed): EnrolRequirement {
  const factor = composed.factors[key];
  if (factor?.backup === 'by-administrator') return { kind: 'administrator' };
  const isAfterSignIn = factor?.backup === 'after-sign-in';
  const second = secondFactors(composed);
  const hasSecondFactor = storedAmong(stored, second).length > 0;
  if (factor?.backup !== undefined && !hasSecondFactor) return { kind: 'factor-first' };
  const isIdentity = identityOf(factor) !== undefined;
  const ways = primaryOf(factor) === undefined ? [] : isIdentity ? waysToProve(stored, composed) : waysIn(stored, composed);
  if (ways.length > 0) {
    const proof = { factors: isIdentity && ways.includes(key) ? [key] : ways };
    return { kind: 'step-up', proof, orRecentSignIn: false };
  }
  // Recovery codes can be left over without a second factor. A session still needs a proof then; only an
  // administrator can reset such an account.
  const hasBackup = storedAmong(stored, backupFactors(composed)).length > 0;
  if (!hasSecondFactor && !hasBackup) return { kind: 'nothing' };
  // Recovery codes allow a change of factors, but they do not allow a device to become trusted.
  const proof = isAfterSignIn ? { factors: second } : {};
  return { kind: 'step-up', proof, orRecentSignIn: isAfterSignIn };
}

/**
 * The keys of the user's enrolled factors that sign in without a password, if a primary factor is linked; otherwise
 * none. Adding another primary credential needs a proof by one of these. A second factor proves less: an attacker
 * with a stolen session could have enrolled it.
 */
export function waysIn(stored: StoredRecords, composed: Composed): readonly string[] {
  const linked = storedAmong(stored, linkedFactors(composed));
  if (linked.length === 0) return [];
  const isBoth = (factor: Factor<object> | undefined): boolean =>
    primaryOf(factor) !== undefined && identityOf(factor) === undefined;
  const both = Object.keys(composed.factors).filter((key) => isBoth(composed.factors[key]));
  return [...linked, ...storedAmong(stored, both)];
}

/**
 * The keys whose proof a further primary credential needs: {@link waysIn}, or else the factors that users can sign up with
 * alone. Otherwise a stolen session could give such an account a password, which keeps the owner from recovering it.
 */
function waysToProve(stored: StoredRecords, composed: Composed): readonly string[] {
  const ways = waysIn(stored, composed);
  const alone = Object.keys(composed.factors).filter((key) => signsUpAlone(composed.factors[key]) !== undefined);
  return ways.length > 0 ? ways : storedAmong(stored, alone);
}

/**
 * The keys of the factors that users can sign up with alone, if they are the only way in of a user without a password: no primary
 * factor is linked, and no other provider.
 */
export function waysInUnlessPassword(stored: StoredRecords, composed: Composed): readonly string[] {
  const beside = [...secondFactors(composed), ...backupFactors(composed)];
  // The id of an anonymous user is on one device, and is no way to sign in again.
  const keys = storedAmong(stored, Object.keys(stored)).filter((key) => key !== 'anonymous');
  return keys.every((key) => beside.includes(key)) ? keys.filter((key) => signsUpAlone(composed.factors[key]) !== undefined) : [];
}

/** Which primary credential a save adds. The rule is applied before it is known whether the user has a password. */
export type AddedWayIn = 'provider' | 'password-unless-there-is-one' | 'none';

/** Tells whether a save adds a primary credential that is not one of the composed factors: a provider, or a first password. */
export function addedWayIn(sent: SentCredentials, stored: StoredRecords, composed: Composed): AddedWayIn {
  if (waysToProve(stored, composed).length === 0) return 'none';
  const linked = Object.fromEntries(Object.entries(sent.providers).filter(([, value]) => value !== null));
  if (changesProviders(linked, stored, composed.factors)) return 'provider';
  return sent.hasPassword ? 'password-unless-there-is-one' : 'none';
}

/**
 * Tells whether a save changes the address that a link for a new password goes to. The owner of that address can set a first
 * password. An address that signs the user in already, by a code, adds nothing.
 */
export function changesResetAddress(
  { resetAddresses = {} }: SentCredentials,
  { user, stored }: Pick<AccountState, 'user' | 'stored'>,
  composed: Composed,
): boolean {
  const linked = linkedFactors(composed).map((key) => asObject(stored[key])?.['id']);
  return Object.entries(resetAddresses).some(([field, address]) => user.get(field) !== address && !linked.includes(address));
}

/** Whether a save gives the user another name. */
export const renames = ({ username }: SentCredentials, { user }: Pick<AccountState, 'user'>): boolean =>
  username !== undefined && username !== user.get('username');

/** What a save changes about an account. */
export interface SaveChanges {
  /** Keys of the composed factors that the save removes. */
  readonly removed: readonly string[];
  /** The step-up proofs that the save needs, all of them. If the save removes a factor, the last one is used up. */
  readonly proofs: readonly StepUpOptions[];
}

/** What a save finds, and what it does besides what was sent. */
export interface ChangedAccount {
  readonly stored: StoredRecords;
  /** Whether it adds a primary credential. */
  readonly addsWayIn: boolean;
  readonly isRenamed: boolean;
  /** The keys of the factors that are the user's only ways in. */
  readonly only: readonly string[];
}

/**
 * Returns which factors a save removes, and which step-up proofs it needs.
 *
 * - Removing a linked primary factor needs a proof by a linked primary factor.
 * - Removing any other factor needs any step-up proof.
 * - Linking or unlinking a provider needs a proof by a second factor, if the user has one.
 * - Removing a factor of a user who has only one way in needs a proof by that. So does another user name, as the user recovers the
 *   account by its name.
 *
 * @param account what is stored, whether the save adds a primary credential or changes the name, and the user's only ways in
 */
export function changesOfSave(
  sent: SentCredentials,
  { stored, addsWayIn, isRenamed, only }: ChangedAccount,
  composed: Composed,
): SaveChanges {
  const nulls = Object.keys(sent.providers).filter((key) => sent.providers[key] === null);
  const removed = storedAmong(
    stored,
    nulls.filter((key) => Object.hasOwn(composed.factors, key)),
  );
  const [linked, second] = [linkedFactors(composed), secondFactors(composed)];
  const hasFactor = storedAmong(stored, second).length > 0;
  const isRelinking = hasFactor && !addsWayIn && changesProviders(sent.providers, stored, composed.factors);
  const proofs: StepUpOptions[] = [];
  if (isRenamed && only.length > 0) proofs.push({ factors: only });
  if (addsWayIn) proofs.push({ factors: waysToProve(stored, composed) });
  if (removed.some((key) => linked.includes(key))) proofs.push({ factors: storedAmong(stored, linked) });
  // Recovery codes allow a change of factors, but they do not allow a provider to be linked.
  if (isRelinking) proofs.push({ factors: second });
  else if (removed.some((key) => !linked.includes(key))) proofs.push(only.length > 0 ? { factors: only } : {});
  return { removed, proofs };
}

/**
 * Returns the addresses that a save changes, by field.
 *
 * @param account the row before the save
 */
export const changedAddresses = ({ addresses = {} }: SentCredentials, { user }: Pick<AccountState, 'user'>): string[] =>
  Object.keys(addresses).filter((field) => (user.get(field) ?? null) !== addresses[field]);

/**
 * Returns the step-up proofs that a session needs for what an application protects, if the user has a second factor. Recovery
 * codes allow a change of factors, but not these.
 *
 * @param names the protected fields; `password` is the password, and `username` the user name
 */
export function proofsToChange(
  names: readonly string[],
  sent: SentCredentials,
  { account, composed }: { readonly account: Pick<AccountState, 'user' | 'stored'>; readonly composed: Composed },
): StepUpOptions[] {
  const changed = [
    ...changedAddresses(sent, account),
    ...(sent.hasPassword ? ['password'] : []),
    ...(renames(sent, account) ? ['username'] : []),
  ];
  const second = secondFactors(composed);
  const isProtected = names.some((name) => changed.includes(name)) && storedAmong(account.stored, second).length > 0;
  return isProtected ? [{ factors: second }] : [];
}
