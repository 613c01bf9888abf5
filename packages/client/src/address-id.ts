/** The address that a passwordless sign-in is for. */
export type SignInAddress = { readonly email: string } | { readonly phone: string };

/**
 * The id of an address, for where the `id` of the server's reply is lost: lower case with its domain in ASCII, or E.164.
 * It agrees with the server, which refuses what is no address. Of trunk prefixes it knows only `(0)`.
 */
export function addressId(address: SignInAddress): string {
  if ('phone' in address) return address.phone.replace(/\(0\)/, '').replace(/[\p{Zs}().\-\u2010-\u2013]/gu, '');
  const email = address.email.replace(/^\p{Zs}+|\p{Zs}+$/gu, '').toLowerCase();
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
