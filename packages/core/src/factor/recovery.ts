import type { EnrolledContext } from './context.js';

/** What a right answer leads to. */
export interface RecoveryAnswer {
  /** From when on another answer is a proof, in epoch milliseconds; undefined where this one is. */
  readonly waitsUntil?: number;
  /** Whether the wait has only now begun. */
  readonly isNew?: boolean;
}

/**
 * How a second answer becomes a proof for changing factors, in a session that a first one has opened. It is for
 * users who have lost what they would prove it with.
 *
 * @typeParam Enrolment what the factor keeps about a user
 * @typeParam Answer what it reads an answer to
 */
export interface Recovery<Enrolment extends object, Answer = unknown> {
  /** Whether an answer may have to wait; a login with a factor of the user ends that. */
  readonly isDelayed: boolean;

  /** Whether that session has begun a wait that goes on. */
  isBegunBy(session: string, enrolment: Enrolment): boolean;

  /**
   * Checks an answer and uses it up, unless a wait goes on.
   *
   * @throws FactorError `code_rejected`, `locked`, `invalid_input`
   */
  prove(context: EnrolledContext<Enrolment>, answer: Answer, enrolment: Enrolment): Promise<RecoveryAnswer>;

  /** The enrolment without a wait; the same object where there is none. */
  cancelled(enrolment: Enrolment): Enrolment;
}
