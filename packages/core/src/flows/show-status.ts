import { emitter } from '../events/event-dispatcher.js';
import type { Reply } from '../factor/context.js';
import { type CloudRequest, sessionOwner } from '../parse/cloud-request.js';
import { answering } from '../parse/parse-errors.js';
import { fetchUser } from '../parse/parse-user.js';
import type { FactorRuntime } from './runtime.js';
import { FactorRequest } from './user-factor.js';

/** The Cloud function by which a session learns the status of all factors of its user. */
export const STATUS_FUNCTION = 'factorsStatus';

/**
 * What the user of the session sees of their factors, by key. A user object shows the same, unless the server hides
 * `authData` from its owner (`protectedFieldsOwnerExempt: false`).
 *
 * @throws Parse.Error `session_required` without a session
 */
export function ownStatus(runtime: FactorRuntime, request: CloudRequest): Promise<Readonly<Record<string, Reply>>> {
  const work = async (): Promise<Readonly<Record<string, Reply>>> => {
    const { userId } = sessionOwner(request);
    const user = await fetchUser(request.config, userId);
    const shown = Object.entries(runtime.factors).flatMap(([key, factor]) => {
      const scope = new FactorRequest(key, runtime, request, user);
      return scope.record === undefined ? [] : [[key, scope.show(factor)] as const];
    });
    return Object.fromEntries(shown);
  };
  return answering(emitter('', runtime, request, request.user?.id), work);
}
