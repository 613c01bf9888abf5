import { FactorError } from './factor-error.js';
import type { HookObject } from './parse-hooks.js';
import { asObject } from './payload.js';

/** What a request sends of a user, as far as sign-in is concerned. */
export interface Given {
  /** By provider: what Parse Server validates and stores. */
  readonly authData: Readonly<Record<string, unknown>>;
  readonly hasPassword: boolean;
}

const DOTTED = /^(?:authData|password)\./;

/**
 * Reads what was sent for a user from what is pending on the object. `get` would show something
 * else: Parse Server lets keys with dots, such as `authData.otp.x`, change it, while it checks and
 * stores `authData` as it was sent.
 *
 * @throws FactorError `invalid_input` for keys with dots
 */
export function givenOf(object: HookObject | undefined): Given {
  if (object?.dirtyKeys().some((key) => DOTTED.test(key)) === true) {
    throw new FactorError('invalid_input', { sentence: 'Send "authData" and "password" whole, without dots in their keys.' });
  }
  return {
    authData: asObject(Reflect.get(object?.op('authData') ?? {}, '_value')) ?? {},
    hasPassword: object?.op('password') !== undefined,
  };
}
