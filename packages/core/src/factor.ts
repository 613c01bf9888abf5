import type { Clock } from './clock.js';
import type { FactorEvent } from './factor-event.js';
import type { Keyring } from './keyring.js';
import type { OtpStore } from './otp-store.js';
import type { RandomSource } from './random.js';
import { subjectOf } from './subject.js';

/** What an answer is to prove. A code made for one purpose is refused for any other. */
export type Purpose =
  /** Logging in, after the first factor. */
  | 'sign-in'
  /** That an address or authenticator is the user's, to set it up. */
  | 'enrolment'
  /** That whoever holds a session still is its user. */
  | 'fresh-proof';

/** Every {@link Purpose}. */
export const PURPOSES: readonly Purpose[] = ['sign-in', 'enrolment', 'fresh-proof'];

/** A reply to the client: strings only, as some of Parse's SDKs decode nothing else. */
export type Reply = Readonly<Record<string, string>>;

/** The user a factor belongs to; a `Parse.User` is one. */
export interface FactorUser {
  /** The `objectId`. */
  readonly id: string;
  /** A field of the user object. */
  get(field: string): unknown;
}

/** What a factor works with during one request. */
export interface FactorContext {
  /** The key of the factor in `auth`, such as `otp`. */
  readonly key: string;
  /** The application's id. */
  readonly appId: string;
  /** The user, who has proven a first factor or holds an own session. */
  readonly user: FactorUser;
  /** The client's address as Parse Server saw it. */
  readonly ip: string | undefined;
  /** Where state is kept. */
  readonly store: OtpStore;
  /** Digests and seals. */
  readonly keyring: Keyring;
  /** The time in epoch milliseconds. */
  readonly clock: Clock;
  /** Where codes and secrets come from. */
  readonly random: RandomSource;
  /** Tells the application's listener. */
  readonly emit: (event: Pick<FactorEvent, 'type'> & Partial<Pick<FactorEvent, 'purpose' | 'reason' | 'retryAt'>>) => void;
}

/**
 * What a payload from the user's own session asks of a factor: to set it up, to answer it, or
 * either. `either` means setting up while the session is fresh, and answering otherwise.
 */
export type Intent = 'enrol' | 'answer' | 'either';

/**
 * A second factor (policy `additional`). A concrete factor says how it challenges, enrols,
 * verifies and describes itself; when each may happen, who may ask, and what Parse Server is
 * told is decided around it. Its methods throw `FactorError` and keep no state of their own.
 *
 * @typeParam Enrolment what it keeps about a user, as JSON; it is sealed at rest
 */
export abstract class Factor<Enrolment extends object> {
  /** Beside another login, never alone. */
  readonly policy = 'additional' as const;

  /** Whether the user's own session wants to set the factor up or to answer it. */
  abstract intent(payload: unknown, user: FactorUser, enrolment: Enrolment | undefined): Intent | Promise<Intent>;

  /**
   * Begins setting up, beside or instead of what there is. Changes nothing until confirmed.
   *
   * @throws FactorError `invalid_input`, `address_refused`, `already_enrolled`, `cooldown`, `delivery_failed`
   */
  abstract beginEnrolment(context: FactorContext, payload: unknown, enrolment: Enrolment | undefined): Promise<Reply>;

  /**
   * Confirms a begun enrolment.
   *
   * @returns what is to be kept about the user
   * @throws FactorError `code_rejected`, `code_expired`, `locked`, `invalid_input`
   */
  abstract confirmEnrolment(context: FactorContext, payload: unknown): Promise<Enrolment>;

  /**
   * Prepares an answer by an enrolled user, such as sending a code.
   *
   * @throws FactorError `cooldown`, `locked`, `delivery_failed`
   */
  abstract challenge(context: FactorContext, purpose: Purpose, enrolment: Enrolment): Promise<Reply>;

  /**
   * Checks and spends an answer; returns only when it was right and nobody else has used it.
   *
   * @throws FactorError `code_rejected`, `code_expired`, `locked`, `invalid_input`
   */
  abstract verify(context: FactorContext, purpose: Purpose, payload: unknown, enrolment: Enrolment): Promise<void>;

  /** What the user may see of the enrolment, beside `status`: masked strings only. */
  abstract describe(enrolment: Enrolment): Reply;
}

/** The store's name for what is guessed at: one factor of one user, for one purpose. */
export const factorSubject = ({ appId, key, user }: FactorContext, purpose: Purpose): string =>
  subjectOf('factor', appId, key, user.id, purpose);
