import type { MethodDemand, SessionMethods } from '../account/sessions/session-methods.js';
import type { StepUpOptions } from '../account/step-up-proofs.js';
import type { CountOptions, EnrolledUsers } from '../flows/administration/count-enrolled.js';
import type { UserExport } from '../flows/administration/export-user.js';
import type { MoveOptions, MoveReport } from '../flows/administration/migrate-users.js';
import type { Reply } from '../factor/context.js';
import type { PaymentAnswer, PaymentChallenge } from '../flows/payments/confirm-payment.js';
import type { ParseAuthAdapter } from '../parse/auth-adapter.js';
import type { SecurityCheckGroup } from '../parse/check/check-group.js';
import type { Finding } from '../parse/check/finding.js';
import type { AdminRequest } from '../parse/cloud/admin-request.js';
import type { CloudRequest, SaveRequest, TriggerRequest } from '../parse/cloud/cloud-request.js';
import type { InstallOptions, ParseCloud } from '../parse/cloud/install.js';

/** The result of `composeFactors`. */
export interface ComposedFactors<Key extends string = string> {
  /** The auth adapters by key. Spread them into Parse Server's option `auth`. */
  readonly auth: Readonly<Record<Key, ParseAuthAdapter>>;

  /**
   * Registers the `_User` triggers that guard the factors, and the Cloud function `factorsStatus`. Call it from Cloud Code, or
   * after the server has started.
   *
   * `factorsStatus` returns the status of all factors of the session's user.
   *
   * Triggers of your application run after these, in whichever order they are registered. For another order, name the triggers
   * in `except`, and call the functions of these names below from your own.
   *
   * It also makes Parse Server refuse writes of factors that these checks have not approved, with the master key too.
   *
   * @param Parse the server's own copy of the SDK, as Cloud Code gets it; looked up when left out
   * @throws FactorConfigError before Parse Server was loaded, for a wrong option, or where Parse Server's triggers cannot be
   *   reached, as in a bundle: then name all four in `except`
   */
  install(Parse?: ParseCloud, options?: InstallOptions): void;

  /**
   * Checks a save of a user. Await it in your own `beforeSave` of `_User`.
   *
   * - Removing a factor needs a step-up proof and uses it up. The master key needs none, but the removal is an event.
   * - On an account with a factor, linking or unlinking another provider needs a step-up proof as well.
   * - A new password ends the user's step-up proofs, and trust in devices. The option `passwordCheck` decides about it.
   *
   * @throws Parse.Error `fresh_proof_required`, `session_required`, `invalid_input`, `password_refused`
   */
  beforeSaveUser(request: SaveRequest): Promise<void>;

  /** Removes everything that the store holds of a deleted user. Await it in your own `afterDelete` of `_User`. */
  afterDeleteUser(request: TriggerRequest): Promise<void>;

  /**
   * Refuses a login that carries a session, and users without a factor where a policy demands one. Await it in your own
   * `beforeLogin`.
   *
   * @throws Parse.Error `invalid_input`, `enrolment_required`
   */
  beforeLogin(request: TriggerRequest): Promise<void>;

  /** Records the factor of a login for its session. Await it in your own `afterLogin`. */
  afterLogin(request: TriggerRequest): Promise<void>;

  /**
   * Resolves if the request's session has a step-up proof. Use it in Cloud functions, triggers and validators.
   *
   * @throws Parse.Error `fresh_proof_required`; `session_required` without a session
   */
  requireFresh(request: CloudRequest, options?: StepUpOptions): Promise<void>;

  /**
   * Sends the session's user a code that confirms one payment (PSD2 RTS, article 5). The message shows the amount and the payee,
   * and the code works for these only: not for another payment, a login, a step-up proof or another user. Call it in a Cloud
   * function of your own, with details that your server knows. Clients cannot send any. A new code replaces the one before.
   *
   * @returns the same as `POST /challenge`, for the client: `{ status: "sent", destination, expiresAt, resendAt, … }`
   * The option `allow` of the factor is asked. Where it has checks of the request, such as `proofOfWork()`, the client sends their
   * header with the call of your Cloud function.
   *
   * @throws Parse.Error `session_required` without a session; `not_enrolled`; `invalid_input` for wrong details, and for a factor
   *   that does not send codes; `address_refused` where `allow` says no; `cooldown`, `locked`, `delivery_failed`; `unavailable` if
   *   the store, a key or a check fails
   */
  challengePayment(request: CloudRequest, payment: PaymentChallenge): Promise<Reply>;

  /**
   * Resolves if the user has entered the code that {@link challengePayment} has sent for exactly these details. It uses the code
   * up. Make the payment only afterwards.
   *
   * @throws Parse.Error `code_rejected` for a wrong code and for other details; `code_expired`, `locked`, `session_required`,
   *   `not_enrolled`, `invalid_input`
   */
  verifyPayment(request: CloudRequest, answer: PaymentAnswer): Promise<void>;

  /**
   * Returns how the request's session was opened, and what was verified in it since. It costs one database statement.
   *
   * @throws Parse.Error `session_required` without a session
   */
  sessionMethods(request: CloudRequest): Promise<SessionMethods>;

  /**
   * Resolves if one of these factors was verified for the request's session. Recovery codes and trusted devices do not count.
   * Use it in Cloud functions, triggers and validators. It costs one database statement.
   *
   * @throws Parse.Error `fresh_proof_required`, naming the factors; `session_required` without a session; `invalid_input` when
   *   `oneOf` names no factor of this application
   */
  requireFactor(request: CloudRequest, demand: MethodDemand): Promise<void>;

  /**
   * Deletes expired rows from the store, and events that are older than `eventLog: { keepDays }`, in batches of 1000. Returns
   * how many of both.
   *
   * Of the store it only saves space: expired rows are refused anyway. `install` can define a job that calls it.
   */
  prune(request: Pick<CloudRequest, 'config'>): Promise<number>;

  /**
   * Moves users from one factor to others, for a script of an administrator. Each call handles one batch of users, in the
   * order of their ids. Each user is moved in one atomic step.
   *
   * @param request of a Cloud function with the master key; the read-only master key is refused. Its `params`: `after`, the
   *   `next` of the batch before; `limit`, 1 to 1000 users, 100 by default; `apply`, without which nothing is written
   * @throws Parse.Error `session_required` without the master key; `invalid_input` for other parameters or an unknown factor
   *   key
   */
  move<Enrolment extends object>(request: AdminRequest, options: MoveOptions<Enrolment>): Promise<MoveReport>;

  /**
   * Returns a copy of what is kept about one user (GDPR, Articles 15 and 20): factors with the user's own addresses in full,
   * sessions, sign-ins and events. Never a secret, a digest or a sealed record. Parse Server does not log the result, if the
   * Cloud function returns it at once.
   *
   * @param request of a Cloud function. Without parameters: of the session's user, who needs a step-up proof if they have a
   *   factor; five times an hour at most. With the master key and `{ userId }`: of that user
   * @throws Parse.Error `session_required`, `fresh_proof_required`, `cooldown`, `invalid_input`
   */
  export(request: AdminRequest): Promise<UserExport>;

  /**
   * Counts the users who have set up each factor, in a sample of the users. For metrics: it reads up to `sample` rows, and
   * counts all users, so call it every ten minutes at most.
   *
   * @returns undefined while the server has not started
   * @throws FactorConfigError for another `sample` than 1 to 10,000; the fault of a database that does not answer
   */
  countEnrolled(options?: CountOptions): Promise<EnrolledUsers | undefined>;

  /**
   * Sends the events that wait for the webhook and are due, until one fails. Returns how many were sent.
   *
   * Running servers do it by themselves every five seconds. On a serverless host, call it from a job, such as every minute. It
   * returns 0 without a webhook.
   *
   * @throws FactorError `unavailable` when the database fails
   */
  deliverWebhooks(request: Pick<CloudRequest, 'config'>): Promise<number>;

  /**
   * Finds settings of the server that leave the factors unprotected. It also runs once after the start, unless `selfCheck` is
   * off.
   *
   * @returns an empty list when all is well, and while the server has not started
   */
  check(): Promise<readonly Finding[]>;

  /**
   * Returns a group for Parse Server's option `security.checkGroups`: `GET /security` and Parse Dashboard then show the findings
   * of the last {@link check}. Parse Server awaits no check, so each report also starts the next one, at most once a minute.
   *
   * The option replaces Parse Server's own groups, so name these too.
   */
  checkGroup(): SecurityCheckGroup;
}
