import type { Factor } from '../factor/factor.js';
import { identityOf } from '../factor/primary-sign-in.js';

/** The composed factors by their keys in `auth`. */
export interface Composed {
  readonly factors: Readonly<Record<string, Factor<object>>>;
}

/** The keys of the second factors: neither what is a primary factor only, nor backup authenticators. */
export const secondFactors = ({ factors }: Composed): string[] =>
  Object.keys(factors).filter((key) => factors[key]?.backup === undefined && identityOf(factors[key]) === undefined);

/** The keys of what is a primary factor only. */
export const primaryFactors = ({ factors }: Composed): string[] =>
  Object.keys(factors).filter((key) => identityOf(factors[key]) !== undefined);

/** The keys of what is a primary factor only and is linked to the user, rather than found by the user's fields. */
export const linkedFactors = (composed: Composed): string[] =>
  primaryFactors(composed).filter((key) => composed.factors[key]?.primary?.lookUp === undefined);

/** The keys of backup authenticators. */
export const backupFactors = ({ factors }: Composed): string[] =>
  Object.keys(factors).filter((key) => factors[key]?.backup !== undefined);

/** Those of the keys under which something is stored. */
export const storedAmong = (stored: Readonly<Record<string, unknown>>, keys: readonly string[]): string[] =>
  keys.filter((key) => (stored[key] ?? undefined) !== undefined);

/** A change of a user's factors. */
export type FactorChange = 'enrolled' | 'replaced' | 'removed';
