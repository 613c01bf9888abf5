import { domainToASCII } from 'node:url';
import { FactorError } from '@parse-factors/core';

/** RFC 5321, section 4.5.3.1: octets of a local part, and of a path without its brackets. */
const MAX_LOCAL = 64;
const MAX_ADDRESS = 254;
/** The longest input that is read, with the spaces around the address. */
const MAX_TYPED = 320;

/** RFC 5322, section 3.2.3: dot-atom in ASCII. Quoted local parts and display names do not match. */
const LOCAL = /^[a-z0-9!#$%&'*+/=?^_`{|}~-]+(?:\.[a-z0-9!#$%&'*+/=?^_`{|}~-]+)*$/;
/**
 * Letters, marks, digits, hyphens and dots of any script. Anything else is refused here, because `domainToASCII` decodes
 * escapes.
 */
const WRITTEN_DOMAIN = /^[\p{L}\p{M}\p{N}.-]+$/u;
/** At least two labels (RFC 1035, section 2.3.1). The last one is not a number, which excludes address literals. */
const DOMAIN = /^(?:[a-z0-9](?:[a-z0-9-]{0,61}[a-z0-9])?\.)+[a-z](?:[a-z0-9-]{0,61}[a-z0-9])?$/;

/** Spaces that a keyboard or clipboard leaves around an address. Line ends and invisible characters are refused. */
const SPACES_AROUND = /^\p{Zs}+|\p{Zs}+$/gu;

/**
 * Returns the normalised form of an email address: no spaces around it, lower case, the domain in ASCII (UTS #46, Punycode).
 * Sub-addresses (`a+b@…`) and dots are kept. The local part must be ASCII. Quoted local parts, display names, lists, comments
 * and address literals are refused.
 * @throws FactorError `invalid_input`
 */
export function normaliseEmail(input: string): string {
  const typed = input.length <= MAX_TYPED ? input.replace(SPACES_AROUND, '') : '';
  const at = typed.length <= MAX_ADDRESS ? typed.indexOf('@') : -1;
  const local = typed.slice(0, Math.max(at, 0)).toLowerCase();
  const written = typed.slice(at + 1);
  const domain = WRITTEN_DOMAIN.test(written) ? domainToASCII(written) : '';
  const address = `${local}@${domain}`;
  if (local.length > MAX_LOCAL || address.length > MAX_ADDRESS || !LOCAL.test(local) || !DOMAIN.test(domain)) {
    throw new FactorError('invalid_input', { sentence: 'Field "email" must be an email address, such as name@example.com.' });
  }
  return address;
}

/** Masks an address. It shows the first letter of each part of at least three characters; the masks have a constant length. */
export function maskEmail(address: string): string {
  const at = address.lastIndexOf('@');
  const domain = address.slice(at + 1);
  const dot = domain.lastIndexOf('.');
  const hint = (part: string): string => `${part.length >= 3 ? part.slice(0, 1) : ''}•••`;
  return `${hint(address.slice(0, at))}@${hint(domain.slice(0, dot))}${domain.slice(dot)}`;
}
