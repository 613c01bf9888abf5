import { FactorError } from '../error/factor-error.js';
import { asObject } from '../validation/json-object.js';
import { type FieldRule, readFields } from '../validation/payload.js';
import type { AddressType } from './address-type.js';

/** The characters and length that an address may have, checked before it is normalised. */
export const SAFE_INPUT: FieldRule = { maxLength: 320, pattern: /^[^\p{Cc}\p{Cf}\p{Zl}\p{Zp}]+$/u, accepts: 'an address' };

/** A code, and the address that it was sent to if the client named it. */
export interface CodeAnswer {
  /** The id by which Parse Server finds the user, exactly as the client sent it. */
  readonly id: string | undefined;
  /** The normalised address. */
  readonly address: string | undefined;
  readonly code: string;
  /** The user's name for one of several addresses that they confirm. */
  readonly name?: string;
  /** The id of the address that a confirmed one replaces. */
  readonly replaces?: string;
}

/** A code with the id that identifies the user. */
export interface NamedAnswer extends CodeAnswer {
  readonly id: string;
  readonly address: string;
}

/** Tells whether a payload has any of these fields. */
export const hasField = (payload: unknown, ...names: readonly string[]): boolean =>
  names.some((name) => Object.hasOwn(asObject(payload) ?? {}, name));

/** Returns the normalised form of an address. */
export function normalise(input: string, addressType: AddressType, name: string = addressType.field): string {
  readFields({ [name]: input }, { [name]: SAFE_INPUT });
  return addressType.normalise(input);
}

/**
 * Reads `{ id, code }`, `{ <field>, code }`, both, or a code alone. Accepts `otp` as the older spelling of `code`.
 *
 * @throws FactorError `invalid_input`, `address_refused`
 */
export function readAnswer(payload: unknown, addressType: AddressType, code: FieldRule): CodeAnswer {
  const sent = typeof payload === 'string' ? { code: payload } : asObject(payload);
  const spelling = hasField(sent, 'otp') ? 'otp' : 'code';
  const names = ['id', addressType.field].filter((name) => hasField(sent, name));
  const rules: Record<string, FieldRule> = Object.fromEntries(names.map((name) => [name, SAFE_INPUT]));
  const fields = readFields(sent, { ...rules, [spelling]: code });
  const addresses = new Set(names.map((name) => normalise(fields[name] ?? '', addressType, name)));
  if (addresses.size > 1) {
    throw new FactorError('invalid_input', { sentence: `Fields "id" and "${addressType.field}" must be the same.` });
  }
  return { id: fields['id'], address: [...addresses][0], code: fields[spelling] ?? '' };
}

/** @throws FactorError `invalid_input` if an id is not normalised: Parse Server finds users only by the normalised id */
export function assertOneForm({ id, address }: CodeAnswer, { noun }: AddressType): void {
  if (id === undefined || id === address) return;
  const sentence = `Field "id" must be the normalised ${noun}, for example in lower case and without spaces.`;
  throw new FactorError('invalid_input', { sentence });
}
