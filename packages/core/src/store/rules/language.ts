import type { SubjectRow } from '../subject-row.js';

/** How a language writes its values. In TypeScript a number is a `number`; in SQL it is the text of an expression. */
export interface Kinds {
  readonly number: unknown;
  readonly truth: unknown;
  readonly text: unknown;
  readonly texts: unknown;
}

/**
 * What the rules of the verbs are written with. Each store has a language of its own: TypeScript decides at once, SQL and
 * MongoDB build a statement that decides in the database. So there is one copy of the rules for all stores.
 */
export interface Language<K extends Kinds> {
  number(value: number): K['number'];
  text(value: string): K['text'];
  add(a: K['number'], b: K['number']): K['number'];
  multiply(a: K['number'], b: K['number']): K['number'];
  smaller(a: K['number'], b: K['number']): K['number'];
  larger(a: K['number'], b: K['number']): K['number'];
  /** 2 to the power of `exponent`. */
  powerOf2(exponent: K['number']): K['number'];
  /** `a > b` */
  exceeds(a: K['number'], b: K['number']): K['truth'];
  /** `a <= b` */
  isAtMost(a: K['number'], b: K['number']): K['truth'];
  equals(a: K['number'], b: K['number']): K['truth'];
  isText(a: K['text'], b: K['text']): K['truth'];
  isOneOf(text: K['text'], texts: K['texts']): K['truth'];
  all(...conditions: readonly K['truth'][]): K['truth'];
  any(...conditions: readonly K['truth'][]): K['truth'];
  not(condition: K['truth']): K['truth'];
  /** `whenTrue` if the condition holds, otherwise `whenFalse`. */
  choose(condition: K['truth'], whenTrue: K['number'], whenFalse: K['number']): K['number'];
  /** The same for texts. */
  chooseText(condition: K['truth'], whenTrue: K['text'], whenFalse: K['text']): K['text'];
}

/** A row, as a language writes it. */
export type RowOf<K extends Kinds> = {
  readonly [Name in keyof SubjectRow]: SubjectRow[Name] extends string ? K['text'] : K['number'];
};

/** What callers give to verbs, by name. */
export interface Arguments {
  /** The time in epoch milliseconds. */
  readonly now: number;
  readonly digest: string;
  readonly digests: readonly string[];
  readonly expiresAt: number;
  readonly cooldownMs: number;
  /** A code that was made later than this is too recent: `now - cooldownMs`. Never reached if there is no cooldown. */
  readonly cooledSince: number;
  readonly limit1: number;
  readonly windowMs1: number;
  readonly limit2: number;
  readonly windowMs2: number;
  readonly maxAttempts: number;
  readonly maxFailures: number;
  readonly lockMs: number;
  readonly maxLockMs: number;
  readonly mark: number;
}

/** The name of an argument. */
export type ArgumentName = keyof Arguments;

const NAMES: readonly ArgumentName[] = [
  'now',
  'digest',
  'digests',
  'expiresAt',
  'cooldownMs',
  'cooledSince',
  'limit1',
  'windowMs1',
  'limit2',
  'windowMs2',
  'maxAttempts',
  'maxFailures',
  'lockMs',
  'maxLockMs',
  'mark',
];

/** The arguments of a verb, as a language writes them. */
export type Given<K extends Kinds, Name extends ArgumentName = ArgumentName> = {
  readonly [Each in Name]: Arguments[Each] extends string ? K['text'] : Arguments[Each] extends number ? K['number'] : K['texts'];
};

/** Returns the arguments of a verb. `write` writes one, when a rule asks for it. */
export function argumentsBy<K extends Kinds>(write: (name: ArgumentName) => K[keyof K]): Given<K> {
  const getters = NAMES.map((name) => [name, { get: () => write(name), enumerable: true }] as const);
  return Object.defineProperties({}, Object.fromEntries(getters)) as Given<K>;
}

/** Why a verb refuses. */
export type Reason = 'locked' | 'cooldown' | 'full';

/** When a verb refuses, and why. */
export interface Refusal<K extends Kinds> {
  readonly when: K['truth'];
  readonly reason: Reason;
  /** Until when it does so, in epoch milliseconds. */
  readonly until: K['number'];
}

/** A change of the row. */
export interface Change<K extends Kinds> {
  /** When it is made, if no earlier one is. The last has no condition. */
  readonly when?: K['truth'];
  /** The columns that change. */
  readonly set: Partial<RowOf<K>>;
}

/** What a verb decides about a row. */
export interface Decision<K extends Kinds> {
  /** Whether the verb makes the row where there is none. Otherwise it then changes nothing and has no answer. */
  readonly creates: boolean;
  /** When the verb changes nothing and has no answer. */
  readonly unless?: K['truth'];
  /** When it refuses. The first that applies counts. */
  readonly refusals?: readonly Refusal<K>[];
  /** What it changes otherwise. */
  readonly changes: readonly Change<K>[];
}

/** How a verb has ended: with the row as it is now, or with a refusal. */
export type Outcome = { readonly row: ResultRow } | { readonly refusal: { readonly reason: Reason; readonly until: number } };

/** The columns that the result of a verb depends on. */
export type ResultRow = Pick<SubjectRow, 'digest' | 'codeExpiresAt' | 'attempts' | 'mark' | 'lockedUntil'>;

/** The names of these columns, in order. */
export const RESULT_COLUMNS: readonly (keyof ResultRow)[] = ['digest', 'codeExpiresAt', 'attempts', 'mark', 'lockedUntil'];
