import type { Arguments, Given, Kinds, Language, RowOf } from '../../store/rules/language.js';
import type { Verb } from '../../store/rules/verb.js';
import { VerbRules } from '../../store/rules/verb-rules.js';
import { writtenColumns } from '../../store/rules/written-columns.js';
import { type Column, COLUMNS, EMPTY_ROW } from '../../store/subject-row.js';

/** Every value is an expression of MongoDB's aggregation language. */
type Expression = number | string | boolean | { readonly [operator: string]: unknown };

interface MongoKinds extends Kinds {
  readonly number: Expression;
  readonly truth: Expression;
  readonly text: Expression;
  readonly texts: Expression;
}

/** A text as it is. Without this, MongoDB would read one that begins with `$` as the name of a field. */
const literal = (value: unknown): Expression => ({ $literal: value });

const choose = (condition: Expression, whenTrue: Expression, whenFalse: Expression): Expression =>
  whenTrue === whenFalse ? whenTrue : { $cond: [condition, whenTrue, whenFalse] };

const MONGO: Language<MongoKinds> = {
  number: (value) => value,
  text: literal,
  // What depends on nothing but the arguments is calculated before the update is sent.
  add: (a, b) => (typeof a === 'number' && typeof b === 'number' ? a + b : { $add: [a, b] }),
  multiply: (a, b) => ({ $multiply: [a, b] }),
  smaller: (a, b) => (typeof a === 'number' && typeof b === 'number' ? Math.min(a, b) : { $min: [a, b] }),
  larger: (a, b) => (typeof a === 'number' && typeof b === 'number' ? Math.max(a, b) : { $max: [a, b] }),
  powerOf2: (exponent) => ({ $pow: [2, exponent] }),
  exceeds: (a, b) => ({ $gt: [a, b] }),
  isAtMost: (a, b) => ({ $lte: [a, b] }),
  equals: (a, b) => ({ $eq: [a, b] }),
  isText: (a, b) => ({ $eq: [a, b] }),
  isOneOf: (text, texts) => ({ $in: [text, texts] }),
  all: (...conditions) => ({ $and: conditions }),
  any: (...conditions) => ({ $or: conditions }),
  not: (condition) => ({ $not: [condition] }),
  choose,
  chooseText: choose,
};

const RULES = new VerbRules(MONGO);

/** The row that is there, and the empty row where there is none. */
const STORED = Object.fromEntries(
  COLUMNS.map((column) => [column, { $ifNull: [`$${column}`, EMPTY_ROW[column]] }]),
) as unknown as RowOf<MongoKinds>;

/** The arguments of `findOneAndUpdate` for a verb. */
export interface MongoUpdate {
  readonly pipeline: readonly object[];
  readonly upsert: boolean;
}

/** Builds the one update of a verb. The database decides on the newest version of the row. */
export function mongoUpdate(verb: Verb, given: Partial<Arguments>): MongoUpdate {
  const values = Object.fromEntries(
    Object.entries(given).map(([argument, value]) => [argument, typeof value === 'number' ? value : literal(value)]),
  ) as Given<MongoKinds>;
  const decision = RULES[verb](STORED, values);
  const { columns, refused } = writtenColumns<MongoKinds>(MONGO, decision, STORED);
  // Not in the filter: where a row does not match it, an upsert would try to make a second one.
  const kept = Object.entries(columns).map(([column, value]) => [
    column,
    refused === undefined ? value : choose(refused, STORED[column as Column], value),
  ]);
  return { pipeline: [{ $set: { ...DATES, ...Object.fromEntries(kept) } }], upsert: decision.creates };
}

/** When the row was made, as Parse Server writes it. */
const DATES = Object.fromEntries(['_created_at', '_updated_at'].map((name) => [name, { $ifNull: [`$${name}`, '$$NOW'] }]));
