import type { EnrolledContext } from './context.js';

/** The result of a correct recovery credential. */
export interface RecoveryAnswer {
  /** From when on another credential is a proof, in epoch milliseconds; undefined if this one already is. */
  readonly waitsUntil?: number;
  /** Whether the waiting time has begun with this credential. */
  readonly isNew?: boolean;
}

/**
 * How a second credential becomes a proof for changing factors, in a session that the first one opened. For users who
 * have lost the factors that they would prove it with.
 *
 * @typeParam Enrolment what the factor keeps about a user
 * @typeParam Answer what `read` returns for a credential
 */
export interface Recovery<Enrolment extends object, Answer = unknown> {
  /** Whether a credential may have to wait. A login with one of the user's factors ends the waiting time. */
  readonly isDelayed: boolean;

  /** Tells whether that session started a waiting time that has not ended. */
  isBegunBy(session: string, enrolment: Enrolment): boolean;

  /**
   * Verifies a credential and uses it up, unless a waiting time has not ended.
   *
   * Without {@link EnrolledContext.session} anyone may have sent it: it must then reveal nothing before the credential was
   * correct, and a wrong one must not lock.
   *
   * @throws FactorError `code_rejected`, `locked`, `invalid_input`
   */
  prove(context: EnrolledContext<Enrolment>, answer: Answer, enrolment: Enrolment): Promise<RecoveryAnswer>;

  /** Returns the enrolment without a waiting time; the same object if there is none. */
  cancelled(enrolment: Enrolment): Enrolment;
}
