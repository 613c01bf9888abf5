import type { CodeTarget } from '../factor/address-proof.js';

/** What a code is bound to, and where else it is accepted from. */
export interface CodeBinding extends CodeTarget {
  /** Further subjects whose live code is accepted here. Attempts at it are counted for `subject`. */
  readonly others?: readonly string[];
  /** The id of the authenticator, if the user may have several. A code outlives neither its address nor its authenticator. */
  readonly authenticator?: string | undefined;
}

/** What the digest of a code is made of, besides its subject and the code. */
export const boundTo = ({ address, authenticator }: Omit<CodeBinding, 'user'>): readonly string[] =>
  authenticator === undefined ? [address] : [address, authenticator];
