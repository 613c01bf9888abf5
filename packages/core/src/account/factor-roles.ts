import type { BackupIssue, Factor } from '../factor/factor.js';
import { identityOf } from '../factor/primary-sign-in.js';

/** The composed factors by their keys in `auth`. */
export interface Composed {
  readonly factors: Readonly<Record<string, Factor<object>>>;
}

/** The keys of the second factors. Backup authenticators and pure primary factors are not among them. */
export const secondFactors = ({ factors }: Composed): string[] =>
  Object.keys(factors).filter((key) => factors[key]?.backup === undefined && identityOf(factors[key]) === undefined);

/** The keys of the pure primary factors, which cannot be second factors. */
export const identityFactors = ({ factors }: Composed): string[] =>
  Object.keys(factors).filter((key) => identityOf(factors[key]) !== undefined);

/** The keys of the pure primary factors that are linked to a user. Those that look the user up by fields are not among them. */
export const linkedFactors = (composed: Composed): string[] =>
  identityFactors(composed).filter((key) => composed.factors[key]?.primary?.lookUp === undefined);

/** The keys of a user's stored factors that protect the account: second factors, and linked primary factors. */
export const protectingFactors = (composed: Composed, stored: Readonly<Record<string, unknown>>): string[] =>
  storedAmong(stored, [...secondFactors(composed), ...linkedFactors(composed)]);

/** The keys of the backup authenticators. */
export const backupFactors = ({ factors }: Composed): string[] =>
  Object.keys(factors).filter((key) => factors[key]?.backup !== undefined);

/** The keys of the backup authenticators that an administrator issues. */
export const helpFactors = ({ factors }: Composed): string[] =>
  Object.keys(factors).filter((key) => factors[key]?.backup === 'by-administrator');

/** The kinds of backup authenticators. Each replaces at least what those after it replace. */
const KINDS: readonly BackupIssue[] = ['by-administrator', 'after-step-up', 'after-sign-in'];

/**
 * The kind of backup authenticator among these keys; undefined for none. Only one counts for a login, so of several it is the
 * one that replaces most.
 */
export function backupOf({ factors }: Composed, keys: readonly string[]): BackupIssue | undefined {
  const kinds = keys.map((key) => factors[key]?.backup);
  return KINDS.find((kind) => kinds.includes(kind));
}

/** Returns those keys that have a stored record. */
export const storedAmong = (stored: Readonly<Record<string, unknown>>, keys: readonly string[]): string[] =>
  keys.filter((key) => (stored[key] ?? undefined) !== undefined);

/** A change of a user's factors. */
export type FactorChange = 'enrolled' | 'replaced' | 'removed';
