/** The address that a passwordless sign-in is for. */
export type SignInAddress = { readonly email: string } | { readonly phone: string };

/**
 * The id of an address: the one form in which the server keeps it, lower case with its domain in ASCII, or E.164. What
 * is no address, the server refuses. Needed to link an address to somebody who is signed in.
 */
export function addressId(address: SignInAddress): string {
  if ('phone' in address) return address.phone.replace(/[\s().-]/g, '');
  const email = address.email.trim().toLowerCase();
  const at = email.lastIndexOf('@') + 1;
  return email.slice(0, at) + asciiDomain(email.slice(at));
}

function asciiDomain(domain: string): string {
  if (/^[\w.-]*$/.test(domain)) return domain;
  try {
    return new URL(`http://${domain}`).hostname;
  } catch {
    return domain;
  }
}
