import type { Keyring } from '../crypto/keyring.js';
import type { RandomSource } from '../crypto/random.js';
import type { OtpStore } from '../store/otp-store.js';
import type { Clock } from '../time/clock.js';
import type { PaymentDetails } from '../validation/payment-details.js';
import type { AttemptBucket } from './attempt-bucket.js';
import type { FactorOccurrence } from './factor-event.js';

/** A reply to the client. Strings only, because some Parse SDKs decode nothing else. */
export type Reply = Readonly<Record<string, string>>;

/** The user that a factor belongs to; a `Parse.User` is one. */
export interface FactorUser {
  /** The `objectId`. */
  readonly id: string;
  /** Returns a field of the user object. */
  get(field: string): unknown;
}

/** The headers of a request, by their names in lower case. */
export type RequestHeaders = Readonly<Record<string, string | readonly string[] | undefined>>;

/**
 * Whose account a code concerns: the user with that `objectId`, or the one who is linked to that id of the factor. If there is
 * none, the code opens a new account.
 */
export type CodeOwner = { readonly userId: string } | { readonly linkedId: string };

/** What a factor works with during one request, with or without a known user. */
export interface RequestContext {
  /** The key of the factor in `auth`, such as `otp`. */
  readonly key: string;
  /** The application's id. */
  readonly appId: string;
  /** The client's IP address, as Parse Server saw it. */
  readonly ip: string | undefined;
  /** The installation id that the SDK sent. It is not authenticated: a client can send any. */
  readonly installationId: string | undefined;
  /** The headers of the request. */
  readonly headers: RequestHeaders;
  /** The way by which the client wants its code, one of the factor's `ways`; undefined for the default. */
  readonly via?: string;
  /** What the code confirms; only for the purpose `payment`. */
  readonly details?: PaymentDetails;
  /** Where state is kept. */
  readonly store: OtpStore;
  /** Makes digests and seals secrets. */
  readonly keyring: Keyring;
  /** The time in epoch milliseconds. */
  readonly clock: Clock;
  /** Generates codes and secrets. */
  readonly random: RandomSource;
  /** Emits an event to the application's listener. */
  readonly emit: (event: FactorOccurrence) => void;
  /**
   * Runs work that the reply must not wait for, such as a message that only some users get (user enumeration,
   * CWE-204). Its rejections are ignored. The platform's `waitUntil` receives it, if you composed one.
   */
  readonly later: (work: Promise<unknown>) => void;
  /**
   * Tells whether a fixed test code may be used for an account: not with the master key, and not for users with a role that a
   * policy demands factors of. Left out: for no account.
   *
   * @internal
   */
  readonly mayUseTestCodes?: (owner: CodeOwner) => Promise<boolean>;
  /**
   * Whether the factor's checks of the request have passed already. They use tokens up, so each is asked once.
   */
  readonly isChecked?: boolean;
}

/** What a factor works with during a request of a known user. */
export interface FactorContext extends RequestContext {
  /** The user, who has proven a primary factor or holds a session of their own. */
  readonly user: FactorUser;
  /** Identifies the user's session without revealing its token; undefined for a login, and for the master key. */
  readonly session?: string;
  /** What a login has proven in place of the password; undefined for the password. */
  readonly primary?: AttemptBucket;
  /** Every factor and provider that the user could prove in place of the password. */
  readonly primaries?: readonly AttemptBucket[];
}

/** What a factor works with if the user is enrolled. */
export interface EnrolledContext<Enrolment extends object> extends FactorContext {
  /**
   * Changes the user's enrolment in one atomic step. If another request has changed it meanwhile, `change` is called
   * again with the new value.
   *
   * @param change returns the enrolment to store, undefined to leave everything as it is, or null to remove the enrolment of
   *   a backup authenticator
   * @returns whether it was changed; also false if the factor was removed meanwhile
   */
  readonly change: (change: (enrolment: Enrolment) => Enrolment | null | undefined) => Promise<boolean>;
}
