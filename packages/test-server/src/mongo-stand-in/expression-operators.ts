import { CommandError } from './command-error.js';
import { evaluate, isTruthy, type Scope } from './expression.js';
import { asDocument, compareValues, isDocument, typeName } from './value.js';

type Operator = (operand: unknown, scope: Scope) => unknown;

const asList = (operand: unknown): unknown[] => (Array.isArray(operand) ? operand : [operand]);

/** The operands, evaluated one by one. An absent value stays `undefined`, unlike in an array. */
const operands = (operand: unknown, scope: Scope): unknown[] => asList(operand).map((each) => evaluate(each, scope));

const isNullish = (value: unknown): boolean => value === undefined || value === null;

function pair(name: string, operand: unknown, scope: Scope): readonly [unknown, unknown] {
  const values = operands(operand, scope);
  if (values.length === 2) return [values[0], values[1]];
  const message = `Expression ${name} takes exactly 2 arguments. ${values.length} were passed in.`;
  throw new CommandError(16_020, 'Location16020', message);
}

const wrongType = (name: string, value: unknown): CommandError =>
  new CommandError(14, 'TypeMismatch', `${name} only supports numeric types, not ${typeName(value)}`);

function toNumber(name: string, value: unknown): number {
  if (typeof value !== 'number') throw wrongType(name, value);
  return value;
}

const comparison =
  (name: string, decide: (order: number) => unknown): Operator =>
  (operand, scope) =>
    decide(compareValues(...pair(name, operand, scope)));

const arithmetic =
  (name: string, work: (a: number, b: number) => number): Operator =>
  (operand, scope) => {
    const [a, b] = pair(name, operand, scope);
    return isNullish(a) || isNullish(b) ? null : work(toNumber(name, a), toNumber(name, b));
  };

const rounding =
  (name: string, work: (value: number) => number): Operator =>
  (operand, scope) => {
    const [value] = operands(operand, scope);
    return isNullish(value) ? null : work(toNumber(name, value));
  };

const add: Operator = (operand, scope) => {
  const values = operands(operand, scope);
  if (values.some(isNullish)) return null;
  const dates = values.filter((value) => value instanceof Date);
  if (dates.length > 1) throw new CommandError(16_612, 'Location16612', 'only one date allowed in an $add expression');
  const sum = values.reduce<number>(
    (total, value) => total + (value instanceof Date ? value.getTime() : toNumber('$add', value)),
    0,
  );
  return dates.length === 1 ? new Date(sum) : sum;
};

const subtract: Operator = (operand, scope) => {
  const [a, b] = pair('$subtract', operand, scope);
  if (isNullish(a) || isNullish(b)) return null;
  if (!(a instanceof Date)) return toNumber('$subtract', a) - toNumber('$subtract', b);
  return b instanceof Date ? a.getTime() - b.getTime() : new Date(a.getTime() - toNumber('$subtract', b));
};

const multiply: Operator = (operand, scope) => {
  const values = operands(operand, scope);
  if (values.some(isNullish)) return null;
  return values.reduce<number>((product, value) => product * toNumber('$multiply', value), 1);
};

/** With one operand that is an array, `$min` and `$max` look at its elements. They ignore null and absent values. */
const extreme =
  (sign: number): Operator =>
  (operand, scope) => {
    const values = operands(operand, scope);
    const [only] = values;
    const candidates = (values.length === 1 && Array.isArray(only) ? only : values).filter((value) => !isNullish(value));
    if (candidates.length === 0) return null;
    return candidates.reduce((best, value) => (compareValues(value, best) * sign > 0 ? value : best));
  };

const cond: Operator = (operand, scope) => {
  const fields = Array.isArray(operand) ? undefined : asDocument(operand);
  const list = fields === undefined ? asList(operand) : [fields['if'], fields['then'], fields['else']];
  if (list.length !== 3 || list.includes(undefined)) {
    throw new CommandError(16_020, 'Location16020', '$cond needs three operands: if, then, else');
  }
  return evaluate(isTruthy(evaluate(list[0], scope)) ? list[1] : list[2], scope);
};

const choose: Operator = (operand, scope) => {
  const { branches, default: otherwise } = asDocument(operand);
  const branch = asList(branches).find((each) => isTruthy(evaluate(asDocument(each)['case'], scope)));
  if (branch !== undefined) return evaluate(asDocument(branch)['then'], scope);
  if (otherwise !== undefined) return evaluate(otherwise, scope);
  const message = '$switch could not find a matching branch for an input, and no default was specified.';
  throw new CommandError(40_066, 'Location40066', message);
};

const ifNull: Operator = (operand, scope) => {
  const list = asList(operand);
  if (list.length < 2) throw new CommandError(1_257_300, 'Location1257300', '$ifNull needs at least two arguments');
  let value: unknown;
  for (const each of list) {
    value = evaluate(each, scope);
    if (!isNullish(value)) return value;
  }
  return value;
};

const isIn: Operator = (operand, scope) => {
  const [value, list] = pair('$in', operand, scope);
  if (!Array.isArray(list)) {
    throw new CommandError(40_081, 'Location40081', `$in requires an array as a second argument, found: ${typeName(list)}`);
  }
  return list.some((each) => compareValues(each, value) === 0);
};

const concat: Operator = (operand, scope) => {
  const values = operands(operand, scope);
  if (values.some(isNullish)) return null;
  const other = values.find((value) => typeof value !== 'string');
  if (other !== undefined) {
    throw new CommandError(16_702, 'Location16702', `$concat only supports strings, not ${typeName(other)}`);
  }
  return values.join('');
};

const mergeObjects: Operator = (operand, scope) => {
  const values = operands(operand, scope)
    .flat()
    .filter((value) => !isNullish(value));
  const other = values.find((value) => !isDocument(value));
  if (other === undefined) return Object.assign({}, ...values);
  throw new CommandError(
    40_400,
    'Location40400',
    `$mergeObjects requires object inputs, but input is of type ${typeName(other)}`,
  );
};

const letIn: Operator = (operand, scope) => {
  const { vars, in: result } = asDocument(operand);
  const bound = Object.entries(asDocument(vars)).map(([name, value]) => [name, evaluate(value, scope)] as const);
  return evaluate(result, { ...scope, variables: { ...scope.variables, ...Object.fromEntries(bound) } });
};

function arrayOf(name: string, value: unknown): unknown[] {
  if (Array.isArray(value)) return value;
  throw new CommandError(
    17_124,
    'Location17124',
    `The argument to ${name} must be an array, but was of type: ${typeName(value)}`,
  );
}

const concatArrays: Operator = (operand, scope) => {
  const values = operands(operand, scope);
  return values.some(isNullish) ? null : values.flatMap((value) => arrayOf('$concatArrays', value));
};

const filter: Operator = (operand, scope) => {
  const { input, as = 'this', cond: condition } = asDocument(operand);
  const list = evaluate(input, scope);
  if (isNullish(list)) return null;
  const inner = (element: unknown): Scope => ({ ...scope, variables: { ...scope.variables, [String(as)]: element } });
  return arrayOf('$filter', list).filter((element) => isTruthy(evaluate(condition, inner(element))));
};

const pow = (a: number, b: number): number => {
  if (a === 0 && b < 0) throw new CommandError(28_764, 'Location28764', '$pow cannot take a base of 0 and a negative exponent');
  return a ** b;
};

/** The operators of expressions that the stand-in knows. It refuses any other with an error, as MongoDB refuses an unknown one. */
export const OPERATORS: Readonly<Record<string, Operator>> = {
  $cond: cond,
  $switch: choose,
  $ifNull: ifNull,
  $and: (operand, scope) => asList(operand).every((each) => isTruthy(evaluate(each, scope))),
  $or: (operand, scope) => asList(operand).some((each) => isTruthy(evaluate(each, scope))),
  $not: (operand, scope) => !isTruthy(operands(operand, scope)[0]),
  $eq: comparison('$eq', (order) => order === 0),
  $ne: comparison('$ne', (order) => order !== 0),
  $gt: comparison('$gt', (order) => order > 0),
  $gte: comparison('$gte', (order) => order >= 0),
  $lt: comparison('$lt', (order) => order < 0),
  $lte: comparison('$lte', (order) => order <= 0),
  $cmp: comparison('$cmp', Math.sign),
  $add: add,
  $subtract: subtract,
  $multiply: multiply,
  $divide: arithmetic('$divide', (a, b) => {
    if (b === 0) throw new CommandError(2, 'BadValue', "can't $divide by zero");
    return a / b;
  }),
  $mod: arithmetic('$mod', (a, b) => a % b),
  $pow: arithmetic('$pow', pow),
  $floor: rounding('$floor', Math.floor),
  $ceil: rounding('$ceil', Math.ceil),
  $abs: rounding('$abs', Math.abs),
  $min: extreme(-1),
  $max: extreme(1),
  $literal: (operand) => operand,
  $in: isIn,
  $type: (operand, scope) => typeName(operands(operand, scope)[0]),
  $isArray: (operand, scope) => Array.isArray(operands(operand, scope)[0]),
  $isNumber: (operand, scope) => typeof operands(operand, scope)[0] === 'number',
  $size: (operand, scope) => arrayOf('$size', operands(operand, scope)[0]).length,
  $concat: concat,
  $concatArrays: concatArrays,
  $filter: filter,
  $mergeObjects: mergeObjects,
  $let: letIn,
} satisfies Record<string, Operator>;
