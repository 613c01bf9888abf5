import type { EnrolmentRecord } from '../account/records/enrolment-record.js';
import type { AccountState, ServerRequest, Session } from '../account/ports.js';
import type { Runtime } from '../account/runtime.js';
import type { SentCredentials } from '../account/sent-credentials.js';
import type { Reply } from '../factor/context.js';

/** The answer of a factor's hook: the record to store, if it changes, and the reply to the client. */
export interface FactorReply {
  /** The record that Parse Server stores. Left out, the stored record stays. */
  readonly save?: EnrolmentRecord;
  /** The reply to the client. */
  readonly response?: Reply;
}

/** Leaves the stored record as it is, and replies nothing. */
export const UNCHANGED: FactorReply = Object.freeze({});

/** The answers of all hooks of a sign-in, by factor key. */
export type SignInReplies = ReadonlyMap<string, FactorReply>;

/** The kinds of requests that concern factors. */
export type RequestKind =
  /** `POST /challenge`: finds the user by a factor, but proves nothing for the login. */
  | 'identify'
  /** A login, or a sign-up of a known user. */
  | 'sign-in'
  /** A sign-up of a new user. */
  | 'sign-up'
  /** A session saves its own user. */
  | 'own-save'
  /** A session sends an id that is linked to another account. */
  | 'own-save-of-taken-id'
  /** The master key changes a user, creates one or logs in. */
  | 'admin-save';

/** How the client that asks for a challenge is authenticated. */
export type ChallengeKind =
  /** By nothing yet: a sign-in with a primary factor. */
  | 'by-anyone'
  /** By a primary factor in the same request, such as the password. */
  | 'after-first-factor'
  /** By the user's own session. */
  | 'by-session';

/** The checks of auth providers that are not factors of this library. */
export interface OtherProviders {
  /**
   * Runs Parse Server's check of a provider, unless this request has already run it.
   *
   * @returns false when there is no such provider
   */
  verify(provider: string, payload: unknown): Promise<boolean>;
  /** Whether a provider is a second factor of the user, according to its stored record. */
  isSecondFactor(provider: string, record: unknown): boolean;
}

/** State that the hooks of one request share. */
export interface RequestProgress {
  /** The key of the factor that identified the user, in a challenge. */
  identifiedBy?: string;
  /** The records that a save has staged so far, by key. */
  readonly staged: Record<string, EnrolmentRecord>;
  /** The single run of a sign-in, or of a sign-up with several factors, from which each hook takes its own reply. */
  signIn?: Promise<SignInReplies>;
}

/** A login, sign-up or save, in the form that flows handle. */
export interface AuthRequest extends ServerRequest {
  readonly runtime: Runtime;
  readonly kind: RequestKind;
  readonly session: Session | undefined;
  /** Whether the request uses the master key, and no session. */
  readonly isAdministrator: boolean;
  /** The user that Parse Server has found. */
  readonly account: AccountState | undefined;
  readonly sent: SentCredentials;
  readonly others: OtherProviders;
  readonly progress: RequestProgress;
}

/** A request for a challenge. */
export interface ChallengeRequest extends ServerRequest {
  readonly runtime: Runtime;
  readonly kind: ChallengeKind;
  readonly session: Session | undefined;
  readonly account: AccountState | undefined;
  /** Whether the user may have been identified by their password. */
  readonly mayBeByPassword: boolean;
  readonly progress: RequestProgress;
}

/** One user, in one request. */
export interface AccountRequest {
  readonly runtime: Runtime;
  readonly request: ServerRequest;
  readonly account: AccountState;
  /** The user's own session, if the request has it. */
  readonly session?: Session | undefined;
}
