import { isUnconfirmed } from '../account/records/enrolment-record.js';
import { EnrolmentSealer, type RecordOwner } from '../account/records/enrolment-sealer.js';
import type { AccountState, ServerRequest } from '../account/ports.js';
import type { Runtime } from '../account/runtime.js';
import type { Reply } from '../factor/context.js';
import type { Factor } from '../factor/factor.js';
import { describe, STATUS_DISABLED, STATUS_ENABLED } from './status.js';
import { UserFactor } from './user-factor.js';

/**
 * Returns what a client sees of a factor on a user object.
 *
 * Only the owner's id opens a record, so other users learn only that there is one. The function is synchronous because Parse
 * Server calls it that way.
 *
 * @param owner the owner of the record, if the user who reads it is the owner
 */
export function statusOf(factor: Factor<object>, runtime: Runtime, owner: RecordOwner, record: unknown): Reply {
  if (isUnconfirmed(record)) return STATUS_DISABLED;
  try {
    return describe(factor, new EnrolmentSealer(runtime, owner, factor).open(record).enrolment);
  } catch {
    return STATUS_ENABLED;
  }
}

/**
 * Returns what users see of their factors, by key. A user object shows the same, unless the server hides `authData` from its
 * owner (`protectedFieldsOwnerExempt: false`).
 */
export function shown(runtime: Runtime, request: ServerRequest, account: AccountState): Readonly<Record<string, Reply>> {
  const replies = Object.keys(runtime.factors).flatMap((key) => {
    const own = new UserFactor<object>(key, runtime, request, account);
    if (own.record === undefined) return [];
    const { status } = own;
    return [[key, status['status'] === 'unreadable' ? STATUS_ENABLED : status] as const];
  });
  return Object.fromEntries(replies);
}
