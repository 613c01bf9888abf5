import type { FactorContext } from '../../factor/context.js';
import type { AccountState, Session } from '../account-state.js';
import type { StoredRecords } from '../records/record-plan.js';

/** A session that was stored and whose token was not returned to the client yet. */
export interface NewSession extends Session {
  /** Reads the user's row as stored after the session; undefined if it no longer exists. Reads it once. */
  readonly account: () => Promise<AccountState | undefined>;
}

/** A session that Parse Server is about to store. */
export interface OpeningSession extends Session {
  /** What Parse Server says that it was opened with: keys of `auth`, or `password`. */
  readonly openedWith: readonly string[];
  /** What this request has written of the user's providers; null for one that it has unlinked. */
  readonly written: StoredRecords;
}

/** What a login does with the session that it opens. */
export interface SessionOpening {
  /** The set of factors that handles the login. Of several logins of a request, {@link keep} and {@link opened} run for one. */
  readonly set: object;
  /** Called right before the session is stored. Returns what is kept with it. */
  readonly keep: (session: OpeningSession) => string;
  /** Called after the session was stored, for each login of the request. If it throws, the login is refused. */
  readonly check?: (session: NewSession) => Promise<void>;
  /** Called once all checks of the session have passed. If it throws, the login is refused. */
  readonly opened: (session: NewSession) => Promise<void>;
}

/** A session as it is stored. */
export interface StoredSession extends Session {
  /** The `objectId`. */
  readonly id: string;
  /** When it was opened, as ISO 8601. */
  readonly createdAt: string;
  /** When it ends by itself, as ISO 8601; undefined if it does not. */
  readonly expiresAt: string | undefined;
  /** The installation that opened it; undefined if the client sent none. */
  readonly installationId: string | undefined;
  /** What {@link SessionOpening.keep} of each set of factors has returned, and what was added since. */
  readonly kept: readonly unknown[];
}

/** A session by its `objectId`, of that user only. */
export type SessionId = Pick<StoredSession, 'userId' | 'id'>;

/** The sessions of the application. */
export interface Sessions {
  /** Resolves if the session has not ended. Otherwise it throws Parse Server's error 209. */
  assertAlive(session: Session): Promise<void>;
  /**
   * Ends the user's sessions except one. Returns how many it ended.
   *
   * @param keep the token of the session that stays
   * @param emit called with a fault when sessions are left, as new ones keep coming
   */
  endOthers(userId: string, keep: string | undefined, emit: FactorContext['emit']): Promise<number>;
  /** Ends one session. */
  end(token: string): Promise<void>;
  /**
   * Registers what happens with the sessions that this request's logins open for the user.
   *
   * @param userId empty for the user whom this request creates
   * @param emit called with faults of the check
   */
  onOpened(userId: string, emit: FactorContext['emit'], opening: SessionOpening): void;
  /** Reads a session; undefined if it has ended. */
  find(session: Session | SessionId): Promise<StoredSession | undefined>;
  /** Returns the user's sessions that have not ended, the newest first, 100 at most. */
  list(userId: string): Promise<readonly StoredSession[]>;
  /** Adds to what is kept with a session, and returns all of it. Does nothing if it has ended. */
  keep(session: Session, added: string): Promise<readonly unknown[]>;
  /** Replaces what is kept with a session. What is added at the same time may be lost. */
  compact(session: Session, kept: readonly unknown[]): Promise<void>;
}
