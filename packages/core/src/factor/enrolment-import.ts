/**
 * How a factor takes over what another factor has kept, where an administrator moves users.
 *
 * @typeParam Enrolment what the factor keeps about a user
 */
export interface EnrolmentImport<Enrolment extends object> {
  /**
   * The enrolment for what another factor has kept of a user.
   *
   * @returns undefined where it is of another kind of factor
   * @throws FactorError `invalid_input`, `address_refused` where this factor cannot use it; the user is left as they are
   */
  importEnrolment(kept: Readonly<Record<string, unknown>>): Enrolment | undefined;
}
