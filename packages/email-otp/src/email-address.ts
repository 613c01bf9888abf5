import { domainToASCII } from 'node:url';
import { FactorError } from '@parse-factors/core';

/** RFC 5321, section 4.5.3.1: octets of a local part, and of a path without its brackets. */
const MAX_LOCAL = 64;
const MAX_ADDRESS = 254;
/** Characters that are looked at, with the spaces around an address. */
const MAX_TYPED = 320;

/** RFC 5322, section 3.2.3: dot-atom in ASCII. Quoted local parts and display names do not match. */
const LOCAL = /^[a-z0-9!#$%&'*+/=?^_`{|}~-]+(?:\.[a-z0-9!#$%&'*+/=?^_`{|}~-]+)*$/;
/** Letters, marks, digits, hyphens and dots of any script; `domainToASCII` would undo escapes. */
const WRITTEN_DOMAIN = /^[\p{L}\p{M}\p{N}.-]+$/u;
/** At least two labels (RFC 1035, section 2.3.1), the last one not a number: no address literals. */
const DOMAIN = /^(?:[a-z0-9](?:[a-z0-9-]{0,61}[a-z0-9])?\.)+[a-z](?:[a-z0-9-]{0,61}[a-z0-9])?$/;

/** What a keyboard or a clipboard leaves around an address. Line ends and invisible characters are refused. */
const SPACES_AROUND = /^\p{Zs}+|\p{Zs}+$/gu;

/**
 * The one form of an e-mail address: without spaces around it, lower case, the domain in ASCII (UTS #46, Punycode).
 * Sub-addresses (`a+b@…`) and dots stay as they are. The local part is ASCII; quoted local
 * parts, display names, lists, comments and address literals are refused.
 *
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
    throw new FactorError('invalid_input', { sentence: 'Field "email" must be an e-mail address, such as name@example.com.' });
  }
  return address;
}

/** The first letter of each part, where that leaves enough hidden, behind masks of constant length. */
export function maskEmail(address: string): string {
  const at = address.lastIndexOf('@');
  const domain = address.slice(at + 1);
  const dot = domain.lastIndexOf('.');
  const hint = (part: string): string => `${part.length >= 3 ? part.slice(0, 1) : ''}•••`;
  return `${hint(address.slice(0, at))}@${hint(domain.slice(0, dot))}${domain.slice(dot)}`;
}
