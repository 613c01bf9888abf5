import type { FactorErrorCode } from '../error/factor-error.js';
import type { Purpose } from './purpose.js';

/** What can happen to a factor. */
export type FactorEventType =
  /** A code was made for the user, or an enrolment begun. */
  | 'challenged'
  /** A channel took the message. */
  | 'delivered'
  /** No channel took the message; its code is void. */
  | 'delivery_failed'
  /** The user set the factor up. */
  | 'enrolled'
  /** The user set it up anew, in place of what it was. */
  | 'replaced'
  /** An answer was right. */
  | 'verified'
  /** An answer was refused; `reason` says why. */
  | 'rejected'
  /** Too many wrong answers: nothing is checked until `retryAt`. */
  | 'locked'
  /** The user was told of a change at an address of his; `reason` says of what. */
  | 'notified'
  /** The factor was removed. */
  | 'removed'
  /** A recovery code was used; `remaining` says how many are left. */
  | 'recovery_used'
  /** Few recovery codes are left; `remaining` says how many. */
  | 'recovery_low'
  /** A recovery code was taken as proof for changing factors; the user's other sessions have ended. */
  | 'recovery_proven'
  /** A recovery code has begun the wait for that; from `retryAt` on another one is a proof. */
  | 'recovery_begun'
  /** A right answer to one of the user's factors has ended that wait. */
  | 'recovery_cancelled'
  /** A trusted device lost its trust; `reason` says why. */
  | 'device_revoked'
  /** Sessions of the user were ended, as a factor had changed. */
  | 'sessions_revoked'
  /** An administrator looked at the user's factors. */
  | 'listed'
  /** An administrator removed the factor. */
  | 'reset'
  /** An administrator moved what the user has to other factors; `reason` names them. */
  | 'moved'
  /** An administrator had what users have sealed anew; `reason` says how many records. */
  | 'resealed'
  /** An administrator ended the factor's locks. */
  | 'unlocked'
  /** Something about the server's configuration leaves the factors open; `reason` says what. */
  | 'misconfigured'
  /** The store, a key or the random source failed; `reason` names the kind of fault. */
  | 'fault';

/** One thing that happened. Never holds a code, a secret, an address or the text of a foreign error. */
export interface FactorEvent {
  readonly type: FactorEventType;
  /** The key of the factor in `auth`, such as `otp`. */
  readonly factor: string;
  /** The `objectId` of the user it is about. */
  readonly userId: string | undefined;
  /** What the user wanted to prove. */
  readonly purpose: Purpose | undefined;
  /** The client's address as Parse Server saw it. */
  readonly ip: string | undefined;
  /** When, in epoch milliseconds. */
  readonly at: number;
  /** For `rejected` the error's slug, or more closely why, such as `step_used` or `passkey_origin`; for `delivery_failed` and `fault` the name or code of the fault. */
  readonly reason?: FactorErrorCode | (string & {});
  /** For `locked`: when the lock ends; for `recovery_begun`: when the wait does. In epoch milliseconds. */
  readonly retryAt?: number;
  /** For recovery codes: how many are left. */
  readonly remaining?: number;
  /** For messages to phones: the number's country by its ISO 3166-1 alpha-2 code, `ZZ` where there is none. */
  readonly country?: string;
  /** With `country`: messages that this server has sent there since the hour began. */
  readonly sent?: number;
  /** With `country`: codes of these that came back right. */
  readonly verified?: number;
}

/** What a factor tells of; when, and whom it is about where that is not said, is added around it. */
export type FactorOccurrence = Pick<FactorEvent, 'type'> &
  Partial<Pick<FactorEvent, 'purpose' | 'userId' | 'reason' | 'retryAt' | 'remaining' | 'country' | 'sent' | 'verified'>> & {
    /** `false` tells the listener only, and writes no row of the event log: for what strangers can cause without end. */
    readonly isLogged?: false;
  };

/** Takes events, for logs, metrics or notices. What it throws or rejects with changes nothing. */
export type FactorListener = (event: FactorEvent) => unknown;
