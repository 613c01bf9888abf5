import type { Destination } from './authenticators.js';
import type { Answers, Payload, Reply } from './wire.js';

/** The user is logged in, and the SDK holds the user and the session. */
export interface SignedIn<User> {
  readonly status: 'session';
  /** The current user, if the SDK keeps one. */
  readonly user: User;
  /** Whether this login created the user. */
  readonly isNew: boolean;
  /** The factors' replies by key, such as the next token of a trusted device. They are not stored anywhere else. */
  readonly replies: Readonly<Record<string, Reply>>;
}

/**
 * The primary factor was correct and second factors are needed. This object holds the typed credentials in memory for as long
 * as you keep it.
 */
export interface FactorsNeeded<User> {
  readonly status: 'factors';
  /** The keys of the factors to choose from. */
  readonly needs: readonly string[];
  /** How many of them are needed. A policy may require more afterwards. */
  readonly count: number;
  /** Where each factor's code goes, masked, if the server tells. */
  readonly destinations: Readonly<Record<string, string>>;
  /** The addresses to choose from, for each factor that has several. */
  readonly choices: Readonly<Record<string, readonly Destination[]>>;
  /** The ways to choose from, such as `['sms', 'voice']`, for each factor that sends codes by several. */
  readonly ways: Readonly<Record<string, readonly string[]>>;

  /**
   * Sends a code, or returns the options for a passkey.
   * @param payload `{ id }` sends the code to one of {@link choices}, and `{ via }` by one of {@link ways}; by default it goes to
   * the first
   * @throws FactorClientError `cooldown`, `delivery_failed`, `not_enrolled`
   */
  challenge(key: string, payload?: Payload): Promise<Reply>;

  /**
   * Answers one factor, or several at once. Answers are kept until the login is complete. If more factors are needed, the
   * result says so and takes the rest.
   * @throws FactorClientError `code_rejected`, `code_expired`, `locked`: answer again
   */
  answer(key: string, answer: Payload): Promise<LoginResult<User>>;
  answer(answers: Answers): Promise<LoginResult<User>>;
}

/** The primary factor was correct, but the user must enrol a second factor before the login completes. */
export interface EnrolmentNeeded<User> {
  readonly status: 'enrolment';
  /** The keys of the factors to choose from. */
  readonly needs: readonly string[];
  /** How many of them the user must enrol. */
  readonly count: number;

  /**
   * Begins the enrolment of a factor. Send `{ phone }`, `{ email }`, or nothing for an authenticator app.
   * @throws FactorClientError `address_refused`, `cooldown`, `delivery_failed`, `invalid_input`
   */
  enrol(key: string, payload?: Payload): Promise<Reply>;

  /**
   * Confirms the enrolment, for example with `{ phone, code }`, and logs in. After a login without a password, the new factor
   * is asked for next, with a new code.
   * @throws FactorClientError `code_rejected`, `code_expired`, `locked`, `session_required`
   */
  confirm(key: string, answer: Payload): Promise<LoginResult<User>>;
  confirm(answers: Answers): Promise<LoginResult<User>>;
}

/** The result of a login. */
export type LoginResult<User> = SignedIn<User> | FactorsNeeded<User> | EnrolmentNeeded<User>;
