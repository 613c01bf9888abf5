import type { FactorUser } from '../factor/context.js';
import type { Purpose } from '../factor/purpose.js';

/** What a code is bound to: one address, one subject and one purpose. */
export interface CodeBinding {
  /** The store's name for what attempts are counted for. */
  readonly subject: string;
  /** Further subjects whose live code is accepted here. Attempts at it are counted for `subject`. */
  readonly others?: readonly string[];
  readonly purpose: Purpose;
  /** The normalised address. */
  readonly address: string;
  /** The user that the code is for; undefined if the user is not known yet. */
  readonly user: FactorUser | undefined;
}
