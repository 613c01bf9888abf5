/**
 * How a user has several of a factor, such as passkeys or devices.
 *
 * @typeParam Enrolment what the factor keeps about a user
 */
export interface MultipleEnrolments<Enrolment extends object> {
  /**
   * The id by which Parse Server finds the user of the factor; left out where nobody is looked up by it. It is stored in
   * the open, so it must tell nothing and be impossible to guess.
   */
  lookupIdOf?(enrolment: Enrolment): string;

  /**
   * What is kept where one more was set up. It may be called more than once, with what another request has stored meanwhile.
   *
   * @param stored what is kept already
   * @param added what was confirmed
   * @throws FactorError `already_enrolled`, `invalid_input`
   */
  merge(stored: Enrolment, added: Enrolment): Enrolment;
}
