/**
 * How a factor imports the enrolments of another factor, when an administrator moves users.
 *
 * @typeParam Enrolment what the factor keeps about a user
 */
export interface EnrolmentImport<Enrolment extends object> {
  /**
   * Returns the enrolment for what another factor has kept about a user.
   *
   * @returns undefined if it belongs to another type of factor
   * @throws FactorError `invalid_input`, `address_refused` if this factor cannot use it; the user stays unchanged
   */
  importEnrolment(kept: Readonly<Record<string, unknown>>): Enrolment | undefined;
}
