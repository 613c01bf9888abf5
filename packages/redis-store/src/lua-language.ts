import type { Kinds, Language } from '@parse-factors/core/store';

/** Every value is the text of an expression of Lua 5.1. */
export interface LuaKinds extends Kinds {
  readonly number: string;
  readonly truth: string;
  readonly text: string;
  /** The position of the first of the texts among the arguments. They are the last ones. */
  readonly texts: string;
}

/** Lua has no such expression. It is safe because numbers and texts are never false, not even zero and the empty one. */
const choose = (condition: string, whenTrue: string, whenFalse: string): string =>
  `(${condition} and ${whenTrue} or ${whenFalse})`;

/** Writes the rules of the verbs in Lua. */
export const LUA: Language<LuaKinds> = {
  number: (value) => String(value),
  text: (value) => JSON.stringify(value),
  add: (a, b) => `(${a} + ${b})`,
  multiply: (a, b) => `(${a} * ${b})`,
  smaller: (a, b) => `math.min(${a}, ${b})`,
  larger: (a, b) => `math.max(${a}, ${b})`,
  powerOf2: (exponent) => `(2 ^ ${exponent})`,
  exceeds: (a, b) => `(${a} > ${b})`,
  isAtMost: (a, b) => `(${a} <= ${b})`,
  equals: (a, b) => `(${a} == ${b})`,
  isText: (a, b) => `(${a} == ${b})`,
  isOneOf: (text, first) => `isAmongArguments(${text}, ${first})`,
  all: (...conditions) => `(${conditions.join(' and ')})`,
  any: (...conditions) => `(${conditions.join(' or ')})`,
  not: (condition) => `(not ${condition})`,
  choose,
  chooseText: choose,
};
