import type { Answers, Payload, Reply } from './wire.js';

/** Logged in: the SDK has the user and his session. */
export interface SignedIn<User> {
  readonly status: 'session';
  /** The current user, where the SDK has one. */
  readonly user: User;
  /** Whether this login has signed the user up. */
  readonly isNew: boolean;
  /** What the factors replied, by their keys, such as the next token of a trusted device. Kept nowhere else. */
  readonly replies: Readonly<Record<string, Reply>>;
}

/** The first factor was right; others are needed. It keeps what was typed in, in memory, for as long as you keep it. */
export interface FactorsNeeded<User> {
  readonly status: 'factors';
  /** The keys of the factors to answer. */
  readonly needs: readonly string[];
  /** How many of them are needed; a policy may want more afterwards. */
  readonly count: number;
  /** Where the codes of each go, masked, as far as the server tells. */
  readonly destinations: Readonly<Record<string, string>>;

  /**
   * Asks for a code, or the options for a passkey.
   *
   * @throws FactorClientError `cooldown`, `delivery_failed`, `not_enrolled`
   */
  challenge(key: string, payload?: Payload): Promise<Reply>;

  /**
   * Answers one factor, or several at once. Answers are kept until the login is complete: where more
   * is needed the result says so, and takes the rest.
   *
   * @throws FactorClientError `code_rejected`, `code_expired`, `locked`: answer anew
   */
  answer(key: string, answer: Payload): Promise<LoginResult<User>>;
  answer(answers: Answers): Promise<LoginResult<User>>;
}

/** The first factor was right; another one has to be set up before the user is let in. */
export interface EnrolmentNeeded<User> {
  readonly status: 'enrolment';
  /** The keys of the factors to choose from. */
  readonly needs: readonly string[];
  /** How many of them the user must have. */
  readonly count: number;

  /**
   * Begins to set one up: `{ phone }`, `{ email }`, or nothing for an authenticator.
   *
   * @throws FactorClientError `address_refused`, `cooldown`, `delivery_failed`, `invalid_input`
   */
  enrol(key: string, payload?: Payload): Promise<Reply>;

  /**
   * Confirms it, `{ phone, code }` for example, and logs in. After a login without a password the
   * factor just set up is asked for next, with a new code.
   *
   * @throws FactorClientError `code_rejected`, `code_expired`, `locked`, `session_required`
   */
  confirm(key: string, answer: Payload): Promise<LoginResult<User>>;
  confirm(answers: Answers): Promise<LoginResult<User>>;
}

/** What a login comes to. */
export type LoginResult<User> = SignedIn<User> | FactorsNeeded<User> | EnrolmentNeeded<User>;
