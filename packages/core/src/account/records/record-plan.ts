import type { EnrolmentRecord } from './enrolment-record.js';

/** The stored records of a user, by provider. */
export type StoredRecords = Readonly<Record<string, unknown>>;

/** The records to store, by key; null removes one. */
export type RecordChanges = Readonly<Record<string, EnrolmentRecord | null>>;

/** Decides what changes about a user's records. */
export interface RecordPlan {
  /** Keys of further records that the decision depends on, besides those that it changes. */
  readonly basis?: readonly string[];
  /**
   * Returns the changes for the stored records. It is called again if the records have changed meanwhile.
   *
   * @throws FactorError if the plan must no longer be carried out
   */
  decide(stored: StoredRecords): RecordChanges;
}

/** Returns the combined changes of several plans. Each plan sees the changes of those before it. */
export function changesOf(plans: readonly RecordPlan[], stored: StoredRecords): RecordChanges {
  let changes: RecordChanges = {};
  for (const plan of plans) changes = { ...changes, ...plan.decide({ ...stored, ...changes }) };
  return changes;
}
