/**
 * What a login has proven in place of the password. Wrong codes of a second factor are counted separately for each
 * primary factor. So an attacker who knows one primary factor cannot lock the user out of the others.
 */
export interface AttemptBucket {
  /** The key of the factor or of the provider. */
  readonly name: string;
  /**
   * What is counted together if a challenge leaves something for the login that follows: one composed factor, or all
   * other providers. Parse Server does not say which of these providers a challenge was requested with.
   */
  readonly group: string;
  /** Set if codes that were requested behind it answer nothing else, and it accepts none that were requested elsewhere. */
  readonly isApart?: true;
}
