/**
 * How a user has several enrolments of a factor, such as passkeys, authenticator apps or devices. Another enrolment is added to
 * those before. Without this, it replaces the one before.
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
   * Returns the enrolment with one more added, or one in place of another. It may be called more than once, with what another
   * request has stored meanwhile.
   *
   * @param stored the current enrolment
   * @param added the enrolment that was confirmed
   * @param replaces the id of the one that it replaces, as `Confirmed.replaces` has it
   * @throws FactorError `already_enrolled`, `invalid_input`, `not_enrolled`
   */
  merge(stored: Enrolment, added: Enrolment, replaces?: string): Enrolment;
}
