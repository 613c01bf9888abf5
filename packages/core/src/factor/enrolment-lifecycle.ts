/**
 * How an enrolment changes with its use and with the account.
 *
 * @typeParam Enrolment what the factor keeps about a user
 */
export interface EnrolmentLifecycle<Enrolment extends object> {
  /**
   * Tells whether two enrolments are the same factor, apart from what its use changes, such as a counter. A pending
   * login is refused if its factor was exchanged meanwhile. By default, the two must be equal as JSON.
   */
  isSame?(before: Enrolment, after: Enrolment): boolean;

  /**
   * Returns what is left of a backup authenticator after a change of the password or of another factor. By default
   * all of it.
   *
   * @returns the same object if nothing changes
   */
  afterAccountChange?(enrolment: Enrolment): Enrolment;
}

interface HasLifecycle<Enrolment extends object> {
  readonly lifecycle?: EnrolmentLifecycle<Enrolment> | undefined;
}

/** Tells whether two enrolments of a factor are the same; see {@link EnrolmentLifecycle.isSame}. */
export const sameEnrolment = <Enrolment extends object>(
  { lifecycle }: HasLifecycle<Enrolment>,
  before: Enrolment,
  after: Enrolment,
): boolean => lifecycle?.isSame?.(before, after) ?? JSON.stringify(before) === JSON.stringify(after);

/** Returns what is left of an enrolment; see {@link EnrolmentLifecycle.afterAccountChange}. */
export const afterAccountChange = <Enrolment extends object>(
  { lifecycle }: HasLifecycle<Enrolment>,
  enrolment: Enrolment,
): Enrolment => lifecycle?.afterAccountChange?.(enrolment) ?? enrolment;
