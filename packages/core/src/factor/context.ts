import type { Keyring } from '../crypto/keyring.js';
import type { RandomSource } from '../crypto/random.js';
import type { OtpStore } from '../store/otp-store.js';
import type { Clock } from '../time/clock.js';
import type { FactorOccurrence } from './factor-event.js';
import type { PrimaryFactor } from './primary-factor.js';

/** A reply to the client: strings only, as some of Parse's SDKs decode nothing else. */
export type Reply = Readonly<Record<string, string>>;

/** The user a factor belongs to; a `Parse.User` is one. */
export interface FactorUser {
  /** The `objectId`. */
  readonly id: string;
  /** A field of the user object. */
  get(field: string): unknown;
}

/** The headers of a request, by their names in lower case. */
export type RequestHeaders = Readonly<Record<string, string | readonly string[] | undefined>>;

/** What a factor works with during one request, whoever is asking. */
export interface RequestContext {
  /** The key of the factor in `auth`, such as `otp`. */
  readonly key: string;
  /** The application's id. */
  readonly appId: string;
  /** The client's address as Parse Server saw it. */
  readonly ip: string | undefined;
  /** The installation that asks, as its SDK names itself; anybody can claim any. */
  readonly installationId: string | undefined;
  /** The headers of the request. */
  readonly headers: RequestHeaders;
  /** Where state is kept. */
  readonly store: OtpStore;
  /** Digests and seals. */
  readonly keyring: Keyring;
  /** The time in epoch milliseconds. */
  readonly clock: Clock;
  /** Where codes and secrets come from. */
  readonly random: RandomSource;
  /** Tells the application's listener. */
  readonly emit: (event: FactorOccurrence) => void;
  /**
   * Runs what the reply must not wait for, such as a message that goes out to some users and not to others;
   * what it rejects with changes nothing. The platform's `waitUntil` hears of it where one is composed.
   */
  readonly later: (work: Promise<unknown>) => void;
}

/** What a factor works with during a request of a known user. */
export interface FactorContext extends RequestContext {
  /** The user, who has proven a first factor or holds an own session. */
  readonly user: FactorUser;
  /** Names the own session that asks, without telling its token; undefined for a login, and for the master key. */
  readonly session?: string;
  /** What a login has proven in place of the password; undefined for the password. */
  readonly primary?: PrimaryFactor;
  /** What the user could prove in place of the password. */
  readonly primaries?: readonly PrimaryFactor[];
}

/** What a factor works with where the user is enrolled. */
export interface EnrolledContext<Enrolment extends object> extends FactorContext {
  /**
   * Changes what is stored of the user in one atomic step. Where somebody else changed it
   * meanwhile, `change` is asked again with what is stored then.
   *
   * @param change gives what is to be stored, or undefined to leave everything as it is
   * @returns whether it was changed; false as well when the factor was removed meanwhile
   */
  readonly change: (change: (enrolment: Enrolment) => Enrolment | undefined) => Promise<boolean>;
}
