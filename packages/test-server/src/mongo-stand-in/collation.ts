import { CommandError } from './command-error.js';
import { isDocument } from './value.js';

/** Makes values that a collation calls equal the same. */
export type Fold = (value: unknown) => unknown;

/**
 * Returns how a collation folds values, or `undefined` if it compares strings exactly. Strength 2 ignores case; strength 1
 * ignores accents as well. The rules of single languages are ignored.
 */
export function foldOf(collation: unknown): Fold | undefined {
  const strength = isDocument(collation) ? (collation['strength'] ?? 3) : 3;
  if (typeof strength !== 'number' || strength > 2) return undefined;
  const foldString = (value: string): string => {
    const lower = value.normalize('NFD').toLowerCase();
    return strength === 1 ? lower.replaceAll(/\p{Mark}/gu, '') : lower;
  };
  const fold: Fold = (value) => {
    if (typeof value === 'string') return foldString(value);
    if (Array.isArray(value)) return value.map(fold);
    if (!isDocument(value)) return value;
    return Object.fromEntries(Object.entries(value).map(([name, inner]) => [name, fold(inner)]));
  };
  return fold;
}

/** Folds the operands of a filter. @throws CommandError for operators whose operand is no value to compare with */
export function foldFilter(filter: unknown, fold: Fold): unknown {
  if (filter instanceof RegExp) throw new CommandError(238, 'NotImplemented', 'regular expressions under a collation');
  if (Array.isArray(filter)) return filter.map((each) => foldFilter(each, fold));
  if (!isDocument(filter)) return fold(filter);
  const entries = Object.entries(filter).map(([name, value]) => {
    if (['$regex', '$expr', '$where', '$text'].includes(name)) {
      throw new CommandError(238, 'NotImplemented', `${name} under a collation`);
    }
    return [name, name === '$type' ? value : foldFilter(value, fold)] as const;
  });
  return Object.fromEntries(entries);
}
