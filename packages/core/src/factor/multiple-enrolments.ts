/**
 * How a user has several enrolments of a factor, such as passkeys or devices.
 *
 * @typeParam Enrolment what the factor keeps about a user
 */
export interface MultipleEnrolments<Enrolment extends object> {
  /**
   * Returns the id by which Parse Server finds the user of the factor. Left out if no user is looked up by it. It is
   * stored unsealed, so it must reveal nothing and be impossible to guess.
   */
  lookupIdOf?(enrolment: Enrolment): string;

  /**
   * Returns the enrolment with one more added. It may be called more than once, with what another request has stored
   * meanwhile.
   *
   * @param stored the current enrolment
   * @param added the enrolment that was confirmed
   * @throws FactorError `already_enrolled`, `invalid_input`
   */
  merge(stored: Enrolment, added: Enrolment): Enrolment;
}
