import type { FactorUser, RequestContext, RequestHeaders } from './context.js';

/** A change to an account, and the request that made it. */
export interface AccountChange {
  readonly type: NotificationType;
  readonly request: {
    readonly headers: RequestHeaders;
    readonly ip: string | undefined;
    readonly installationId: string | undefined;
  };
}

/** What sending a notice is counted with. */
export type NotificationContext = Pick<RequestContext, 'appId' | 'key' | 'store' | 'keyring'>;

/** A notice that can be sent: a message to the user about a change to the account. */
export interface SecurityNotification {
  /** Where it goes; each address is told once. */
  readonly address: string;
  /**
   * Sends it, within the limits of the factor.
   *
   * @throws FactorError `cooldown`
   */
  send(context: NotificationContext): Promise<void>;
}

/**
 * How a factor tells its user of changes to the account.
 *
 * @typeParam Enrolment what the factor keeps about a user
 */
export interface SecurityNotifications<Enrolment extends object> {
  /**
   * Where the user can be told of a change, and how.
   *
   * @param user the row as it was stored before
   * @param enrolment undefined where the factor was not set up before
   */
  notificationsFor(user: FactorUser, enrolment: Enrolment | undefined, change: AccountChange): readonly SecurityNotification[];
}

/** What a notice tells the user of. */
export type NotificationType =
  'enrolled' | 'replaced' | 'removed' | 'recovery_used' | 'recovery_proven' | 'recovery_begun' | 'locked';
