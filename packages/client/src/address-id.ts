/** The address of a passwordless sign-in. */
export type SignInAddress = { readonly email: string } | { readonly phone: string };

/**
 * Computes the id of an address, for when the `id` of the server's reply was lost. The result is lower case with the domain in
 * ASCII, or E.164.
 * It agrees with the server for every valid address; the server refuses all others. The only trunk prefix it knows is `(0)`.
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
