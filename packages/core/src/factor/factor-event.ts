import type { FactorErrorCode } from '../error/factor-error.js';
import type { Purpose } from './purpose.js';

/** What can happen to a factor. */
export type FactorEventType =
  /** A code was made for the user, or an enrolment was begun. */
  | 'challenged'
  /** A channel accepted the message. */
  | 'delivered'
  /** No channel accepted the message; its code is void. */
  | 'delivery_failed'
  /** The user set up the factor. */
  | 'enrolled'
  /** The user set up the factor again, in place of the earlier enrolment. */
  | 'replaced'
  /** A credential was correct. */
  | 'verified'
  /** A fixed code of the option `testCodes` was used. */
  | 'test_code_used'
  /** A credential was rejected; `reason` says why. */
  | 'rejected'
  /** There were too many wrong codes. Nothing is checked until `retryAt`. */
  | 'locked'
  /** The user was notified of a change at one of their addresses; `reason` names the change. */
  | 'notified'
  /** The user's password was reset with a code of the factor. */
  | 'password_reset'
  /** The owner of an unverified `email` took the account over with a code of the factor. All of its earlier credentials ended. */
  | 'account_taken_over'
  /** The user verified an address with a code of the factor; `reason` names the field, such as `email`. */
  | 'address_verified'
  /** An address of the user object was changed; `reason` names the field, such as `email`. */
  | 'address_changed'
  /** The factor was removed. */
  | 'removed'
  /** A recovery code was used; `remaining` says how many are left. */
  | 'recovery_used'
  /** Few recovery codes are left; `remaining` says how many. */
  | 'recovery_low'
  /** A recovery code was accepted as a proof for changing factors. The user's other sessions have ended. */
  | 'recovery_proven'
  /** A recovery code has started the waiting time for such a proof. From `retryAt` on, another code is a proof. */
  | 'recovery_begun'
  /** The user verified one of their factors, which ended the waiting time. */
  | 'recovery_cancelled'
  /** A trusted device lost its trust; `reason` says why. */
  | 'device_revoked'
  /** The user signed in from a device that they have not used for 180 days. */
  | 'new_device'
  /** The user's sessions were ended; `reason` says why, such as `removed`, or `user` or `administrator` for who has ended them. */
  | 'sessions_revoked'
  /** An administrator listed the user's factors. */
  | 'listed'
  /** The user's data was exported; `reason` is `user` or `administrator`, for who exported it. */
  | 'exported'
  /** An administrator removed the factor. */
  | 'reset'
  /** An administrator issued a help code. */
  | 'help_issued'
  /** A help code was used to log in. Its session may change factors. */
  | 'help_used'
  /** An administrator moved the user's enrolments to other factors; `reason` names them. */
  | 'moved'
  /** An administrator sealed the users' records again; `reason` says how many. */
  | 'resealed'
  /** An administrator ended the factor's locks. */
  | 'unlocked'
  /** Too few codes to a country came back: no messages go there until `retryAt`, but to numbers that are set up. */
  | 'country_closed'
  /** An administrator has opened the country again. */
  | 'country_opened'
  /** An event does not reach the webhook; `reason` says why. Sent to the listener and the event log only. */
  | 'webhook_failed'
  /** The server's configuration leaves the factors open; `reason` says how. */
  | 'misconfigured'
  /**
   * The store, a key, the random source or a provider that checks codes failed, or sessions are left that should have ended (`sessions_left`); `reason`
   * names the type of fault.
   */
  | 'fault';

/** All types of events. */
export const FACTOR_EVENT_TYPES: readonly FactorEventType[] = Object.keys({
  challenged: true,
  delivered: true,
  delivery_failed: true,
  enrolled: true,
  replaced: true,
  verified: true,
  test_code_used: true,
  rejected: true,
  locked: true,
  notified: true,
  password_reset: true,
  account_taken_over: true,
  address_verified: true,
  address_changed: true,
  removed: true,
  recovery_used: true,
  recovery_low: true,
  recovery_proven: true,
  recovery_begun: true,
  recovery_cancelled: true,
  device_revoked: true,
  new_device: true,
  sessions_revoked: true,
  listed: true,
  exported: true,
  reset: true,
  help_issued: true,
  help_used: true,
  moved: true,
  resealed: true,
  unlocked: true,
  country_closed: true,
  country_opened: true,
  webhook_failed: true,
  misconfigured: true,
  fault: true,
} satisfies Record<FactorEventType, true>) as FactorEventType[];

/** An event. It never holds a code, a secret, an address or the text of another error. */
export interface FactorEvent {
  readonly type: FactorEventType;
  /** The key of the factor in `auth`, such as `otp`. */
  readonly factor: string;
  /** The `objectId` of the user, if there is one. */
  readonly userId: string | undefined;
  /** What the user wanted to prove. */
  readonly purpose: Purpose | undefined;
  /** The client's IP address, as Parse Server saw it; with `byMasterKey`, that of an administrator or of the server's own code. */
  readonly ip: string | undefined;
  /** Set if the request used the master key. */
  readonly byMasterKey?: true;
  /** When it happened, in epoch milliseconds. */
  readonly at: number;
  /**
   * For `rejected`: the error's slug, or a more precise reason, such as `step_used` or `passkey_origin`. For
   * `delivery_failed` and `fault`: the name or code of the fault.
   */
  readonly reason?: FactorErrorCode | (string & {});
  /** For `locked`: when the lock ends. For `country_closed`: when the country opens again. For `recovery_begun`: when the waiting time ends. In epoch milliseconds. */
  readonly retryAt?: number;
  /** For recovery codes: how many are left. */
  readonly remaining?: number;
  /** For messages to phones: the number's country as an ISO 3166-1 alpha-2 code, `ZZ` if there is none. */
  readonly country?: string;
  /** For `delivered` and `delivery_failed`, if the channel offers ways: the one that was used, such as `voice`. */
  readonly via?: string;
  /** With `country`, of `delivered` and `verified`: messages that this server has sent there since the hour began. */
  readonly sent?: number;
  /** With `country`: how many of these codes were verified. */
  readonly verified?: number;
}

/** An address that a factor sends a notification to. */
export interface NotifiedAddress {
  /** The key of the factor. */
  readonly factor: string;
  /** The normalised address. */
  readonly address: string;
}

/** What a factor reports. The caller adds the time, and the user if the factor names none. */
export type FactorOccurrence = Pick<FactorEvent, 'type'> &
  Partial<
    Pick<FactorEvent, 'purpose' | 'userId' | 'reason' | 'retryAt' | 'remaining' | 'country' | 'via' | 'sent' | 'verified'>
  > & {
    /**
     * `false` calls the listener only: no row of the event log, and no message to the webhook. For events that unknown clients can cause
     * without limit.
     */
    readonly isLogged?: false;
    /**
     * Addresses that are notified as well, with the keys of the factors that send to them.
     *
     * @internal
     */
    readonly alsoAt?: readonly NotifiedAddress[];
  };

/** Receives events, for logs, metrics or notifications. Errors it throws are ignored. */
export type FactorListener = (event: FactorEvent) => unknown;
