import type { Factor } from '../factor/factor.js';

/** The composed factors by their keys in `auth`. */
export interface Composed {
  readonly factors: Readonly<Record<string, Factor<object>>>;
}

/** The keys of the second factors: neither what signs in alone, nor what only stands in for a factor. */
export const secondFactors = ({ factors }: Composed): string[] =>
  Object.keys(factors).filter((key) => factors[key]?.standIn === undefined && factors[key]?.signIn === undefined);

/** The keys of what signs in alone. */
export const firstFactors = ({ factors }: Composed): string[] =>
  Object.keys(factors).filter((key) => factors[key]?.signIn !== undefined);

/** The keys of what signs in alone and is linked to the user, rather than found by his fields. */
export const linkedFactors = (composed: Composed): string[] =>
  firstFactors(composed).filter((key) => composed.factors[key]?.signIn?.find === undefined);

/** The keys of what only stands in for a factor. */
export const standInFactors = ({ factors }: Composed): string[] =>
  Object.keys(factors).filter((key) => factors[key]?.standIn !== undefined);

/** Those of the keys under which something is stored. */
export const storedAmong = (authData: Readonly<Record<string, unknown>>, keys: readonly string[]): string[] =>
  keys.filter((key) => (authData[key] ?? undefined) !== undefined);

/** A change of a user's factors. */
export type FactorChange = 'enrolled' | 'replaced' | 'removed';
