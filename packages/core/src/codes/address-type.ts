import type { FactorUser } from '../factor/context.js';

/** What a code factor keeps about a user. */
export interface AddressEnrolment {
  /** The normalised address that was confirmed. */
  readonly address: string;
}

/** What a concrete factor knows about its addresses. */
export interface AddressType {
  /** Name of the address in payloads, such as `phone`. */
  readonly field: string;
  /** How messages call it. */
  readonly noun: 'address' | 'number';
  /**
   * The one form of an address, by which it is kept, compared and sent to.
   *
   * @throws FactorError `invalid_input` or `address_refused`
   */
  readonly normalise: (input: string) => string;
  /** As much of it as its owner needs to recognise it, at constant length where hidden. */
  readonly mask: (address: string) => string;
  /** Where it is, for limits and counts by place; left out where that says nothing. */
  readonly region?: (address: string) => {
    /** ISO 3166-1 alpha-2 code, or `ZZ`. */
    readonly country: string;
    /** What numbers of one range have in common. */
    readonly prefix: string;
  };
  /**
   * The mailbox that an address stands for in quotas, which many spellings may share; undefined for an address that is
   * counted by itself, as all are by default. Nothing else goes by it: the address stays the identity.
   */
  readonly mailboxOf?: (address: string) => string | undefined;
  /** Messages to one range in an hour; no limit by default. */
  readonly maxSendsPerPrefix?: number;
  /** For notices: the user's address on his user object, where he has confirmed it. */
  readonly confirmed?: (user: FactorUser) => string | undefined;
  /** The last line of every message with a code, where its readers expect one; none by default. */
  readonly autofillLine?: (code: string) => string;
}
