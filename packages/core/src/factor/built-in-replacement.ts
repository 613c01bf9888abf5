/**
 * How a factor replaces a built-in provider of Parse Server, and keeps its users.
 *
 * @typeParam Enrolment what the factor keeps about a user
 * @typeParam Answer what `read` returns for a credential
 * @typeParam Confirmation what `read` returns for the confirmation of an enrolment
 */
export interface BuiltInReplacement<Enrolment extends object, Answer = unknown, Confirmation = Answer> {
  /** The provider's name. The factor must have exactly this key. */
  readonly provider: string;
  /** Stored beside the sealed enrolment. If the built-in provider is put back, it accepts no login with this record. */
  readonly tombstone: Readonly<Record<string, string>>;
  /**
   * Returns the enrolment for a record of that provider. It is sealed at its next use.
   *
   * @throws FactorError `unavailable` for any other record
   */
  importRecord(record: Readonly<Record<string, unknown>>): Enrolment;
  /** Tells whether a credential is one of a backup authenticator, such as a recovery code. It is never a step-up proof. */
  isBackup(answer: Answer): boolean;
  /**
   * Returns the credential of the current enrolment that a confirmation also carries, as a step-up proof; undefined
   * if none.
   */
  proofIn(confirmation: Confirmation): Answer | undefined;
}
