import type { EnrolmentRecord } from '../account/enrolment-record.js';
import { EnrolmentRecords, type RecordSeals } from '../account/enrolment-sealer.js';
import { FactorError } from '../error/factor-error.js';
import type { FactorUser } from '../factor/context.js';
import type { Factor } from '../factor/factor.js';
import type { HookConfig } from '../parse/parse-types.js';
import { authDataOf, fetchUser, replaceRecord } from '../parse/parse-user.js';
import type { FactorRuntime } from './runtime.js';

/** Losing this many races for one record means that something else is wrong. */
const MAX_ROUNDS = 32;

/** Whose record of which factor is meant. */
export interface RecordPlace {
  readonly runtime: RecordSeals & Pick<FactorRuntime, 'factors'>;
  readonly config: HookConfig;
  /** The stored row, as far as it is known. */
  readonly user: FactorUser;
  /** The factor's key in `auth`. */
  readonly key: string;
}

/**
 * Changes a stored record in one atomic step, as `EnrolledContext.change` says.
 *
 * @returns what is stored now; undefined where it was left as it was
 * @throws FactorError `unavailable` when it does not open, or when others keep changing it
 */
export async function changeRecord<Enrolment extends object>(
  { runtime, config, user, key }: RecordPlace,
  work: (enrolment: Enrolment) => Enrolment | undefined,
): Promise<EnrolmentRecord | undefined> {
  const owner = { appId: config.appId, userId: user.id, key, createdAt: user.get('createdAt') };
  const records = new EnrolmentRecords(runtime, owner, runtime.factors[key] as Factor<Enrolment> | undefined);
  let stored = authDataOf(user);
  for (let round = 0; round < MAX_ROUNDS; round += 1) {
    const record = stored[key] ?? undefined;
    if (record === undefined) return undefined;
    const { enrolment } = records.open(record);
    const changed = work(enrolment);
    if (changed === undefined) return undefined;
    const sealed = records.seal(changed, record);
    if (await replaceRecord(config, owner, record, sealed)) return sealed;
    stored = authDataOf(await fetchUser(config, user.id));
  }
  throw new FactorError('unavailable');
}
