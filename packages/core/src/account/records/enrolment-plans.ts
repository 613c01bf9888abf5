import { FactorError } from '../../error/factor-error.js';
import type { EnrolmentRecord } from './enrolment-record.js';
import { backupFactors, type Composed, secondFactors, storedAmong } from '../factor-roles.js';
import type { RecordChanges, RecordPlan, StoredRecords } from './record-plan.js';

/** Plans for changes of a user's factors that depend on what else is stored. Each is carried out as one atomic statement. */

/**
 * Stores a factor that a session has confirmed. Serialises first enrolments: exactly one concurrent request may enrol
 * the first second factor without a step-up proof.
 *
 * @param account the records that were stored when the session was allowed to enrol
 * @param record returns the record to store, for the record that is stored by then
 */
export function planToEnrol(
  runtime: Composed,
  key: string,
  account: StoredRecords,
  record: (stored: unknown) => EnrolmentRecord,
): RecordPlan {
  const second = secondFactors(runtime);
  const isFirst = second.includes(key) && storedAmong(account, second).length === 0;
  if (!isFirst) return { decide: (stored) => ({ [key]: record(stored[key] ?? undefined) }) };
  return {
    basis: second,
    decide: (stored) => {
      if (storedAmong(stored, second).length > 0) throw new FactorError('fresh_proof_required');
      return { [key]: record(undefined) };
    },
  };
}

/**
 * Stores the factors that a login has enrolled.
 *
 * @param account the records that were stored when the login began
 */
export function planToEnrolAtLogin(runtime: Composed, account: StoredRecords, records: RecordChanges): RecordPlan {
  const second = secondFactors(runtime);
  const before = storedAmong(account, second).join();
  return {
    basis: second,
    decide: (stored) => {
      // Another request has set up or removed a second factor meanwhile.
      if (storedAmong(stored, second).join() !== before) throw new FactorError('session_required');
      return records;
    },
  };
}

/** Wraps a change of a backup authenticator. The plan throws `enrolment_required` if the user has no second factor. */
export function besideFactor(runtime: Composed, plan: RecordPlan): RecordPlan {
  const second = secondFactors(runtime);
  return {
    basis: [...second, ...(plan.basis ?? [])],
    decide: (stored) => {
      if (storedAmong(stored, second).length === 0) throw new FactorError('enrolment_required');
      return plan.decide(stored);
    },
  };
}

/** Removes these factors. Removing the last second factor also removes the backup authenticators. */
export function planToRemove(runtime: Composed, keys: readonly string[]): RecordPlan {
  const [second, backups] = [secondFactors(runtime), backupFactors(runtime)];
  return {
    basis: [...second, ...backups],
    decide: (stored) => {
      const left = storedAmong(stored, second).filter((key) => !keys.includes(key));
      const isLast = left.length === 0 && keys.some((key) => second.includes(key));
      const removed = storedAmong(stored, isLast ? [...keys, ...backups] : keys);
      return Object.fromEntries(removed.map((key) => [key, null]));
    },
  };
}
