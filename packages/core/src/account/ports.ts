import type { FactorContext } from '../factor/context.js';
import type { FactorEvent, FactorEventType } from '../factor/factor-event.js';
import type { OtpStore } from '../store/otp-store.js';
import type { PaymentDetails } from '../validation/payment-details.js';
import type { AccountState, ClientInfo, Session } from './account-state.js';
import type { EventRecords } from './event-ports.js';
import type { KnownDevices } from './devices/known-device.js';
import type { EnrolmentRecord } from './records/enrolment-record.js';
import type { RecordChanges, RecordPlan, StoredRecords } from './records/record-plan.js';
import type { KeptMethod } from './sessions/session-methods.js';
import type { Sessions } from './sessions/session-ports.js';

export type { AccountState, ClientInfo, Session } from './account-state.js';
export type * from './sessions/session-ports.js';

/**
 * The interfaces through which rules and flows use Parse Server. The folder `parse` implements them for one request;
 * tests implement them in a few lines.
 */

/** Values of a user's fields, by name. */
export type FieldValues = Readonly<Record<string, unknown>>;

/** What happens together with a write of a user that Parse Server is about to make. */
export interface StagedSave {
  /** The `objectId` of the user; empty for a user who is about to be created. */
  readonly userId: string;
  /** The row as it was read, to avoid reading it again. */
  readonly account?: AccountState;
  /** What the same statement changes about the user's records; nothing by default. */
  readonly plan?: RecordPlan;
  /** Fields that the row must still have when it is written, with their values as read; null for a missing one. */
  readonly where?: FieldValues;
  /** Further fields that the same statement writes. A verified email also ends the link of Parse Server that verifies it. */
  readonly fields?: FieldValues;
  /** The same, for a user who is about to be created and whose `objectId` is known only then. */
  readonly planFor?: (userId: string) => RecordPlan;
  /** Whether a session requested the write, rather than a login. */
  readonly bySession?: boolean;
  /**
   * The session that requested the write. If it has ended when the records are written, they are written back as they were,
   * and the write is refused with Parse Server's error 209.
   */
  readonly session?: Session | undefined;
  /** Runs right before the statement, after all of Parse Server's own checks. If it throws, the write is refused. */
  readonly before?: () => Promise<void>;
  /** Undoes {@link before} if the statement failed. */
  readonly undo?: () => Promise<void>;
  /** Runs after the statement. */
  readonly after?: () => Promise<void>;
  /** What was verified for a user who is about to be created, for the session that the sign-up opens. */
  readonly methods?: LoginNotes['methods'];
  /** Called with the faults of all of these steps. */
  readonly emit: FactorContext['emit'];
}

/** The users of the application. */
export interface Accounts {
  /** Reads the whole stored row of a user; undefined if there is none. */
  find(userId: string): Promise<AccountState | undefined>;
  /**
   * Reads the whole stored row of a user.
   *
   * @throws FactorError `session_required` if there is none
   */
  get(userId: string): Promise<AccountState>;
  /** Returns up to `limit` users whose fields have these values. */
  findBy(fields: FieldValues, limit: number): Promise<readonly AccountState[]>;
  /** Returns up to ten users whose `email` is this one, in any case: Parse Server keeps it as it was typed. */
  findByEmail(email: string): Promise<readonly AccountState[]>;
  /** Returns the next users in the order of their ids, after the id `after`. An empty id starts at the first user. */
  list(after: string, limit: number): Promise<readonly AccountState[]>;
  /** Returns how many users there are. */
  count(): Promise<number>;
  /** Returns the user who is linked to that id under the key of a primary factor; undefined if there is none. */
  findLinked(key: string, id: string): Promise<AccountState | undefined>;
  /** Tells whether the user has a password. Returns true for a user who no longer exists. */
  hasPassword(userId: string): Promise<boolean>;

  /**
   * Carries out a plan in one atomic statement.
   *
   * @param account the row as it was read. If its records have changed since then, the plan decides again
   * @returns what was changed
   * @throws FactorError of the plan; `session_required` if the user no longer exists; `unavailable`
   */
  commit(account: AccountState, plan: RecordPlan): Promise<RecordChanges>;

  /**
   * Stages what happens with the write that stores the returned value.
   *
   * @param id the record's unsealed id, if it has one: Parse Server finds the user by it
   * @returns the value to pass to Parse Server instead of the record
   * @throws FactorError `invalid_input` in a transaction
   */
  stage(save: StagedSave, id?: string): EnrolmentRecord;
  /** Stages what happens with the user's next write of that field, such as `password`. */
  stageWith(field: string, save: StagedSave): void;
  /**
   * Stages what happens with the user's next write of that field with another value, such as by a trigger of the application. A
   * write that marks the field as verified is left alone.
   *
   * @param expected null for none
   */
  stageWithOther(field: string, expected: unknown, save: StagedSave): void;
  /**
   * Writes a field as the master key does: under the server's own rules, such as its password policy, and with the application's
   * triggers. A new password also ends the lock-out after wrong passwords, where the server says so.
   *
   * @param save what happens with the write
   * @returns false if the row no longer has the values of `save.where`
   * @throws Parse.Error of the server's rules; what `save.before` throws
   */
  write(field: string, value: unknown, save: StagedSave): Promise<boolean>;
  /**
   * Tells whether a password is the user's, as a login would. A wrong one counts for the server's account lockout; during one,
   * every password is wrong. It takes the same time whether or not there is a user.
   *
   * @param account undefined for no user
   */
  isPassword(account: AccountState | undefined, password: string): Promise<boolean>;
  /** Returns the user's records as they will be stored once the staged values are written. */
  preview(userId: string, given: StoredRecords, stored: StoredRecords): StoredRecords;
  /**
   * Sets what the user's next write may store for providers that are not composed factors. Without a decision, an
   * account that has factors keeps the stored id of each provider.
   *
   * @param decided the record to store, by provider; null unlinks it
   */
  decideProviders(account: AccountState, decided: StoredRecords): void;
  /** Whether Parse Server verifies emails, and so whether `emailVerified` is to be trusted. */
  readonly verifiesEmails: boolean;
  /** Whether Parse Server drops the records of all providers when one is removed. */
  readonly losesAllOnRemoval: boolean;
}

/** The roles of the application. */
export interface Roles {
  /** Returns the names of a user's roles, inherited ones included. */
  namesOf(userId: string): Promise<readonly string[]>;
}

/**
 * Parse Server's pending replies to logins by `authData`. Without a change, such a reply would echo the credentials
 * that the client sent.
 */
export interface LoginReplies {
  /** Returns how many such replies to the user are pending. */
  count(userId: string): number;
  /**
   * Says what replies to the user that are still to be made show of providers, as long as nothing replaces it: Parse Server
   * also replies to a login that opens no session.
   *
   * @param set the set of factors that says so; what each says is applied in turn
   */
  hide(userId: string, set: object, shown: (providers: StoredRecords) => StoredRecords): void;
  /** Replaces what the replies show of providers. */
  show(userId: string, shown: (providers: StoredRecords) => StoredRecords): void;
}

/** What the hooks of an HTTP request note for its triggers, about one user. */
export interface LoginNotes {
  /** The key of a factor that a login verified, if all its other credentials were correct too. */
  answered?: string | undefined;
  /** The key of a backup authenticator that a login used in place of all factors. */
  answeredByBackup?: string | undefined;
  /** The key of a factor that a login enrolled. The login's session then has a step-up proof. */
  enrolled?: string | undefined;
  /** Whether a login enrolled a factor. Such a login is not refused for having no factor. */
  hasEnrolled?: boolean;
  /** What a login verified, of all sets of factors, for the session that it opens. */
  methods?: readonly Omit<KeptMethod, 'at'>[] | undefined;
  /** What this request has written of the user's records: by key, the value of `markOf`. */
  readonly written: Map<string, string>;
}

/** Which events of the log are read. */
export interface EventQuery {
  readonly userId: string;
  /** The types to read; all by default. */
  readonly types?: { readonly only: readonly FactorEventType[] } | { readonly without: readonly FactorEventType[] };
  readonly limit: number;
}

/** The server, for one request. */
export interface Server extends EventRecords {
  /** The application's id. */
  readonly appId: string;
  /** The keys of the option `auth`. */
  readonly providers: readonly string[];
  /** Where codes and limits are kept. */
  readonly store: OtpStore;
  readonly accounts: Accounts;
  readonly sessions: Sessions;
  readonly devices: KnownDevices;
  readonly roles: Roles;
  readonly replies: LoginReplies;
  /** Returns what this request has noted about a user. */
  notes(userId: string): LoginNotes;
  /** Reads a user's events from the application's database, the latest first. */
  listEvents(query: EventQuery): Promise<readonly FactorEvent[]>;
  /**
   * Refuses work that needs a second database connection while the request holds one for a transaction. Otherwise
   * parallel requests could deadlock on the connection pool.
   *
   * @throws FactorError `invalid_input`
   */
  assertNoTransaction(): void;
}

/** A request, as flows and rules receive it. */
export interface ServerRequest {
  readonly client: ClientInfo;
  /** Whether the request uses the master key, with or without a session. */
  readonly hasMasterKey: boolean;
  readonly server: Server;
  /** The way by which the client wants its code; undefined for the default. */
  readonly via?: string | undefined;
  /** What the code confirms, for a payment. */
  readonly details?: PaymentDetails | undefined;
}
