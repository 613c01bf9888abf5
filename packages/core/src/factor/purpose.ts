/** What a credential is meant to prove. A code made for one purpose is refused for any other. */
export type Purpose =
  /** The user signs in: after the primary factor, or with the credential as the primary factor. */
  | 'sign-in'
  /** The address or authenticator belongs to the user, who sets it up. */
  | 'enrolment'
  /** The person who uses the session is still its user (a step-up proof). */
  | 'fresh-proof'
  /** The person receives messages at the address of the user whose password they set anew. */
  | 'password-reset'
  /** The person receives messages at an address of the user object, such as `email`. */
  | 'address-verification'
  /** The user confirms a payment, whose amount and payee they have read in the message. */
  | 'payment';

/** The purposes for which attempts are counted by user. Those at a code for a new password are counted by address. */
export const USER_PURPOSES: readonly Purpose[] = ['sign-in', 'enrolment', 'fresh-proof', 'address-verification', 'payment'];

/** Every {@link Purpose}. */
export const PURPOSES: readonly Purpose[] = [...USER_PURPOSES, 'password-reset'];
