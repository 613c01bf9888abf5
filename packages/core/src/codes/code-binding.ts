import type { CodeTarget } from '../factor/address-proof.js';
import { canonicalDetails, type PaymentDetails } from '../validation/payment-details.js';

/** What a code is bound to, and where else it is accepted from. */
export interface CodeBinding extends CodeTarget {
  /** Further subjects whose live code is accepted here. Attempts at it are counted for `subject`. */
  readonly others?: readonly string[];
  /** The id of the authenticator, if the user may have several. A code outlives neither its address nor its authenticator. */
  readonly authenticator?: string | undefined;
  /** The payment that the code confirms. */
  readonly details?: PaymentDetails | undefined;
}

/** What a code that is checked must be bound to. */
export type Bound = Omit<CodeBinding, 'user'> & Partial<Pick<CodeBinding, 'user'>>;

/** What the digest of a code is made of, besides its subject and the code. */
export function boundTo({ address, authenticator, details }: Omit<CodeBinding, 'user'>): readonly string[] {
  if (details !== undefined) return [address, authenticator ?? '', 'payment', canonicalDetails(details)];
  return authenticator === undefined ? [address] : [address, authenticator];
}
