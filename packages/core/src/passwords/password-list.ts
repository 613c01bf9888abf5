import type { PasswordCheck } from '../account/password-check.js';
import { FactorConfigError } from '../error/config-error.js';

const MAX_WORDS = 1_000_000;

/**
 * Refuses passwords that are in a list of your own, such as common passwords or the name of your app, for the option
 * `passwordCheck`. Case, full-width characters, and spaces around a word do not matter. The list is kept in memory.
 *
 * @param words 1 to 1,000,000 different words, such as the lines of a file; empty ones are left out
 * @throws FactorConfigError for another number of words, or what is no string
 * @example
 * ```ts
 * import { passwordList } from '@parse-factors/core';
 *
 * export const passwordCheck = passwordList(['acme', 'acme2027', 'correct horse battery staple']);
 * ```
 */
export function passwordList(words: Iterable<string>): PasswordCheck {
  const refused = new Set<string>();
  for (const word of isIterable(words) ? words : [undefined]) {
    if (typeof word !== 'string') throw notWords();
    if (word.trim() !== '') refused.add(formOf(word));
    if (refused.size > MAX_WORDS) throw notWords();
  }
  if (refused.size === 0) throw notWords();
  return (password) => !refused.has(formOf(password));
}

const isIterable = (value: unknown): value is Iterable<unknown> =>
  typeof value === 'object' && value !== null && typeof Reflect.get(value, Symbol.iterator) === 'function';

const notWords = (): FactorConfigError => new FactorConfigError(`passwordList: the words must be 1 to ${MAX_WORDS} strings`);

/** The form in which passwords are compared. */
const formOf = (word: string): string => word.normalize('NFKC').trim().toLowerCase();
