import type { CodeTarget } from '../factor/address-proof.js';

/** What a code is bound to, and where else it is accepted from. */
export interface CodeBinding extends CodeTarget {
  /** Further subjects whose live code is accepted here. Attempts at it are counted for `subject`. */
  readonly others?: readonly string[];
}
