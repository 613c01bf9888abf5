import type { CodeOwner, FactorUser, Reply, RequestContext } from './context.js';
import type { AccountChange, SecurityNotification } from './notification.js';
import type { VerifiedCredential } from './primary-sign-in.js';
import type { Purpose } from './purpose.js';

/** What a code is bound to: one address, one subject and one purpose. */
export interface CodeTarget {
  /** The store's name for what attempts are counted for. */
  readonly subject: string;
  readonly purpose: Purpose;
  /** The normalised address. */
  readonly address: string;
  /** The user that the code is for; undefined if the user is not known yet. */
  readonly user: FactorUser | undefined;
  /** Whose account the code concerns, where `user` is undefined. Left out, no fixed test code is accepted. */
  readonly owner?: CodeOwner | undefined;
}

/** How long a factor accepts fixed test codes. */
export interface TestCodePeriod {
  /** The last day, as it was configured, such as `2027-01-31`. */
  readonly lastDay: string;
  /** When the last day begins, in epoch milliseconds. */
  readonly startsLastDay: number;
  /** From when on test codes are refused, in epoch milliseconds. */
  readonly ends: number;
}

/** A code that is live and not sent yet. */
export interface IssuedCode {
  /** The reply to the client. */
  readonly reply: Reply;
  /**
   * Sends the code. If no channel accepts it, the code is void.
   *
   * @throws FactorError `delivery_failed`, `address_refused`
   */
  deliver(): Promise<void>;
  /** Takes back what was counted for its country, if the code is not sent; undefined if nothing was. */
  withdraw(): Promise<void> | undefined;
}

/** A correct code that is not used up yet. */
export type CheckedCode = Omit<VerifiedCredential, 'id'>;

/**
 * How a factor proves that a person receives messages at an address, without a session and before a user is known. The
 * factor's own limits on codes and messages apply.
 *
 * @typeParam Enrolment what the factor keeps about a user
 */
export interface AddressProof<Enrolment extends object> {
  /** The name of the address in payloads, such as `email`. */
  readonly field: string;

  /** How long fixed test codes are accepted; undefined for never. */
  readonly testCodes?: TestCodePeriod | undefined;

  /**
   * Returns the normalised form of an address that a client has sent.
   *
   * @throws FactorError `invalid_input`, `address_refused`
   */
  normalise(input: string): string;

  /** Returns the addresses that an enrolment sends codes to, oldest first. */
  addressesOf(enrolment: Enrolment): readonly [string, ...string[]];

  /** Returns the enrolment with the addresses that are kept; undefined for none. */
  only(enrolment: Enrolment, isKept: (address: string) => boolean): Enrolment | undefined;

  /** Returns the user's confirmed address from the user object; undefined if there is none. */
  confirmed(user: FactorUser): string | undefined;

  /** Tells whether two normalised addresses may be one mailbox or one phone. It never tells that they are. */
  isSame(one: string, other: string): boolean;

  /** Returns the reply for a code that is sent at that time by that way, without its destination. */
  reply(sentAt: number, via: string | undefined): Reply;

  /** Returns as much of a normalised address as its owner needs to recognise it. */
  mask(address: string): string;

  /** Prepares a security notification to an address. Returns undefined if the channel sends none. */
  notice(address: string, user: FactorUser, change: AccountChange): SecurityNotification | undefined;

  /** Minimum time between two codes, in milliseconds. */
  readonly cooldownMs: number;

  /**
   * Makes a new live code, within the limits.
   *
   * @throws FactorError `cooldown`, `address_refused`
   */
  issue(context: RequestContext, target: CodeTarget): Promise<IssuedCode>;

  /**
   * Reads a code that a client has sent.
   *
   * @throws FactorError `invalid_input`
   */
  readCode(payload: unknown): string;

  /**
   * Counts an attempt and checks a code, without using it up. The reply is the same whether a code is live or not.
   *
   * @throws FactorError `code_rejected`
   */
  check(context: RequestContext, target: CodeTarget, code: string): Promise<CheckedCode>;
}
