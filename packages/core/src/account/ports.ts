import type { FactorContext, FactorUser, RequestHeaders } from '../factor/context.js';
import type { FactorEvent } from '../factor/factor-event.js';
import type { OtpStore } from '../store/otp-store.js';
import type { EnrolmentRecord } from './enrolment-record.js';
import type { RecordChanges, RecordPlan, StoredRecords } from './record-plan.js';

/**
 * How rules and flows reach the world: the room `parse` implements these for one request, and tests do so in a few lines.
 */

/** A user as stored when the row was read. */
export interface AccountState {
  /** The `objectId`. */
  readonly id: string;
  /** The row, as factors and functions of the application get it. */
  readonly user: FactorUser;
  /** What is stored of the user by provider; what nobody has confirmed is left out. */
  readonly stored: StoredRecords;
  /** Keys under which something is stored that nobody has confirmed. */
  readonly unconfirmed: readonly string[];
}

/** Who sends a request, as far as that can be seen. */
export interface ClientInfo {
  /** The address that the request counts for; undefined where it counts for none. */
  readonly ip: string | undefined;
  /** The installation that asks, as its SDK names itself. A client can claim any. */
  readonly installationId: string | undefined;
  /** The headers, by their names in lower case. */
  readonly headers: RequestHeaders;
}

/** A user's own session. */
export interface Session {
  readonly userId: string;
  readonly token: string;
}

/** What happens together with a write of a user that Parse Server is about to make. */
export interface StagedSave {
  /** Whose row it is; empty for a user who is about to be created. */
  readonly userId: string;
  /** The row as it was read, which saves reading it. */
  readonly account?: AccountState;
  /** What the same statement changes about the user's records; nothing by default. */
  readonly plan?: RecordPlan;
  /** Whether a session has asked for it, and no login. */
  readonly bySession?: boolean;
  /** Runs before the statement, when Parse Server has refused all that it refuses. What it throws refuses the write. */
  readonly before?: () => Promise<void>;
  /** Takes {@link before} back where the statement failed. */
  readonly undo?: () => Promise<void>;
  /** Runs after the statement. */
  readonly after?: () => Promise<void>;
  /** Called with faults of all of this. */
  readonly emit: FactorContext['emit'];
}

/** The users of the application. */
export interface Accounts {
  /** The whole stored row of a user; undefined when there is none. */
  find(userId: string): Promise<AccountState | undefined>;
  /**
   * The whole stored row of a user.
   *
   * @throws FactorError `session_required` when there is none
   */
  get(userId: string): Promise<AccountState>;
  /** Up to `limit` users whose fields have these values. */
  findBy(fields: Readonly<Record<string, unknown>>, limit: number): Promise<readonly AccountState[]>;
  /** The next users by their ids, after that one; from the first on for an empty id. */
  list(after: string, limit: number): Promise<readonly AccountState[]>;
  /** Whether a user is linked to that id under the key of a primary factor. */
  isLinked(key: string, id: string): Promise<boolean>;
  /** Whether the user has a password. A user who is gone has one. */
  hasPassword(userId: string): Promise<boolean>;

  /**
   * Carries a plan out in one atomic statement.
   *
   * @param account the row as it was read. Where its records have changed since, the plan is asked again
   * @returns what was changed
   * @throws FactorError of the plan; `session_required` when the user is gone; `unavailable`
   */
  commit(account: AccountState, plan: RecordPlan): Promise<RecordChanges>;

  /**
   * Stages what happens with the write that stores the value that is given back.
   *
   * @param id where the record has one in the open: the id by which Parse Server finds the user
   * @returns what Parse Server is handed in the place of the record
   * @throws FactorError `invalid_input` in a transaction
   */
  stage(save: StagedSave, id?: string): EnrolmentRecord;
  /** Stages what happens with the write of a new password of the user. */
  stageWithPassword(save: StagedSave): void;
  /** What is going to be stored of the user, once the values that were staged for them are written. */
  preview(userId: string, given: StoredRecords, stored: StoredRecords): StoredRecords;
  /**
   * Says what the user's next write may store of providers that are no factors of ours. Without a decision, on an account
   * that has factors, each of them keeps the id that is stored.
   *
   * @param decided by provider the record that is stored, null where it is unlinked
   */
  decideProviders(account: AccountState, decided: StoredRecords): void;
  /** Whether Parse Server drops what is stored of all providers when one is removed. */
  readonly losesAllOnRemoval: boolean;
}

/** A session that was stored, and whose token was not handed out yet. */
export interface NewSession extends Session {
  /** The user's row as stored after the session; undefined when it is gone. It is read once. */
  readonly account: () => Promise<AccountState | undefined>;
}

/** The sessions of the application. */
export interface Sessions {
  /**
   * Ends the user's sessions but one; gives how many.
   *
   * @param keep the token of the session that stays
   */
  endOthers(userId: string, keep: string | undefined): Promise<number>;
  /** Ends one session. */
  end(token: string): Promise<void>;
  /**
   * Has the next sessions of the user checked: those of the logins that this request makes. What the check throws refuses
   * the login.
   *
   * @param emit called with faults of the check
   */
  onOpened(userId: string, emit: FactorContext['emit'], check: (session: NewSession) => Promise<void>): void;
}

/** The roles of the application. */
export interface Roles {
  /** The names of a user's roles, inherited ones included. */
  namesOf(userId: string): Promise<readonly string[]>;
}

/** What Parse Server replies to logins by `authData` that are under way: it would echo what was sent. */
export interface LoginReplies {
  /** How many such replies to the user are being made. */
  count(userId: string): number;
  /** Replaces what the replies show of providers. */
  show(userId: string, shown: (providers: StoredRecords) => StoredRecords): void;
}

/** What the hooks of an HTTP request leave for its triggers, about one user. */
export interface LoginNotes {
  /** A factor that a login answered, with all else that it gave. */
  answered?: string | undefined;
  /** A backup authenticator that a login answered in place of all factors. */
  answeredByBackup?: string | undefined;
  /** A factor that a login has set up: its session has a step-up proof then. */
  enrolled?: string | undefined;
  /** Whether a login has set up a factor, so that it is not refused for the lack of one. */
  hasEnrolled?: boolean;
  /** What this request has written of the user's records, by key, as `markOf` gives it. */
  readonly written: Map<string, string>;
}

/** The server, for one request. */
export interface Server {
  /** The application's id. */
  readonly appId: string;
  /** The keys of the option `auth`. */
  readonly providers: readonly string[];
  /** Where codes and limits are kept. */
  readonly store: OtpStore;
  readonly accounts: Accounts;
  readonly sessions: Sessions;
  readonly roles: Roles;
  readonly replies: LoginReplies;
  /** What the request has noted about a user. */
  notes(userId: string): LoginNotes;
  /** Writes an event to the app's database. */
  logEvent(event: FactorEvent): Promise<void>;
  /**
   * Refuses what would take a second connection while the request holds that of a transaction.
   *
   * @throws FactorError `invalid_input`
   */
  assertNoTransaction(): void;
}

/** A request, as everything behind the bridge sees it. */
export interface ServerRequest {
  readonly client: ClientInfo;
  readonly server: Server;
}
