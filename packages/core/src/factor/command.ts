import type { FactorUser } from './context.js';

/** Where a payload was sent, and what is known of its user by then. */
export interface PayloadSource<Enrolment extends object> {
  /**
   * `challenge`: to `POST /challenge`. `save`: with the user's own session, as an update of the user. `sign-in`: with a
   * login, after a primary factor.
   */
  readonly at: 'challenge' | 'save' | 'sign-in';
  /** The user. */
  readonly user: FactorUser;
  /** What is kept about the user; undefined while the factor is not set up. */
  readonly enrolment: Enrolment | undefined;
}

/**
 * What `POST /challenge` asks for: to begin setting the factor up, or to prepare an answer to it. `begin-or-challenge`
 * begins while the session has a fresh proof, and prepares an answer otherwise. Without an enrolment it must be a beginning.
 *
 * @typeParam Begin what {@link Factor.beginEnrolment} is given
 */
export type ChallengeCommand<Begin = unknown> =
  { readonly do: 'begin' | 'begin-or-challenge'; readonly begin: Begin } | { readonly do: 'challenge' };

/** Confirms a begun enrolment. */
export interface EnrolCommand<Confirmation = unknown> {
  readonly do: 'enrol';
  /** What {@link Factor.confirmEnrolment} is given. */
  readonly confirmation: Confirmation;
}

/** Answers the factor. */
export interface AnswerCommand<Answer = unknown> {
  readonly do: 'answer';
  /** What {@link Factor.verify} is given. */
  readonly answer: Answer;
}

/**
 * May be either: it is checked as an answer first, and where that is wrong and the session has a fresh proof, it confirms a
 * begun enrolment.
 */
export interface EnrolOrAnswerCommand<Answer = unknown, Confirmation = unknown> {
  readonly do: 'enrol-or-answer';
  /** What {@link Factor.verify} is given. */
  readonly answer: Answer;
  /** What {@link Factor.confirmEnrolment} is given. */
  readonly confirmation: Confirmation;
}

/** Changes what is set up, such as a name. Only with a save, and only where the factor has {@link Factor.management}. */
export interface ManageCommand {
  readonly do: 'manage';
  /** What {@link Management.apply} is given. */
  readonly change: unknown;
  /** Set where it takes something away: then it spends a fresh proof. */
  readonly reduces?: boolean;
}

/**
 * What a payload asks of a factor, with what was read of it.
 *
 * @typeParam Answer what {@link Factor.verify} is given
 * @typeParam Confirmation what {@link Factor.confirmEnrolment} is given
 * @typeParam Begin what {@link Factor.beginEnrolment} is given
 */
export type Command<Answer = unknown, Confirmation = Answer, Begin = unknown> =
  | ChallengeCommand<Begin>
  | EnrolCommand<Confirmation>
  | AnswerCommand<Answer>
  | EnrolOrAnswerCommand<Answer, Confirmation>
  | ManageCommand;
