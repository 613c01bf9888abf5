/** What an answer is to prove. A code made for one purpose is refused for any other. */
export type Purpose =
  /** Logging in: after the first factor, or alone. */
  | 'sign-in'
  /** That an address or authenticator is the user's, to set it up. */
  | 'enrolment'
  /** That the person who holds a session is still its user. */
  | 'fresh-proof';

/** Every {@link Purpose}. */
export const PURPOSES: readonly Purpose[] = ['sign-in', 'enrolment', 'fresh-proof'];
