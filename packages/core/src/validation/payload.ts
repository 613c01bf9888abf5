import { FactorError } from '../error/factor-error.js';
import { asObject } from './json-object.js';
import { MAX_TYPED, typedCode } from './typed-code.js';

/**
 * Tells whether a second factor's payload has an id that identifies the user. Parse Server has looked for the user by
 * that id, which proves nothing yet.
 */
export const namesUser = (payload: unknown): boolean => Object.hasOwn(asObject(payload) ?? {}, 'id');

/** Tells whether a challenge is requested as `{ purpose: "fresh-proof" }`. A factor may accept that besides `true`. */
export const asksForProof = (payload: unknown): boolean => asObject(payload)?.['purpose'] === 'fresh-proof';

/** What a field of a payload must be. */
export interface FieldRule {
  /** Maximum number of characters as sent. Checked before anything else. */
  readonly maxLength: number;
  /** Converts the sent text to the form that `pattern` checks and the caller reads; unchanged by default. */
  readonly tidy?: (text: string) => string;
  /** What the whole value must match. */
  readonly pattern: RegExp;
  /** Completes the sentence "must be …". */
  readonly accepts: string;
}

/**
 * Returns the rule for a code of that many digits. It may be typed in any form that {@link typedCode} accepts; the
 * caller reads it in ASCII.
 *
 * @param most the maximum number of digits, if codes differ in length
 */
export const digitsRule = (digits: number, most: number = digits): FieldRule => ({
  maxLength: MAX_TYPED,
  tidy: typedCode,
  pattern: new RegExp(`^[0-9]{${digits},${most}}$`),
  accepts: `a string of ${most === digits ? digits : `${digits} to ${most}`} digits`,
});

/** The name that a user gives to an enrolment: one line of 1 to 64 characters. */
export const NAME_RULE: FieldRule = {
  maxLength: 64,
  pattern: /^[^\p{C}\p{Zl}\p{Zp}]{1,64}$/u,
  accepts: 'a string of 1 to 64 characters',
};

const asSent = (text: string): string => text;

/**
 * Reads exactly the named fields of a payload, all strings.
 *
 * @param rules the required fields; any other is refused
 * @throws FactorError `invalid_input`, naming the field but never its value
 */
export function readFields<Name extends string>(
  payload: unknown,
  rules: Readonly<Record<Name, FieldRule>>,
): Record<Name, string> {
  const object = asObject(payload);
  const names = Object.keys(rules) as Name[];
  if (object === undefined || Object.keys(object).some((name) => !Object.hasOwn(rules, name))) {
    throw new FactorError('invalid_input', { sentence: `Expected an object with exactly these fields: ${names.join(', ')}.` });
  }
  const read = (name: Name): string => {
    const value = Object.hasOwn(object, name) ? object[name] : undefined;
    const { maxLength, tidy = asSent, pattern, accepts } = rules[name];
    const text = typeof value === 'string' && value.length <= maxLength ? tidy(value) : undefined;
    if (text !== undefined && pattern.test(text)) return text;
    throw new FactorError('invalid_input', { sentence: `Field "${name}" must be ${accepts}.` });
  };
  return Object.fromEntries(names.map((name) => [name, read(name)])) as Record<Name, string>;
}

/** Reads a code. `"123456"` and `{ code: "123456" }` mean the same wherever a code is expected. */
export const readCode = (payload: unknown, rule: FieldRule): string =>
  readFields(typeof payload === 'string' ? { code: payload } : payload, { code: rule }).code;
