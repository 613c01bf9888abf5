import { FactorError } from '../error/factor-error.js';
import type { EnrolmentRecord } from './enrolment-record.js';
import { type Composed, secondFactors, backupFactors, storedAmong } from './factor-roles.js';
import type { RecordChanges, RecordPlan, StoredRecords } from './record-plan.js';

/** How changes of a user's factors hang on what else is stored of that user. Each is one atomic statement when it is carried out. */

/**
 * Stores what a session has confirmed of a factor. Of several first factors at the same moment one is the first; the others
 * are beside it, and need the proof that this takes.
 *
 * @param account what was stored of the user when the session was let do it
 * @param record gives what to store, for what is stored of the factor by then
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
 * Stores what a login has set up.
 *
 * @param account what was stored of the user when the login began
 */
export function planToEnrolAtLogin(runtime: Composed, account: StoredRecords, records: RecordChanges): RecordPlan {
  const second = secondFactors(runtime);
  const before = storedAmong(account, second).join();
  return {
    basis: second,
    decide: (stored) => {
      // Another factor was set up or removed meanwhile.
      if (storedAmong(stored, second).join() !== before) throw new FactorError('session_required');
      return records;
    },
  };
}

/** A change of what stands in for a factor, which is not set up without one: then `enrolment_required`. */
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

/** Removes these, and what stands in for a factor with the last one. */
export function planToRemove(runtime: Composed, keys: readonly string[]): RecordPlan {
  const [second, standIns] = [secondFactors(runtime), backupFactors(runtime)];
  return {
    basis: [...second, ...standIns],
    decide: (stored) => {
      const left = storedAmong(stored, second).filter((key) => !keys.includes(key));
      const isLast = left.length === 0 && keys.some((key) => second.includes(key));
      const removed = storedAmong(stored, isLast ? [...keys, ...standIns] : keys);
      return Object.fromEntries(removed.map((key) => [key, null]));
    },
  };
}
