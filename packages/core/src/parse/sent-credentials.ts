import { NOTHING_SENT, type SentCredentials } from '../account/sent-credentials.js';
import { EMAIL_CHANGED, verifiedFieldOf } from '../account/verified-field.js';
import { FactorError } from '../error/factor-error.js';
import { asObject, isPlain } from '../validation/json-object.js';
import type { HookConfig, HookObject } from './parse-types.js';

/**
 * Reads the credentials that were sent for a user, from the object's pending operations.
 *
 * `get` could differ from what Parse Server checks and stores: keys with dots, such as `authData.otp.x`, change it. Pending
 * values were decoded too. A value with some `__type` has become another object, with another id than the stored one. A value
 * with an unknown `__op` has become null.
 *
 * The write gate refuses both as well. But it runs too late for a login, which has already consumed a code by then.
 *
 * @throws FactorError `invalid_input` for values that were decoded to objects
 */
export function readSentCredentials(object: HookObject | undefined): SentCredentials {
  if (object === undefined) return NOTHING_SENT;
  const sent: unknown = Reflect.get(object.op('authData') ?? {}, '_value');
  const providers = asObject(sent) ?? {};
  if (!isPlain(sent) || !Object.values(providers).every(isPlain)) {
    throw new FactorError('invalid_input', { sentence: 'Each entry of "authData" must be a JSON object or a string.' });
  }
  return { providers, hasPassword: object.op('password') !== undefined };
}

/** Reads the password that was sent; undefined for none, and for one that is no string. */
export function readPassword(object: HookObject): string | undefined {
  const sent: unknown = Reflect.get(object.op('password') ?? {}, '_value');
  return typeof sent === 'string' ? sent : undefined;
}

/** Reads the user name that was sent: undefined for none, null for one that is removed. */
export function readUsername(object: HookObject): unknown {
  const sent = object.op('username');
  return sent === undefined ? undefined : ((Reflect.get(sent, '_value') as unknown) ?? null);
}

/**
 * Reads the addresses that a new password can be set by after the save. A link of Parse Server goes to `email`, or else to
 * `username`, if that is an address. Without an e-mail adapter it sends none. A code goes to `email`.
 *
 * @param hasCodes whether codes reset passwords by the `email`
 */
export function readResetAddresses(
  object: HookObject,
  { userController }: HookConfig,
  hasCodes: boolean,
): Readonly<Record<string, string>> {
  const hasLink = (userController?.adapter ?? undefined) !== undefined;
  const names = [...(hasLink || hasCodes ? ['email'] : []), ...(hasLink ? ['username'] : [])];
  const fields = names.map((field) => [field, Reflect.get(object.op(field) ?? {}, '_value') as unknown] as const);
  const isAddress = (value: unknown): value is string => typeof value === 'string' && value.includes('@');
  return Object.fromEntries(fields.flatMap(([field, value]) => (isAddress(value) ? [[field, value] as const] : [])));
}

/**
 * Reads which addresses of the user object a save writes, and which marks of addresses.
 *
 * @param fields the fields that hold addresses
 */
export function readAddresses(object: HookObject, fields: readonly string[]): Pick<SentCredentials, 'addresses' | 'marks'> {
  const written = fields.filter((field) => object.op(field) !== undefined);
  const addresses = written.map((field) => [field, object.get(field)] as const);
  return {
    addresses: Object.fromEntries(addresses.map(([field, value]) => [field, typeof value === 'string' ? value : null])),
    marks: [...fields.map(verifiedFieldOf), EMAIL_CHANGED].filter((field) => object.op(field) !== undefined),
  };
}
