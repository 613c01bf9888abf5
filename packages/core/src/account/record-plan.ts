import type { EnrolmentRecord } from './enrolment-record.js';

/** What is stored of a user, by provider. */
export type StoredRecords = Readonly<Record<string, unknown>>;

/** By key the record that is to be stored; null removes what is there. */
export type RecordChanges = Readonly<Record<string, EnrolmentRecord | null>>;

/** Decides what becomes of a user's records. */
export interface RecordPlan {
  /** Keys whose records the decision rests on, besides those that it changes. */
  readonly basis?: readonly string[];
  /**
   * The decision for what is stored. It is asked again when that has changed meanwhile.
   *
   * @throws FactorError where the plan must not be carried out any more
   */
  decide(stored: StoredRecords): RecordChanges;
}

/** What plans change, one after the other, about what is stored. */
export function changesOf(plans: readonly RecordPlan[], stored: StoredRecords): RecordChanges {
  let changes: RecordChanges = {};
  for (const plan of plans) changes = { ...changes, ...plan.decide({ ...stored, ...changes }) };
  return changes;
}
