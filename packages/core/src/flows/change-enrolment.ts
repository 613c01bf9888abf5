import type { EnrolmentRecord } from '../account/records/enrolment-record.js';
import { EnrolmentSealer } from '../account/records/enrolment-sealer.js';
import type { StoredRecords } from '../account/records/record-plan.js';
import type { Factor } from '../factor/factor.js';
import type { AccountRequest } from './auth-request.js';

/**
 * Changes a stored enrolment in one atomic step, as `EnrolledContext.change` describes.
 *
 * @param key the factor's key in `auth`
 * @param work returns the enrolment to store, or undefined to change nothing; may be called more than once
 * @returns the record that is now stored; undefined when nothing was changed
 * @throws FactorError `unavailable` when the record does not open, or when concurrent changes keep winning
 */
export async function changeEnrolment<Enrolment extends object>(
  { runtime, request: { server }, account }: Omit<AccountRequest, 'session'>,
  key: string,
  work: (enrolment: Enrolment) => Enrolment | undefined,
): Promise<EnrolmentRecord | undefined> {
  const owner = { appId: server.appId, userId: account.id, key, createdAt: account.user.get('createdAt') };
  const records = new EnrolmentSealer(runtime, owner, runtime.factors[key] as Factor<Enrolment> | undefined);
  const decide = (stored: StoredRecords): Readonly<Record<string, EnrolmentRecord>> => {
    const record = stored[key] ?? undefined;
    const changed = record === undefined ? undefined : work(records.open(record).enrolment);
    return changed === undefined ? {} : { [key]: records.seal(changed, record) };
  };
  return (await server.accounts.commit(account, { decide }))[key] ?? undefined;
}
