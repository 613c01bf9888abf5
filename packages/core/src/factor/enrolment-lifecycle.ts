/**
 * What becomes of an enrolment as it is used and as the account changes.
 *
 * @typeParam Enrolment what the factor keeps about a user
 */
export interface EnrolmentLifecycle<Enrolment extends object> {
  /**
   * Whether two enrolments of a user are the same factor, whatever its use has changed about it, such as a counter. A login
   * that was under way while the one was exchanged for the other is refused where they are not. By default they must be
   * equal as JSON.
   */
  isSame?(before: Enrolment, after: Enrolment): boolean;

  /**
   * What is left of a backup authenticator once the password, or a factor beside it, has changed. By default all of it.
   *
   * @returns the same object where nothing changes
   */
  afterAccountChange?(enrolment: Enrolment): Enrolment;
}

interface HasLifecycle<Enrolment extends object> {
  readonly lifecycle?: EnrolmentLifecycle<Enrolment> | undefined;
}

/** Whether two enrolments of a factor are the same; see {@link EnrolmentLifecycle.isSame}. */
export const sameEnrolment = <Enrolment extends object>(
  { lifecycle }: HasLifecycle<Enrolment>,
  before: Enrolment,
  after: Enrolment,
): boolean => lifecycle?.isSame?.(before, after) ?? JSON.stringify(before) === JSON.stringify(after);

/** What is left of an enrolment; see {@link EnrolmentLifecycle.afterAccountChange}. */
export const afterAccountChange = <Enrolment extends object>(
  { lifecycle }: HasLifecycle<Enrolment>,
  enrolment: Enrolment,
): Enrolment => lifecycle?.afterAccountChange?.(enrolment) ?? enrolment;
