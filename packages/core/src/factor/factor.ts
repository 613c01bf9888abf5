import { FactorError } from '../error/factor-error.js';
import type { Alone } from './alone.js';
import type { BuiltInPlace } from './built-in-replacement.js';
import type { EnrolledContext, FactorContext, FactorUser, Reply } from './context.js';
import type { AccountChange, FactorNotice } from './notification.js';
import type { SignIn } from './primary-sign-in.js';
import type { Purpose } from './purpose.js';
import type { Recovery } from './recovery.js';

/**
 * What a payload from the user's own session asks of a factor: to set it up, to answer it, or
 * either; or to manage what is set up, or to `reduce` it, which spends a fresh proof. `either` means
 * setting up while the session is fresh, and answering otherwise.
 */
export type Intent = 'enrol' | 'answer' | 'either' | 'manage' | 'reduce';

/**
 * What it takes to be given something that only stands in for a factor: a fresh proof; or a fresh
 * proof or a login with a factor within the time that one lasts.
 */
export type StandIn = 'fresh-proof' | 'login';

/** A confirmed enrolment. */
export interface Confirmed<Enrolment> {
  /** What is to be kept about the user; undefined where the factor keeps it by itself, as what stands in for one does. */
  readonly enrolment: Enrolment | undefined;
  /** Set where setting it up was only begun: nothing is kept yet. */
  readonly isBegun?: true;
  /** What the client is told, once, in place of the factor's status. */
  readonly reply?: Reply;
}

/**
 * A factor: a second one (policy `additional`), or one that signs in alone. A concrete factor says how it challenges, enrols,
 * verifies and describes itself; when each may happen, who may ask, and what Parse Server is
 * told is decided around it. Its methods throw `FactorError` and keep no state of their own.
 *
 * @typeParam Enrolment what it keeps about a user, as JSON; it is sealed at rest
 */
export abstract class Factor<Enrolment extends object> {
  /** `additional`: beside another login, never alone. `default`: alone, and what {@link signIn} says. */
  get policy(): 'additional' | 'default' {
    return this.signIn === undefined ? 'additional' : 'default';
  }

  /** Set where it signs in alone. Undefined by default. */
  readonly signIn: SignIn<Enrolment> | undefined = undefined;

  /** Set where it is a second factor and signs in alone as well. Undefined by default. */
  readonly alone: Alone<Enrolment> | undefined = undefined;

  /**
   * Set where it is no factor of its own but stands in for one at login: never a fresh proof,
   * set up only beside a factor, and gone with the last of them. Undefined by default.
   */
  readonly standIn: StandIn | undefined = undefined;

  /** Set where, in a session that an answer of it has opened, a second one proves enough to change factors. Undefined by default. */
  readonly recovery: Recovery<Enrolment> | undefined = undefined;

  /** Set where it stands in the place of a provider that is built into Parse Server. Undefined by default. */
  readonly inPlaceOf: BuiltInPlace<Enrolment> | undefined = undefined;

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
   * @param enrolment what there is already
   * @throws FactorError `code_rejected`, `code_expired`, `locked`, `invalid_input`
   */
  abstract confirmEnrolment(
    context: EnrolledContext<Enrolment>,
    payload: unknown,
    enrolment: Enrolment | undefined,
  ): Promise<Confirmed<Enrolment>>;

  /**
   * Prepares an answer by an enrolled user, such as sending a code.
   *
   * @throws FactorError `cooldown`, `locked`, `delivery_failed`
   */
  abstract challenge(context: FactorContext, purpose: Purpose, enrolment: Enrolment): Promise<Reply>;

  /**
   * Checks and spends an answer; resolves only when it was right and nobody else has used it.
   *
   * @returns what the client is told besides, if anything
   * @throws FactorError `code_rejected`, `code_expired`, `locked`, `invalid_input`
   */
  abstract verify(
    context: EnrolledContext<Enrolment>,
    purpose: Purpose,
    payload: unknown,
    enrolment: Enrolment,
  ): Promise<Reply | undefined>;

  /** What the user may see of the enrolment, beside `status`: masked strings only. */
  abstract describe(enrolment: Enrolment): Reply;

  /**
   * By which Parse Server finds the user of a second factor; stored in the open, so it tells nothing and nobody
   * guesses it. There is none by default.
   */
  handleOf(_enrolment: Enrolment): string | undefined {
    return undefined;
  }

  /**
   * What is kept where one more of several was set up. Asked where there is a handle, and where another request has set up
   * what stands in for a factor at the same moment; it may be asked more than once.
   *
   * @param _stored what is kept already
   * @param added what was confirmed
   * @throws FactorError `already_enrolled`, `invalid_input`
   */
  join(_stored: Enrolment, added: Enrolment): Enrolment {
    return added;
  }

  /**
   * Does what a payload of intent `manage` or `reduce` asks for. Nothing by default.
   *
   * @throws FactorError `invalid_input`
   */
  async manage(_context: EnrolledContext<Enrolment>, _payload: unknown): Promise<void> {
    throw new FactorError('invalid_input');
  }

  /** Whether an answer only stands in for the factor, as a recovery code does: never a fresh proof. None does by default. */
  isStandIn(_payload: unknown): boolean {
    return false;
  }

  /** The answer to the factor as it is that a payload of intent `enrol` carries along, as a fresh proof. None by default. */
  proofIn(_payload: unknown): unknown {
    return undefined;
  }

  /**
   * The enrolment for what another factor has kept of a user, where an administrator moves him over. Undefined, as by
   * default, where this factor cannot take it.
   *
   * @throws FactorError `invalid_input`, `address_refused`
   */
  takeOver(_kept: Readonly<Record<string, unknown>>): Enrolment | undefined {
    return undefined;
  }

  /**
   * Where the user can be told of a change to his account, and how. Nowhere by default.
   *
   * @param _user the row as it was stored before
   * @param _enrolment undefined where the factor was not set up before
   */
  notices(_user: FactorUser, _enrolment: Enrolment | undefined, _change: AccountChange): readonly FactorNotice[] {
    return [];
  }

  /**
   * Whether two enrolments of a user are the same factor, whatever its use has changed about it, such as a counter. A login
   * that was under way while they were exchanged is refused where they are not. By default they must be equal.
   */
  isSame(before: Enrolment, after: Enrolment): boolean {
    return JSON.stringify(before) === JSON.stringify(after);
  }

  /** What is left of the enrolment once the password, or a factor beside it, has changed. All of it by default. */
  afterChange(enrolment: Enrolment): Enrolment {
    return enrolment;
  }
}
