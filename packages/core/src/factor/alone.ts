import type { EnrolledContext, Reply, RequestContext } from './context.js';

/** An answer of a second factor that has also said who the user is; used once. */
export interface ProvenAlone {
  /**
   * Spends the answer: resolves for exactly one caller.
   *
   * @throws FactorError `code_rejected`
   */
  spend(): Promise<void>;
}

/**
 * How a second factor also signs in with nothing before it: by an answer that names its user, in the
 * field `id` of its payload, and that proves as much as two factors do.
 *
 * @typeParam Enrolment what the factor keeps about a user
 */
export interface Alone<Enrolment extends object> {
  /**
   * Prepares an answer by whoever it may be.
   *
   * @throws FactorError `invalid_input`
   */
  begin(context: RequestContext, payload: unknown): Promise<Reply>;

  /** @throws FactorError `invalid_input` for what can be no answer to {@link begin}, whoever it is of */
  assertReadable(payload: unknown): void;

  /**
   * Checks an answer by somebody who has proven nothing before, and spends nothing yet.
   *
   * @throws FactorError `code_rejected` whatever is wrong with the answer, `invalid_input`
   */
  check(context: EnrolledContext<Enrolment>, payload: unknown, enrolment: Enrolment): Promise<ProvenAlone>;
}
