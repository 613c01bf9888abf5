import type { FactorUser } from '../factor/context.js';
import type { Purpose } from '../factor/purpose.js';

/** What a code is to prove: an address, for one subject and purpose. */
export interface CodeBinding {
  /** The store's name for what is guessed at. */
  readonly subject: string;
  /** Further names under which a code may live that is good here; attempts at it are counted for `subject`. */
  readonly others?: readonly string[];
  readonly purpose: Purpose;
  /** The normalised address. */
  readonly address: string;
  /** Whose it is; undefined where that is not known yet. */
  readonly user: FactorUser | undefined;
}
