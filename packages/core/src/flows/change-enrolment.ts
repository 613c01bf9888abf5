import type { EnrolmentRecord } from '../account/enrolment-record.js';
import { EnrolmentSealer } from '../account/enrolment-sealer.js';
import type { StoredRecords } from '../account/record-plan.js';
import type { Factor } from '../factor/factor.js';
import type { AccountRequest } from './auth-request.js';

/**
 * Changes a stored enrolment in one atomic step, as `EnrolledContext.change` says.
 *
 * @param key the factor's key in `auth`
 * @param work gives what is to be stored, or undefined to leave everything as it is; may be called more than once
 * @returns what is stored now; undefined where it was left as it was
 * @throws FactorError `unavailable` when it does not open, or when others keep changing it
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
