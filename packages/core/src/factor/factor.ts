import type { BuiltInReplacement } from './built-in-replacement.js';
import type { Command, PayloadSource } from './command.js';
import type { EnrolledContext, FactorContext, Reply } from './context.js';
import type { EnrolmentImport } from './enrolment-import.js';
import type { EnrolmentLifecycle } from './enrolment-lifecycle.js';
import type { Management } from './management.js';
import type { MultipleEnrolments } from './multiple-enrolments.js';
import type { SecurityNotifications } from './notification.js';
import type { PrimarySignIn } from './primary-sign-in.js';
import type { Purpose } from './purpose.js';
import type { Recovery } from './recovery.js';

/** The type that marks a factor. */
declare const FACTOR: unique symbol;

/**
 * What a login with the factor is worth, in the words of Parse Server: `additional` is a second factor, and never signs
 * anybody in by itself; `default` takes the place of the password, and the user's second factors are asked for besides;
 * `solo` takes the place of the password, and is enough. What `composeFactors` demands of a login comes on top of it.
 */
export type FactorPolicy = 'additional' | 'default' | 'solo';

/**
 * How recently the user must have authenticated to be given a backup authenticator: `after-step-up` takes a fresh proof;
 * `after-sign-in` also takes a login with a second factor, for as long as a fresh proof lasts.
 */
export type BackupIssue = 'after-step-up' | 'after-sign-in';

/** A confirmed enrolment. */
export interface Confirmed<Enrolment> {
  /** What is to be kept about the user; undefined where the factor has stored it itself, with {@link EnrolledContext.change}. */
  readonly enrolment: Enrolment | undefined;
  /** Set where the set-up has only begun: nothing is kept yet. */
  readonly isBegun?: true;
  /** What the client is told, once, in place of the factor's status. */
  readonly reply?: Reply;
}

/** A factor, whatever it keeps and reads. Only classes that extend {@link Factor} have this type. */
export interface AnyFactor {
  /** Marks the type for the compiler. It has no value. */
  readonly brand: typeof FACTOR;
  /** What a login with the factor is worth. */
  readonly policy: FactorPolicy;
}

/**
 * A factor. Six methods say how it reads payloads, enrols, challenges, verifies and describes itself; the optional
 * properties say what else it can do. When each may happen, who may ask, and what Parse Server is told is decided around it.
 * Its methods throw `FactorError` and keep no state of their own. `docs/guide/write-a-factor.md` builds one; `defineFactor`
 * makes a second factor of a few functions.
 *
 * @typeParam Enrolment what it keeps about a user, as JSON; it is sealed at rest
 * @typeParam Answer what it reads an answer to
 * @typeParam Confirmation what it reads the confirmation of an enrolment to; an answer by default
 * @typeParam Begin what it reads the beginning of an enrolment to
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

  /** How it signs a user in with nothing before it; used where {@link policy} is not `additional`. */
  readonly primary?: PrimarySignIn<Enrolment> | undefined;

  /** Set where a user may have several of it. */
  readonly multiple?: MultipleEnrolments<Enrolment> | undefined;

  /**
   * Set where it is a backup authenticator: it takes the place of a second factor at a login, is never a fresh proof, is
   * set up only beside a second factor, and is removed with the last of them.
   */
  readonly backup?: BackupIssue | undefined;

  /** Set where a second answer, in a session that a first one has opened, is a proof for changing factors. */
  readonly recovery?: Recovery<Enrolment, Answer> | undefined;

  /** Set where its user can change what is set up without setting it up anew. */
  readonly management?: Management<Enrolment> | undefined;

  /** Set where an administrator can move users to it from another factor. */
  readonly importer?: EnrolmentImport<Enrolment> | undefined;

  /** Set where it takes the place of a provider that is built into Parse Server. */
  readonly replaces?: BuiltInReplacement<Enrolment, Answer, Confirmation> | undefined;

  /** Set where its user can be told of changes to the account. */
  readonly notifies?: SecurityNotifications<Enrolment> | undefined;

  /** What becomes of an enrolment as it is used and as the account changes; see there for the defaults. */
  readonly lifecycle?: EnrolmentLifecycle<Enrolment> | undefined;

  /**
   * Reads a payload, once, and says what it asks for. It decides nothing: it is called before it is known whether the
   * request is allowed.
   *
   * @throws FactorError `invalid_input`, `address_refused`, `not_enrolled`, `already_enrolled`
   */
  abstract read(
    payload: unknown,
    source: PayloadSource<Enrolment>,
  ): Command<Answer, Confirmation, Begin> | Promise<Command<Answer, Confirmation, Begin>>;

  /**
   * Begins setting the factor up, beside or instead of what there is. Changes nothing until confirmed.
   *
   * @param enrolment what there is already
   * @throws FactorError `invalid_input`, `address_refused`, `already_enrolled`, `cooldown`, `delivery_failed`
   */
  abstract beginEnrolment(context: FactorContext, begin: Begin, enrolment: Enrolment | undefined): Promise<Reply>;

  /**
   * Confirms a begun enrolment.
   *
   * @param enrolment what there is already
   * @throws FactorError `code_rejected`, `code_expired`, `locked`, `invalid_input`
   */
  abstract confirmEnrolment(
    context: EnrolledContext<Enrolment>,
    confirmation: Confirmation,
    enrolment: Enrolment | undefined,
  ): Promise<Confirmed<Enrolment>>;

  /**
   * Prepares an answer by an enrolled user, such as sending a code.
   *
   * @throws FactorError `cooldown`, `locked`, `delivery_failed`
   */
  abstract challenge(context: FactorContext, purpose: Purpose, enrolment: Enrolment): Promise<Reply>;

  /**
   * Checks an answer and uses it up. Resolves only where the answer was right and no other request has used it.
   *
   * @returns what the client is told besides, if anything
   * @throws FactorError `code_rejected`, `code_expired`, `locked`, `invalid_input`
   */
  abstract verify(
    context: EnrolledContext<Enrolment>,
    purpose: Purpose,
    answer: Answer,
    enrolment: Enrolment,
  ): Promise<Reply | undefined>;

  /** What the user may see of the enrolment, beside `status`: masked strings only. */
  abstract describe(enrolment: Enrolment): Reply;
}
