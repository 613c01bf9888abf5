import type { EnrolledContext } from './context.js';

/** What became of an answer that was right. */
export interface RecoveryAnswer {
  /** From when on one more answer is a proof, in epoch milliseconds; undefined where this one is. */
  readonly waitsUntil?: number;
  /** Whether the wait has only now begun. */
  readonly isNew?: boolean;
}

/**
 * How a second answer becomes a proof for changing factors, in a session that a first one has opened. It is for
 * users who have lost what they would prove it with.
 *
 * @typeParam Enrolment what the factor keeps about a user
 */
export interface Recovery<Enrolment extends object> {
  /** Whether an answer may have to wait; a login with a factor of the user ends that. */
  readonly isDelayed: boolean;

  /** Whether that session has begun a wait that goes on. */
  isBegunBy(session: string, enrolment: Enrolment): boolean;

  /**
   * Checks and spends an answer.
   *
   * @throws FactorError `code_rejected`, `locked`, `invalid_input`
   */
  prove(context: EnrolledContext<Enrolment>, payload: unknown, enrolment: Enrolment): Promise<RecoveryAnswer>;

  /** The enrolment without a wait; the same object where there is none. */
  cancelled(enrolment: Enrolment): Enrolment;
}
