import { FactorError } from '../../error/factor-error.js';
import { emitter } from '../../events/event-dispatcher.js';
import { exportUser as exportOf, type UserExport } from '../../flows/administration/export-user.js';
import { USER_ID } from '../../flows/administration/user-batch.js';
import { asObject } from '../../validation/json-object.js';
import { readFields } from '../../validation/payload.js';
import type { Bridge } from '../bridge.js';
import { withParseErrors } from '../parse-errors.js';
import { type BridgedRequest, bridged } from '../server/server.js';
import { type AdminRequest, assertAdministrator } from './admin-request.js';
import { sessionOf } from './cloud-request.js';
import { hideResult } from './logged-result.js';

/** The name of the Cloud function that returns a copy of what is kept about a user. */
export const EXPORT_FUNCTION = 'factorsExport';

/**
 * Returns a copy of what is kept about the session's user; with the master key, about the user that `userId` names.
 *
 * @param mayAdministrate whether the master key may name a user; true by default
 * @throws Parse.Error `session_required`, `fresh_proof_required`, `cooldown`, `invalid_input`
 */
export function exportUser(bridge: Bridge, request: AdminRequest, mayAdministrate = true): Promise<UserExport> {
  const { runtime } = bridge;
  const asked = bridged(bridge, request);
  const session = sessionOf(request);
  return withParseErrors(emitter('', runtime, asked, session?.userId), async () => {
    const isOwn = session !== undefined && asObject(request.params)?.['userId'] === undefined;
    const call = isOwn
      ? { session, account: await asked.server.accounts.get(session.userId) }
      : { session: undefined, account: await namedAccount(asked, request, mayAdministrate) };
    const copy = await exportOf({ ...asked, runtime, ...call });
    hideResult(request.config);
    return copy;
  });
}

async function namedAccount({ server }: BridgedRequest, request: AdminRequest, mayAdministrate: boolean) {
  if (!mayAdministrate) throw new FactorError('session_required');
  assertAdministrator(request);
  const { userId } = readFields(request.params, { userId: USER_ID });
  const account = await server.accounts.find(userId);
  if (account === undefined) throw new FactorError('invalid_input', { sentence: 'There is no such user.' });
  return account;
}
