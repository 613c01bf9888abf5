import { asObject, isPlain } from '../validation/json-object.js';

/**
 * Tells whether a request links, unlinks or exchanges a provider of an account. Sending a linked provider again under
 * the same id is no change.
 *
 * @param sent the providers of the request; `null` unlinks
 * @param stored the providers of the account
 * @param except keys to ignore
 */
export function changesProviders(
  sent: Readonly<Record<string, unknown>>,
  stored: Readonly<Record<string, unknown>>,
  except: object,
): boolean {
  const providers = Object.keys(sent).filter((key) => !Object.hasOwn(except, key));
  return providers.some((key) => {
    const before = Object.hasOwn(stored, key) ? (stored[key] ?? undefined) : undefined;
    const after = sent[key] ?? undefined;
    if (before === undefined || after === undefined) return before !== after;
    return !isPlain(before) || !isPlain(after) || asObject(before)?.['id'] !== asObject(after)?.['id'];
  });
}
