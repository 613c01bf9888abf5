import type { RequestContext, RequestHeaders } from './context.js';

/** A change to an account, and the request that made it. */
export interface AccountChange {
  readonly type: NoticeType;
  readonly request: {
    readonly headers: RequestHeaders;
    readonly ip: string | undefined;
    readonly installationId: string | undefined;
  };
}

/** What sending a notice is counted with. */
export type NoticeContext = Pick<RequestContext, 'appId' | 'key' | 'store' | 'keyring'>;

/** A notice that can be sent. */
export interface FactorNotice {
  /** Where it goes; each address is told once. */
  readonly address: string;
  /**
   * Sends it, within the limits of the factor.
   *
   * @throws FactorError `cooldown`
   */
  send(context: NoticeContext): Promise<void>;
}

/** What a notice tells the user of. */
export type NoticeType = 'enrolled' | 'replaced' | 'removed' | 'recovery_used' | 'recovery_proven' | 'recovery_begun' | 'locked';
