import { EnrolmentSealer } from '../account/records/enrolment-sealer.js';
import type { RecordChanges, StoredRecords } from '../account/records/record-plan.js';
import type { Factor } from '../factor/factor.js';
import type { AccountRequest } from './auth-request.js';

/**
 * Changes a stored enrolment in one atomic step, as `EnrolledContext.change` describes.
 *
 * @param key the factor's key in `auth`
 * @param work returns the enrolment to store, undefined to change nothing, or null to remove it; may be called more than once
 * @returns whether something was changed
 * @throws FactorError `unavailable` when the record does not open, or when concurrent changes keep winning
 */
export async function changeEnrolment<Enrolment extends object>(
  { runtime, request: { server }, account }: Omit<AccountRequest, 'session'>,
  key: string,
  work: (enrolment: Enrolment) => Enrolment | null | undefined,
): Promise<boolean> {
  const owner = { appId: server.appId, userId: account.id, key, createdAt: account.user.get('createdAt') };
  const records = new EnrolmentSealer(runtime, owner, runtime.factors[key] as Factor<Enrolment> | undefined);
  const decide = (stored: StoredRecords): RecordChanges => changesTo(records, [key, stored[key] ?? undefined], work);
  return Object.hasOwn(await server.accounts.commit(account, { decide }), key);
}

/**
 * Returns the change of one stored record.
 *
 * @param stored its key, and the record; undefined for none
 * @throws FactorError `unavailable` when the record does not open
 */
export function changesTo<Enrolment extends object>(
  records: EnrolmentSealer<Enrolment>,
  [key, record]: readonly [key: string, record: unknown],
  work: (enrolment: Enrolment) => Enrolment | null | undefined,
): RecordChanges {
  const changed = record === undefined ? undefined : work(records.open(record).enrolment);
  if (changed === undefined) return {};
  return { [key]: changed === null ? null : records.seal(changed, record) };
}
