import type { ConversionLimit } from './limits/conversion-limit.js';
import type { Authentication } from '../factor/authentication.js';
import type { LastLine } from '../delivery/message.js';
import type { FactorUser } from '../factor/context.js';
import type { MessageRequest } from './message-request.js';

/** What a code factor keeps about a user. */
export interface AddressEnrolment {
  /** The normalised address that the user confirmed. */
  readonly address: string;
}

/** What a concrete factor defines about its addresses. */
export interface AddressType {
  /** Name of the address field in payloads, such as `phone`. */
  readonly field: string;
  /** What messages call the address. */
  readonly noun: 'address' | 'number';
  /**
   * Returns the normalised form of an address. It is what the factor stores, compares and sends to.
   *
   * @throws FactorError `invalid_input` or `address_refused`
   */
  readonly normalise: (input: string) => string;
  /**
   * As `normalise`, but also accepts addresses that have no owner, such as phone numbers reserved for fiction. Only addresses of
   * the option `testCodes` are read with it. Left out if there are none.
   *
   * @throws FactorError `invalid_input` or `address_refused`
   */
  readonly normaliseForTests?: (input: string) => string;
  /** Returns as much of the address as its owner needs to recognise it. The hidden part has a constant length. */
  readonly mask: (address: string) => string;
  /** Returns where the address belongs, for limits and counts by place. Left out if addresses have no place. */
  readonly region?: (address: string) => {
    /** ISO 3166-1 alpha-2 code, or `ZZ` if there is none. */
    readonly country: string;
    /** The prefix that the numbers of one range share. */
    readonly prefix: string;
  };
  /**
   * Returns the mailbox that quotas count the address for; undefined to count the address by itself, which is the
   * default. It stops a client from avoiding quotas with other spellings of one mailbox. The address stays the
   * identity.
   */
  readonly mailboxOf?: (address: string) => string | undefined;
  /** Messages to one number range in an hour; no limit by default. */
  readonly maxSendsPerPrefix?: number;
  /** When to close a country because its codes do not come back; never by default. Needs `region`. */
  readonly conversion?: ConversionLimit;
  /** Returns the user's confirmed address from the user object. Security notifications go there as well. */
  readonly confirmed?: (user: FactorUser) => string | undefined;
  /** What a code that was sent to such an address proves; nothing by default. */
  readonly authentication?: Authentication;
  /**
   * Returns the last line of a message with a code, in the format that devices read for autofill; none by default. It may depend
   * on the request that the message is for.
   */
  readonly autofillLine?: (code: string, request: MessageRequest) => LastLine | undefined;
}
