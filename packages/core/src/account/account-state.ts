import type { FactorUser, RequestHeaders } from '../factor/context.js';
import type { StoredRecords } from './records/record-plan.js';

/** A user as stored when the row was read. */
export interface AccountState {
  /** The `objectId`. */
  readonly id: string;
  /** The row, as factors and the application's functions receive it. */
  readonly user: FactorUser;
  /** The stored records by provider, without unconfirmed ones. */
  readonly stored: StoredRecords;
  /** Keys whose stored record is unconfirmed. */
  readonly unconfirmed: readonly string[];
}

/** What is known about the client that sent a request. */
export interface ClientInfo {
  /** The IP address that the request is counted for; undefined if it is not counted for any. */
  readonly ip: string | undefined;
  /** The installation id that the SDK sent. It is not authenticated: a client can send any. */
  readonly installationId: string | undefined;
  /** The headers, by their names in lower case. */
  readonly headers: RequestHeaders;
}

/** A user's own session. */
export interface Session {
  readonly userId: string;
  readonly token: string;
}
