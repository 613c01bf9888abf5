import { NOTHING_SENT, type SentCredentials } from '../account/sent-credentials.js';
import { FactorError } from '../error/factor-error.js';
import { asObject, isPlain } from '../validation/json-object.js';
import type { HookObject } from './parse-types.js';

/**
 * Reads what was sent for a user from what is pending on the object. `get` would show something else: Parse Server lets keys
 * with dots, such as `authData.otp.x`, change it, while it checks and stores `authData` as it was sent. What is pending was
 * decoded: a value of some `__type` has become another object, with another id than the one that is stored; one of an unknown
 * `__op` is null.
 *
 * The gate for writes refuses keys with dots, and such values too. Values are refused here as well because the gate comes too
 * late for a login, which has used up a code by then.
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
