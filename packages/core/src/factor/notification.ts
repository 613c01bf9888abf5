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

/** What the limits on notifications need. */
export type NotificationContext = Pick<RequestContext, 'appId' | 'key' | 'store' | 'keyring'>;

/** A message to the user about a change to the account, ready to send. */
export interface SecurityNotification {
  /** The recipient. Each address gets one message. */
  readonly address: string;
  /**
   * Sends it, within the limits of the factor.
   *
   * @throws FactorError `cooldown`
   */
  send(context: NotificationContext): Promise<void>;
}

/**
 * How a factor notifies its user of changes to the account.
 *
 * @typeParam Enrolment what the factor keeps about a user
 */
export interface SecurityNotifications<Enrolment extends object> {
  /**
   * Returns the notifications of a change, one for each address of the user.
   *
   * @param user the row as stored before the change
   * @param enrolment undefined if the factor was not set up before the change
   */
  notificationsFor(user: FactorUser, enrolment: Enrolment | undefined, change: AccountChange): readonly SecurityNotification[];
}

/** What a notification is about. */
export type NotificationType =
  | 'enrolled'
  | 'replaced'
  | 'removed'
  | 'recovery_used'
  | 'recovery_proven'
  | 'recovery_begun'
  | 'help_issued'
  | 'help_used'
  | 'password_reset'
  | 'new_device'
  | 'account_taken_over'
  | 'address_changed'
  | 'locked';
