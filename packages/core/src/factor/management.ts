import type { EnrolledContext } from './context.js';

/**
 * How a user changes an enrolment, such as renaming a passkey or revoking a device.
 *
 * @typeParam Enrolment what the factor keeps about a user
 * @typeParam Change what `read` returns for such a payload; see `ManageCommand`
 */
export interface Management<Enrolment extends object, Change = unknown> {
  /**
   * Makes the change, with {@link EnrolledContext.change}.
   *
   * @throws FactorError `invalid_input`, `not_enrolled`
   */
  apply(context: EnrolledContext<Enrolment>, change: Change): Promise<void>;
}
