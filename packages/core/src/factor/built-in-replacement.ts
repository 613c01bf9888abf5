/**
 * How a factor takes the place of a provider that is built into Parse Server, with its users.
 *
 * @typeParam Enrolment what the factor keeps about a user
 * @typeParam Answer what it reads an answer to
 * @typeParam Confirmation what it reads the confirmation of an enrolment to
 */
export interface BuiltInReplacement<Enrolment extends object, Answer = unknown, Confirmation = Answer> {
  /** The provider's name; the factor serves under that key and no other. */
  readonly provider: string;
  /** Stored beside what is sealed, so that the provider itself, should it be put back, lets nobody in with it. */
  readonly tombstone: Readonly<Record<string, string>>;
  /**
   * The enrolment that a record of that provider stands for. It is sealed at its next use.
   *
   * @throws FactorError `unavailable` for anything else
   */
  importRecord(record: Readonly<Record<string, unknown>>): Enrolment;
  /** Whether an answer is one of a backup authenticator, as a recovery code is: never a fresh proof. */
  isBackup(answer: Answer): boolean;
  /** The answer to the factor as it is that a confirmation carries along as a fresh proof; undefined for none. */
  proofIn(confirmation: Confirmation): Answer | undefined;
}
