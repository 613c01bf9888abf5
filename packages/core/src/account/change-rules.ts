import type { Factor } from '../factor/factor.js';
import { identityOf, primaryOf } from '../factor/primary-sign-in.js';
import { type Composed, linkedFactors, secondFactors, backupFactors, storedAmong } from './factor-roles.js';
import { changesProviders } from './provider-changes.js';
import type { StoredRecords } from './record-plan.js';
import type { SentCredentials } from './sent-credentials.js';
import type { StepUpOptions } from './step-up-proofs.js';

/** What a session must have shown before it may set something up. */
export type EnrolRequirement =
  /** Nothing: the first factor of an account that has no other way in. */
  | { readonly kind: 'nothing' }
  /** A factor has to be set up first. */
  | { readonly kind: 'factor-first' }
  /** A step-up proof; where `orRecentSignIn`, a recent login with a factor will do. */
  | { readonly kind: 'step-up'; readonly proof: StepUpOptions; readonly orRecentSignIn: boolean };

/**
 * What it takes to set a factor up. The first second factor of a user takes nothing; anything beside it takes a proof by one.
 * A backup authenticator takes a factor, and as much proof as it says. A primary factor is changed with a proof of what it
 * was before, and added beside others with a proof of one of them: a stolen session may have set up the second factor.
 *
 * @param key that of what is set up
 */
export function requirementToEnrol(key: string, stored: StoredRecords, composed: Composed): EnrolRequirement {
  const factor = composed.factors[key];
  const isAfterSignIn = factor?.backup === 'after-sign-in';
  const second = secondFactors(composed);
  const hasSecondFactor = storedAmong(stored, second).length > 0;
  if (factor?.backup !== undefined && !hasSecondFactor) return { kind: 'factor-first' };
  const ways = primaryOf(factor) === undefined ? [] : waysIn(stored, composed);
  if (ways.length > 0) {
    const proof = { factors: identityOf(factor) !== undefined && ways.includes(key) ? [key] : ways };
    return { kind: 'step-up', proof, orRecentSignIn: false };
  }
  // Recovery codes left by themselves are no account without a factor: only an administrator ends that.
  const hasBackup = storedAmong(stored, backupFactors(composed)).length > 0;
  if (!hasSecondFactor && !hasBackup) return { kind: 'nothing' };
  // A recovery code changes factors, and trusts no device.
  const proof = isAfterSignIn ? { factors: second } : {};
  return { kind: 'step-up', proof, orRecentSignIn: isAfterSignIn };
}

/**
 * The keys of what signs the user in with nothing before it, where a primary factor is linked: another way in is added with a
 * proof of one of these. A second factor proves less, as a stolen session may have set up the first one.
 */
export function waysIn(stored: StoredRecords, composed: Composed): readonly string[] {
  const linked = storedAmong(stored, linkedFactors(composed));
  if (linked.length === 0) return [];
  const isBoth = (factor: Factor<object> | undefined): boolean =>
    primaryOf(factor) !== undefined && identityOf(factor) === undefined;
  const both = Object.keys(composed.factors).filter((key) => isBoth(composed.factors[key]));
  return [...linked, ...storedAmong(stored, both)];
}

/** What a save does to the ways in of an account, before it is known whether the user has a password. */
export type AddedWayIn = 'provider' | 'password-unless-there-is-one' | 'none';

/** Whether a save gives the user another way in than our factors: a provider, or a first password. */
export function addedWayIn(sent: SentCredentials, stored: StoredRecords, composed: Composed): AddedWayIn {
  if (waysIn(stored, composed).length === 0) return 'none';
  const linked = Object.fromEntries(Object.entries(sent.providers).filter(([, value]) => value !== null));
  if (changesProviders(linked, stored, composed.factors)) return 'provider';
  return sent.hasPassword ? 'password-unless-there-is-one' : 'none';
}

/** What a save changes about an account. */
export interface SaveChanges {
  /** Keys of our factors that the save removes. */
  readonly removed: readonly string[];
  /** The step-up proofs that it takes, each of them; the last one is used up where something is removed. */
  readonly proofs: readonly StepUpOptions[];
}

/**
 * What a save removes, and what it takes. A primary factor goes with a proof by a primary factor; everything else with any
 * proof that counts. Beside a second factor, a provider is linked or unlinked with a proof by one.
 *
 * @param addsWayIn whether the save gives the user another way in
 */
export function changesOfSave(sent: SentCredentials, stored: StoredRecords, composed: Composed, addsWayIn: boolean): SaveChanges {
  const nulls = Object.keys(sent.providers).filter((key) => sent.providers[key] === null);
  const removed = storedAmong(
    stored,
    nulls.filter((key) => Object.hasOwn(composed.factors, key)),
  );
  const [linked, second] = [linkedFactors(composed), secondFactors(composed)];
  const hasFactor = storedAmong(stored, second).length > 0;
  const isRelinking = hasFactor && !addsWayIn && changesProviders(sent.providers, stored, composed.factors);
  const proofs: StepUpOptions[] = [];
  if (addsWayIn) proofs.push({ factors: waysIn(stored, composed) });
  if (removed.some((key) => linked.includes(key))) proofs.push({ factors: storedAmong(stored, linked) });
  // A recovery code changes factors, and links nothing.
  if (isRelinking) proofs.push({ factors: second });
  else if (removed.some((key) => !linked.includes(key))) proofs.push({});
  return { removed, proofs };
}
