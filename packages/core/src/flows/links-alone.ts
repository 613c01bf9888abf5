import { firstFactors } from '../account/factor-roles.js';
import { FactorError } from '../error/factor-error.js';
import type { HookRequest } from '../parse/parse-types.js';
import { authDataOf, fetchUser } from '../parse/parse-user.js';
import { givenOf } from '../parse/sent-credentials.js';
import { asObject } from '../validation/json-object.js';
import { namesUser } from '../validation/payload.js';
import type { FactorRuntime } from './runtime.js';

/**
 * Where a session sends an id that is not its user's, Parse Server shows the hooks of all factors whoever
 * has that id. So that nobody learns from them what he has, or that there is one, a session links one
 * id at a time, and nothing else with it; and it gives no handle of a second factor but its user's own.
 *
 * @throws FactorError `invalid_input`
 */
export async function assertLinksAlone(
  { user, object, isChallenge, config }: HookRequest,
  runtime: FactorRuntime,
): Promise<void> {
  if (user === undefined || isChallenge === true) return;
  const given = givenOf(object).authData;
  const ids = firstFactors(runtime).filter((key) => asObject(given[key])?.['id'] !== undefined);
  const handles = Object.keys(runtime.factors).filter(
    (key) => !ids.includes(key) && runtime.factors[key]?.inPlaceOf === undefined && namesUser(given[key]),
  );
  if (ids.length === 0 && handles.length === 0) return;
  if (object?.id === undefined) throw new FactorError('invalid_input', { sentence: 'Log in without a session.' });
  const ours = Object.keys(runtime.factors).filter((key) => (given[key] ?? undefined) !== undefined);
  if (ours.length < 2 && handles.length === 0) return;
  const stored = authDataOf(await fetchUser(config, user.id));
  const isOwn = (key: string): boolean => asObject(given[key])?.['id'] === asObject(stored[key])?.['id'];
  if (!handles.every(isOwn)) throw new FactorError('invalid_input', { sentence: 'Field "id" is not expected.' });
  const foreign = ids.filter((key) => !isOwn(key));
  const others = ours.filter((key) => !ids.includes(key) || foreign.includes(key));
  if (foreign.length > 0 && others.length > 1) {
    throw new FactorError('invalid_input', { sentence: 'Link an address by itself.' });
  }
}
