/**
 * Returns the name of the field that says whether an address of a user is verified, such as `emailVerified` for `email`. Parse
 * Server's own field has that form.
 *
 * @param field the field that holds the address
 */
export const verifiedFieldOf = (field: string): string => `${field}Verified`;

/**
 * The field that says that a user with a factor, or with a verified `email`, has changed it. The owner of an unverified `email` may take over an
 * account that a stranger has opened with it, but a stolen session can change the `email` of any account to the thief's: that
 * must not go around the factors.
 */
export const EMAIL_CHANGED = 'emailChanged';

/**
 * Whether an address that changes loses its mark as verified: Parse Server takes that of the `email` away, or the guard does.
 *
 * @param verifiesEmails whether Parse Server verifies emails
 */
export const losesMark = (
  field: string,
  { addressVerification }: { readonly addressVerification: Readonly<Record<string, string>> },
  verifiesEmails: boolean,
): boolean => Object.hasOwn(addressVerification, field) || (field === 'email' && verifiesEmails);
