import { FactorConfigError, FactorError } from '@parse-factors/core';
import {
  asObject,
  functionOption,
  integerOption,
  resolveOptions,
  textOption,
  type FactorUser,
  type OptionRule,
} from '@parse-factors/core/factor';
import { caseless, type FieldKind } from './field-kind.js';

/** A field of the user object. Options that are left out come from {@link caseless}. */
export interface FieldOptions extends Partial<FieldKind> {
  /** The field's name on the user object and in payloads: a letter, then letters, digits and `_`. */
  readonly name: string;
}

/** The field by which users are looked up. */
export interface FindOptions extends FieldOptions {
  /** Converts a normalised text to the database's value, if that is not the text itself, such as a number. */
  readonly toStored?: (text: string) => string | number;
}

/** {@link FieldOptions} with every default filled in. */
export type ResolvedField = Required<FieldOptions>;

/** {@link FindOptions} with every default filled in. */
export type ResolvedFind = Required<FindOptions>;

const MAX_LENGTH = 500;

/** Fields that users do not type or must not know, and fields of the payload itself. */
const RESERVED = new Set(
  'id ticket factor objectId authData password sessionToken ACL createdAt updatedAt emailVerified constructor prototype'.split(
    ' ',
  ),
);

const NAME: OptionRule = {
  accepts: `the name of a field of the user object, except ${[...RESERVED].join(', ')}`,
  isValid: (value) => typeof value === 'string' && /^[A-Za-z][A-Za-z0-9_]{0,63}$/.test(value) && !RESERVED.has(value),
};

const RULES: { readonly [Name in keyof ResolvedField]: OptionRule } = {
  name: NAME,
  maxLength: integerOption(1, MAX_LENGTH),
  pattern: {
    accepts: 'a regular expression without the flags "g" and "y"',
    isValid: (value) => value instanceof RegExp && !value.global && !value.sticky,
  },
  accepts: textOption(200),
  normalise: functionOption,
  toText: functionOption,
};

const named = (given: unknown): unknown => (typeof given === 'string' ? { name: given } : given);
const ownerOf = (option: string): string => `FieldsFactor: option "${option}"`;

/** @throws FactorConfigError naming the option and what it accepts */
export const resolveField = (option: string, given: unknown): ResolvedField =>
  resolveOptions<ResolvedField>(ownerOf(option), named(given), RULES, caseless);

/** @throws FactorConfigError naming the option and what it accepts */
export const resolveFind = (option: string, given: unknown): ResolvedFind =>
  resolveOptions<ResolvedFind>(
    ownerOf(option),
    named(given),
    { ...RULES, toStored: functionOption },
    { ...caseless, toStored: (text) => text },
  );

/** Accepts a name or an object. {@link resolveField} and {@link resolveFind} check what is inside. */
export const fieldOption: OptionRule = {
  accepts: 'the name of a field, or an object with "name"',
  isValid: (value) => typeof value === 'string' || asObject(value) !== undefined,
};

/** @throws FactorConfigError if two fields have the same name */
export function assertDistinct(fields: readonly ResolvedField[]): void {
  const names = fields.map(({ name }) => name);
  const twice = names.find((name, index) => names.indexOf(name) !== index);
  if (twice !== undefined) throw new FactorConfigError(`FieldsFactor: option "match" must not contain "${twice}" twice`);
}

/**
 * Returns the normalised form of a sent value.
 * @throws FactorError `invalid_input`, naming the field but never its value
 */
export function normaliseSent({ name, accepts, normalise }: ResolvedField, sent: string): string {
  const text: unknown = normalise(sent);
  if (typeof text === 'string' && text !== '') return text;
  throw new FactorError('invalid_input', { sentence: `Field "${name}" must be ${accepts}.` });
}

/** Returns the normalised form of the user's stored value. Undefined if the user has no value that can match. */
export function normaliseStored({ name, normalise, toText }: ResolvedField, user: FactorUser): string | undefined {
  const stored = user.get(name);
  const text: unknown = stored === undefined || stored === null ? undefined : toText(stored);
  const normalised: unknown = typeof text === 'string' ? normalise(text) : undefined;
  return typeof normalised === 'string' && normalised !== '' ? normalised : undefined;
}
