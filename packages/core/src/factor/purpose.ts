/** What a credential is meant to prove. A code made for one purpose is refused for any other. */
export type Purpose =
  /** The user signs in: after the primary factor, or with the credential as the primary factor. */
  | 'sign-in'
  /** The address or authenticator belongs to the user, who sets it up. */
  | 'enrolment'
  /** The person who uses the session is still its user (a step-up proof). */
  | 'fresh-proof';

/** Every {@link Purpose}. */
export const PURPOSES: readonly Purpose[] = ['sign-in', 'enrolment', 'fresh-proof'];
