import type { FactorUser } from './context.js';

/** Where a payload was sent, and what is known of its user. */
export interface PayloadSource<Enrolment extends object> {
  /**
   * `challenge`: to `POST /challenge`. `save`: with the user's own session, as an update of the user. `sign-in`: with
   * a login, after a primary factor.
   */
  readonly at: 'challenge' | 'save' | 'sign-in';
  /** The user. */
  readonly user: FactorUser;
  /** What is kept about the user; undefined if the factor is not set up. */
  readonly enrolment: Enrolment | undefined;
}

/**
 * What `POST /challenge` asks for: `begin` starts an enrolment, `challenge` prepares a verification.
 * `begin-or-challenge` begins if the session has a step-up proof, and prepares a verification otherwise. Without an
 * enrolment, it must be one of the two that begin.
 *
 * @typeParam Begin the argument of {@link Factor.beginEnrolment}
 */
export type ChallengeCommand<Begin = unknown> =
  { readonly do: 'begin' | 'begin-or-challenge'; readonly begin: Begin } | { readonly do: 'challenge' };

/** Confirms an enrolment that was begun. */
export interface EnrolCommand<Confirmation = unknown> {
  readonly do: 'enrol';
  /** The argument of {@link Factor.confirmEnrolment}. */
  readonly confirmation: Confirmation;
}

/** Verifies the factor. */
export interface AnswerCommand<Answer = unknown> {
  readonly do: 'answer';
  /** The argument of {@link Factor.verify}. */
  readonly answer: Answer;
}

/**
 * A payload that may mean either. It is verified as a credential first. If that fails and the session has a step-up
 * proof, it confirms an enrolment that was begun.
 */
export interface EnrolOrAnswerCommand<Answer = unknown, Confirmation = unknown> {
  readonly do: 'enrol-or-answer';
  /** The argument of {@link Factor.verify}. */
  readonly answer: Answer;
  /** The argument of {@link Factor.confirmEnrolment}. */
  readonly confirmation: Confirmation;
}

/** Changes an enrolment, such as its name. Only with a save, and only if the factor has {@link Factor.management}. */
export interface ManageCommand {
  readonly do: 'manage';
  /** The argument of {@link Management.apply}. */
  readonly change: unknown;
  /** Whether the change removes something. It then uses up a step-up proof. */
  readonly reduces?: boolean;
}

/**
 * What a payload asks of a factor, with the values that were read.
 *
 * @typeParam Answer the argument of {@link Factor.verify}
 * @typeParam Confirmation the argument of {@link Factor.confirmEnrolment}
 * @typeParam Begin the argument of {@link Factor.beginEnrolment}
 */
export type Command<Answer = unknown, Confirmation = Answer, Begin = unknown> =
  | ChallengeCommand<Begin>
  | EnrolCommand<Confirmation>
  | AnswerCommand<Answer>
  | EnrolOrAnswerCommand<Answer, Confirmation>
  | ManageCommand;
