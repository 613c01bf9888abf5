import { FactorError } from '../error/factor-error.js';
import { asObject } from './json-object.js';
import { MAX_TYPED, typedCode } from './typed-code.js';

/** Whether a second factor's payload says who the user is: Parse Server has looked for him by that, and it proves nothing yet. */
export const namesUser = (payload: unknown): boolean => Object.hasOwn(asObject(payload) ?? {}, 'id');

/** Whether a challenge is asked for as `{ purpose: "fresh-proof" }`, which a factor may take besides `true`. */
export const asksForProof = (payload: unknown): boolean => asObject(payload)?.['purpose'] === 'fresh-proof';

/** What a payload's field must be. */
export interface FieldRule {
  /** Most characters as sent, looked at before anything else. */
  readonly maxLength: number;
  /** Brings what was sent to the form that `pattern` looks at, and that is read; as it was sent by default. */
  readonly tidy?: (text: string) => string;
  /** What the whole value must match. */
  readonly pattern: RegExp;
  /** Ends the sentence "must be …". */
  readonly accepts: string;
}

/**
 * A code of that many digits, in whatever form of {@link typedCode} it was typed; it is read in ASCII.
 *
 * @param most where codes are not all of one length, the most digits
 */
export const digitsRule = (digits: number, most: number = digits): FieldRule => ({
  maxLength: MAX_TYPED,
  tidy: typedCode,
  pattern: new RegExp(`^[0-9]{${digits},${most}}$`),
  accepts: `a string of ${most === digits ? digits : `${digits} to ${most}`} digits`,
});

/** What a user calls something of his: one line of 1 to 64 characters. */
export const NAME_RULE: FieldRule = {
  maxLength: 64,
  pattern: /^[^\p{C}\p{Zl}\p{Zp}]{1,64}$/u,
  accepts: 'a text of 1 to 64 characters',
};

const asSent = (text: string): string => text;

/**
 * Reads exactly the named fields of a payload, all strings.
 *
 * @param rules the fields that must be there; any other is refused
 * @throws FactorError `invalid_input`, naming the field but never its value
 */
export function readFields<Name extends string>(
  payload: unknown,
  rules: Readonly<Record<Name, FieldRule>>,
): Record<Name, string> {
  const object = asObject(payload);
  const names = Object.keys(rules) as Name[];
  if (object === undefined || Object.keys(object).some((name) => !Object.hasOwn(rules, name))) {
    throw new FactorError('invalid_input', { sentence: `Expected an object with exactly: ${names.join(', ')}.` });
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

/** `"123456"` and `{ code: "123456" }` mean the same wherever a code is expected. */
export const readCode = (payload: unknown, rule: FieldRule): string =>
  readFields(typeof payload === 'string' ? { code: payload } : payload, { code: rule }).code;
