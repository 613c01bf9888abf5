/**
 * What a login has proven in place of the password. Wrong answers to a second factor are counted for each
 * primary factor apart, so that knowing one locks nothing that stands behind another.
 */
export interface PrimaryFactor {
  /** The key of the factor or of the provider. */
  readonly name: string;
  /**
   * What counts together where a challenge leaves something for the login that follows: one factor of
   * ours, or all other providers. Parse Server does not say by which of these a challenge is asked for.
   */
  readonly group: string;
}
