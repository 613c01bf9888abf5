import type { AddressProof } from './address-proof.js';
import type { Authentication } from './authentication.js';
import type { BuiltInReplacement } from './built-in-replacement.js';
import type { RequestCheck } from './checks/request-check.js';
import type { Command, PayloadSource } from './command.js';
import type { EnrolledContext, FactorContext, Reply, RequestContext } from './context.js';
import type { EnrolmentImport } from './enrolment-import.js';
import type { EnrolmentLifecycle } from './enrolment-lifecycle.js';
import type { Management } from './management.js';
import type { MultipleEnrolments } from './multiple-enrolments.js';
import type { SecurityNotifications } from './notification.js';
import type { PrimarySignIn } from './primary-sign-in.js';
import type { Purpose } from './purpose.js';
import type { Recovery } from './recovery.js';
import type { SeveralAuthenticators } from './several/several.js';

/** The type that marks a factor. */
declare const FACTOR: unique symbol;

/**
 * What a login with the factor is worth, in the terms of Parse Server. `composeFactors` may demand more.
 *
 * - `additional`: a second factor. It never signs a user in by itself.
 * - `default`: replaces the password. The user still needs the second factors that they have set up.
 * - `solo`: replaces the password, and is enough.
 */
export type FactorPolicy = 'additional' | 'default' | 'solo';

/**
 * Who is issued a backup authenticator, and so how much it replaces.
 *
 * - `after-step-up`: a session with a step-up proof. It replaces one second factor.
 * - `after-sign-in`: also a login with a second factor, for as long as a step-up proof lasts. It replaces one second factor
 *   that no policy names.
 * - `by-administrator`: only an administrator issues it. It replaces all missing factors of one login. That login is a
 *   step-up proof for changing factors. It ends when the password or a factor changes, and when the user verifies a factor.
 */
export type BackupIssue = 'after-step-up' | 'after-sign-in' | 'by-administrator';

/** A confirmed enrolment. */
export interface Confirmed<Enrolment> {
  /** What to keep about the user; undefined if the factor has stored it itself, with {@link EnrolledContext.change}. */
  readonly enrolment: Enrolment | undefined;
  /** Set if the enrolment has only begun and nothing is kept yet. */
  readonly isBegun?: true;
  /** The reply to the client, once, in place of the factor's status. */
  readonly reply?: Reply;
  /** Of several authenticators: the id of the one that it replaces. Passed to {@link MultipleEnrolments.merge}. */
  readonly replaces?: string | undefined;
}

/** A channel whose provider could not be reached. */
export interface UnreachedChannel {
  /** The channel's name. */
  readonly channel: string;
  /** The code or the name of the fault; never its message. */
  readonly fault: string;
}

/** A factor with any type parameters. Only classes that extend {@link Factor} have this type. */
export interface AnyFactor {
  /** Marks the type for the compiler. It has no value. */
  readonly brand: typeof FACTOR;
  /** What a login with the factor is worth. */
  readonly policy: FactorPolicy;
}

/**
 * The base class of a factor. Six methods define how it reads payloads, enrols, challenges, verifies and describes
 * itself. The optional properties define what else it can do.
 *
 * The library decides when each method may run and for which users, and what Parse Server receives. Methods throw
 * `FactorError`, and a factor keeps no state of its own. `docs/extend/write-a-factor.md` builds one; `defineFactor`
 * makes a second factor from a few functions.
 *
 * @typeParam Enrolment what it keeps about a user, as JSON; it is sealed at rest
 * @typeParam Answer what {@link read} returns for a credential
 * @typeParam Confirmation what {@link read} returns for the confirmation of an enrolment; an `Answer` by default
 * @typeParam Begin what {@link read} returns for the beginning of an enrolment
 */
export abstract class Factor<
  Enrolment extends object,
  Answer = unknown,
  Confirmation = Answer,
  Begin = unknown,
> implements AnyFactor {
  /** Marks the type for the compiler. It has no value. */
  declare readonly brand: typeof FACTOR;

  /** What a login with the factor is worth; `additional` by default. Any other value needs {@link primary}. */
  readonly policy: FactorPolicy = 'additional';

  /** How it signs a user in as the primary factor. Used if {@link policy} is not `additional`. */
  readonly primary?: PrimarySignIn<Enrolment> | undefined;

  /** Set if a user may have several enrolments of it. */
  readonly multiple?: MultipleEnrolments<Enrolment> | undefined;

  /** Set if the user can choose one of several authenticators, or if each of them marks its own codes as used. */
  readonly several?: SeveralAuthenticators<Enrolment> | undefined;

  /**
   * Set if it is a backup authenticator. It replaces a second factor at a login and is never a step-up proof. Users
   * can set it up only beside a second factor. It is removed with the last of them.
   */
  readonly backup?: BackupIssue | undefined;

  /** Set if a second credential, in a session that the first one opened, is a proof for changing factors. */
  readonly recovery?: Recovery<Enrolment, Answer> | undefined;

  /** Set if the user can change an enrolment without a new enrolment. */
  readonly management?: Management<Enrolment> | undefined;

  /** Set if an administrator can move users to it from another factor. */
  readonly importer?: EnrolmentImport<Enrolment> | undefined;

  /** Set if it replaces a built-in provider of Parse Server. */
  readonly replaces?: BuiltInReplacement<Enrolment, Answer, Confirmation> | undefined;

  /** Set if the factor can notify its user of changes to the account. */
  readonly notifies?: SecurityNotifications<Enrolment> | undefined;

  /**
   * Set if the factor can prove that a person receives messages at an address, such as for a new password.
   *
   * @internal
   */
  readonly addressProof?: AddressProof<Enrolment> | undefined;

  /**
   * Opens a country again that the factor has closed. Set if it closes countries whose codes do not come back.
   *
   * @internal
   */
  readonly openCountry?: ((context: RequestContext, country: string) => Promise<void>) | undefined;

  /**
   * What a request is checked by before the factor sends a message; nothing by default. The factor asks these checks itself with
   * `assertChecked`, unless the context is marked as checked.
   */
  readonly requestChecks?: readonly RequestCheck[];

  /**
   * The names of the ways by which it sends a code, if clients can choose one with `via`; the first is the default. The context
   * of a challenge has the chosen one.
   */
  readonly ways?: readonly string[] | undefined;

  /**
   * Tries to reach the providers of its messages without sending anything, for ten seconds at most. Returns the channels that
   * cannot. Never rejects.
   *
   * @internal
   */
  readonly unreached?: (() => Promise<readonly UnreachedChannel[]>) | undefined;

  /** Set if its codes can be bound to the details of a payment, and its messages show them; those of a verifier do not. */
  readonly confirmsPayments?: true | undefined;

  /**
   * What its credentials prove, for the methods of a session; nothing by default. A factor may decide per application, but not
   * per user.
   */
  readonly authentication?: Authentication | undefined;

  /** How an enrolment changes with its use and with the account; see there for the defaults. */
  readonly lifecycle?: EnrolmentLifecycle<Enrolment> | undefined;

  /**
   * Reads a payload, once, and returns what it asks for. It must not decide anything, because it is called before the
   * request is authorised.
   *
   * @throws FactorError `invalid_input`, `address_refused`, `not_enrolled`, `already_enrolled`
   */
  abstract read(
    payload: unknown,
    source: PayloadSource<Enrolment>,
  ): Command<Answer, Confirmation, Begin> | Promise<Command<Answer, Confirmation, Begin>>;

  /**
   * Begins an enrolment, in addition to the current one or in place of it. Changes nothing until it is confirmed.
   *
   * @param enrolment the current enrolment, if any
   * @throws FactorError `invalid_input`, `address_refused`, `already_enrolled`, `cooldown`, `delivery_failed`
   */
  abstract beginEnrolment(context: FactorContext, begin: Begin, enrolment: Enrolment | undefined): Promise<Reply>;

  /**
   * Confirms an enrolment that was begun.
   *
   * @param enrolment the current enrolment, if any
   * @throws FactorError `code_rejected`, `code_expired`, `locked`, `invalid_input`
   */
  abstract confirmEnrolment(
    context: EnrolledContext<Enrolment>,
    confirmation: Confirmation,
    enrolment: Enrolment | undefined,
  ): Promise<Confirmed<Enrolment>>;

  /**
   * Prepares a verification for an enrolled user, for example by sending a code.
   *
   * @throws FactorError `cooldown`, `locked`, `delivery_failed`
   */
  abstract challenge(context: FactorContext, purpose: Purpose, enrolment: Enrolment): Promise<Reply>;

  /**
   * Verifies a credential and uses it up. Resolves only if the credential was correct and no other request has used
   * it.
   *
   * @returns a further reply to the client, if any
   * @throws FactorError `code_rejected`, `code_expired`, `locked`, `invalid_input`
   */
  abstract verify(
    context: EnrolledContext<Enrolment>,
    purpose: Purpose,
    answer: Answer,
    enrolment: Enrolment,
  ): Promise<Reply | undefined>;

  /** Returns what the user may see of the enrolment, besides `status`: masked strings only. */
  abstract describe(enrolment: Enrolment): Reply;

  /**
   * Returns what the enrolment holds about the person, for the copy of their data (GDPR, Article 15): addresses in full, names
   * and times, as JSON. Never a secret or a digest. Left out, the copy has what {@link describe} returns.
   */
  personalData?(enrolment: Enrolment): Readonly<Record<string, unknown>>;
}
