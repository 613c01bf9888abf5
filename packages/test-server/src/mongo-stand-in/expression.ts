import { CommandError } from './command-error.js';
import { OPERATORS } from './expression-operators.js';
import { isDocument, type Document } from './value.js';

/** What an expression sees: the document, and the variables with two dollar signs. */
export interface Scope {
  readonly root: Document;
  readonly variables: Document;
}

/** Creates the scope of a document. */
export const scopeOf = (root: Document): Scope => ({
  root,
  variables: { ROOT: root, CURRENT: root, REMOVE: undefined, NOW: new Date() },
});

/** Whether a value of an expression counts as true. An empty string does. */
export const isTruthy = (value: unknown): boolean => value !== undefined && value !== null && value !== false && value !== 0;

/** Follows a field path. In an array it takes the field of every element, as MongoDB does. */
function follow(value: unknown, parts: readonly string[]): unknown {
  const [part, ...rest] = parts;
  if (part === undefined) return value;
  if (Array.isArray(value)) return value.map((element) => follow(element, parts)).filter((found) => found !== undefined);
  if (!isDocument(value) || !Object.hasOwn(value, part)) return undefined;
  return follow(value[part], rest);
}

function variable(path: string, { variables }: Scope): unknown {
  const [name = '', ...parts] = path.split('.');
  if (!Object.hasOwn(variables, name)) throw new CommandError(17_276, 'Location17276', `Use of undefined variable: ${name}`);
  return follow(variables[name], parts);
}

function evaluateDocument(expression: Document, scope: Scope): unknown {
  const entries = Object.entries(expression);
  const [first] = entries;
  if (first !== undefined && first[0].startsWith('$')) {
    const [name, operand] = first;
    if (entries.length > 1) {
      throw new CommandError(15_983, 'Location15983', 'An object representing an expression must have exactly one field');
    }
    const operator = Object.hasOwn(OPERATORS, name) ? OPERATORS[name] : undefined;
    if (operator === undefined) throw new CommandError(168, 'InvalidPipelineOperator', `Unrecognized expression '${name}'`);
    return operator(operand, scope);
  }
  const values = entries.map(([name, value]) => [name, evaluate(value, scope)] as const);
  return Object.fromEntries(values.filter(([, value]) => value !== undefined));
}

/**
 * Evaluates an expression of MongoDB's aggregation. Absent fields are `undefined`.
 * @throws CommandError for unknown operators and operands of the wrong type
 */
export function evaluate(expression: unknown, scope: Scope): unknown {
  if (typeof expression === 'string') {
    if (expression.startsWith('$$')) return variable(expression.slice(2), scope);
    return expression.startsWith('$') ? follow(scope.root, expression.slice(1).split('.')) : expression;
  }
  if (Array.isArray(expression)) return expression.map((element) => evaluate(element, scope) ?? null);
  return isDocument(expression) ? evaluateDocument(expression, scope) : expression;
}
