import type { SubjectRow } from '../subject-row.js';
import type { Arguments, Kinds, Language, Outcome } from './language.js';
import type { Verb } from './verb.js';
import { VerbRules } from './verb-rules.js';

interface ValueKinds extends Kinds {
  readonly number: number;
  readonly truth: boolean;
  readonly text: string;
  readonly texts: readonly string[];
}

/** Decides at once. */
const VALUES: Language<ValueKinds> = {
  number: (value) => value,
  text: (value) => value,
  add: (a, b) => a + b,
  multiply: (a, b) => a * b,
  smaller: (a, b) => Math.min(a, b),
  larger: (a, b) => Math.max(a, b),
  powerOf2: (exponent) => 2 ** exponent,
  exceeds: (a, b) => a > b,
  isAtMost: (a, b) => a <= b,
  equals: (a, b) => a === b,
  isText: (a, b) => a === b,
  isOneOf: (text, texts) => texts.includes(text),
  all: (...conditions) => conditions.every(Boolean),
  any: (...conditions) => conditions.some(Boolean),
  not: (condition) => !condition,
  choose: (condition, whenTrue, whenFalse) => (condition ? whenTrue : whenFalse),
  chooseText: (condition, whenTrue, whenFalse) => (condition ? whenTrue : whenFalse),
};

const RULES = new VerbRules(VALUES);

/** How a verb has ended, and the row that it writes. */
export interface Decided {
  readonly outcome: Outcome;
  /** Undefined if the row stays as it is. */
  readonly written: SubjectRow | undefined;
}

/**
 * Runs a verb on a row. Returns undefined if it changes nothing and has no answer.
 *
 * @param isKnown whether there is a row of that name
 * @param given the arguments that the verb needs
 */
export function decide(verb: Verb, row: SubjectRow, isKnown: boolean, given: Partial<Arguments>): Decided | undefined {
  const { creates, unless, refusals = [], changes } = RULES[verb](row, given as Arguments);
  if ((!isKnown && !creates) || unless === true) return undefined;
  const refusal = refusals.find(({ when }) => when);
  if (refusal !== undefined) return { outcome: { refusal }, written: undefined };
  const change = changes.find(({ when }) => when !== false);
  const written = { ...row, ...change?.set };
  return { outcome: { row: written }, written };
}
