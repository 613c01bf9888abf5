import { asObject, isPlain } from '../validation/json-object.js';

/**
 * Whether a request links, unlinks or exchanges a provider of an account; renewing what is linked
 * under the same id is none of these.
 *
 * @param given the providers of the request; `null` unlinks
 * @param stored the providers of the account
 * @param except keys that are not looked at
 */
export function changesProviders(
  given: Readonly<Record<string, unknown>>,
  stored: Readonly<Record<string, unknown>>,
  except: object,
): boolean {
  const providers = Object.keys(given).filter((key) => !Object.hasOwn(except, key));
  return providers.some((key) => {
    const before = Object.hasOwn(stored, key) ? (stored[key] ?? undefined) : undefined;
    const after = given[key] ?? undefined;
    if (before === undefined || after === undefined) return before !== after;
    return !isPlain(before) || !isPlain(after) || asObject(before)?.['id'] !== asObject(after)?.['id'];
  });
}
