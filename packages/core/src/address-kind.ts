/** What a concrete factor knows about its addresses. */
export interface AddressKind {
  /** Name of the address in payloads, such as `phone`. */
  readonly field: string;
  /** How the default message calls it, such as `number`. */
  readonly noun: string;
  /**
   * The one form of an address, by which it is kept, compared and sent to.
   *
   * @throws FactorError `invalid_input` or `address_refused`
   */
  readonly normalise: (input: string) => string;
  /** As much of it as its owner needs to recognise it, at constant length where hidden. */
  readonly mask: (address: string) => string;
}
