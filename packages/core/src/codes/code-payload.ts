import { FactorError } from '../error/factor-error.js';
import { asObject } from '../validation/json-object.js';
import { type FieldRule, readFields } from '../validation/payload.js';
import type { AddressType } from './address-type.js';

/** What an address may be made of before it is looked at closely. */
export const SAFE_INPUT: FieldRule = { maxLength: 320, pattern: /^[^\p{Cc}\p{Cf}\p{Zl}\p{Zp}]+$/u, accepts: 'an address' };

/** A code, and the address that it is for, where that was said. */
export interface CodeAnswer {
  /** By which Parse Server looks for the user, as it was sent. */
  readonly id: string | undefined;
  /** In its one form. */
  readonly address: string | undefined;
  readonly code: string;
}

/** An answer that says who is signing in. */
export interface NamedAnswer extends CodeAnswer {
  readonly id: string;
  readonly address: string;
}

/** Whether a payload has any of these fields. */
export const hasField = (payload: unknown, ...names: readonly string[]): boolean =>
  names.some((name) => Object.hasOwn(asObject(payload) ?? {}, name));

/** The one form of an address. */
export function normalise(input: string, kind: AddressType, name: string = kind.field): string {
  readFields({ [name]: input }, { [name]: SAFE_INPUT });
  return kind.normalise(input);
}

/**
 * Reads `{ id, code }`, `{ <field>, code }` or both, a code alone, and `otp` as the older spelling of `code`.
 *
 * @throws FactorError `invalid_input`, `address_refused`
 */
export function readAnswer(payload: unknown, kind: AddressType, code: FieldRule): CodeAnswer {
  const given = typeof payload === 'string' ? { code: payload } : asObject(payload);
  const spelling = hasField(given, 'otp') ? 'otp' : 'code';
  const names = ['id', kind.field].filter((name) => hasField(given, name));
  const rules: Record<string, FieldRule> = Object.fromEntries(names.map((name) => [name, SAFE_INPUT]));
  const fields = readFields(given, { ...rules, [spelling]: code });
  const addresses = new Set(names.map((name) => normalise(fields[name] ?? '', kind, name)));
  if (addresses.size > 1) {
    throw new FactorError('invalid_input', { sentence: `Fields "id" and "${kind.field}" must be the same.` });
  }
  return { id: fields['id'], address: [...addresses][0], code: fields[spelling] ?? '' };
}

/** @throws FactorError `invalid_input` where an id is not in its one form, by which alone users are found */
export function assertOneForm({ id, address }: CodeAnswer, { field }: AddressType): void {
  if (id === undefined || id === address) return;
  const sentence = `Field "id" must be the ${field} in the form that it is kept in, such as in lower case.`;
  throw new FactorError('invalid_input', { sentence });
}
