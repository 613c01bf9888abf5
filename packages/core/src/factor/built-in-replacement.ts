/** What it takes to stand in the place of a provider that is built into Parse Server, with its users. */
export interface BuiltInPlace<Enrolment extends object> {
  /** The provider's name; the factor serves under that key and no other. */
  readonly provider: string;
  /**
   * The enrolment that a record of that provider stands for. It is sealed at its next use.
   *
   * @throws FactorError `unavailable` for anything else
   */
  adopt(record: Readonly<Record<string, unknown>>): Enrolment;
  /** Stands beside what is sealed, so that the provider, should it be put back, lets nobody in with it. */
  readonly decoy: Readonly<Record<string, string>>;
}
