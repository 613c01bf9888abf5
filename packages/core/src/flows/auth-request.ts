import type { EnrolmentRecord } from '../account/enrolment-record.js';
import type { AccountState, ServerRequest, Session } from '../account/ports.js';
import type { Runtime } from '../account/runtime.js';
import type { SentCredentials } from '../account/sent-credentials.js';
import type { Reply } from '../factor/context.js';

/** What a hook of a factor answers with: what is to be stored of it, where that changes, and what the client is told. */
export interface FactorReply {
  /** What Parse Server is to store; the stored record stays as it is where it is left out. */
  readonly save?: EnrolmentRecord;
  /** What the client is told. */
  readonly response?: Reply;
}

/** The stored record stays as it is, and nothing is told. */
export const UNCHANGED: FactorReply = Object.freeze({});

/** By the key of a factor, what its hook answers at a sign-in. */
export type SignInReplies = ReadonlyMap<string, FactorReply>;

/** What a request asks of factors. */
export type RequestKind =
  /** `POST /challenge`: finds the user by a factor, and proves nothing for the login. */
  | 'identify'
  /** A login, or a sign-up of a known user. */
  | 'sign-in'
  /** A user who is not known yet. */
  | 'sign-up'
  /** A session changes its own user. */
  | 'own-save'
  /** A session sends an id that another account has. */
  | 'own-save-of-taken-id'
  /** The master key changes a user, creates one or logs in. */
  | 'admin-save';

/** Who may ask for a challenge. */
export type ChallengeKind = 'by-anybody' | 'after-first-factor' | 'by-session' | 'by-session-or-after-first-factor';

/** The checks of providers that are none of ours. */
export interface OtherProviders {
  /**
   * Runs Parse Server's check of a provider, unless it has run for this request.
   *
   * @returns false where there is no such provider
   */
  verify(provider: string, payload: unknown): Promise<boolean>;
  /** Whether a provider is a second factor of the user, going by its stored record. */
  isSecondFactor(provider: string, record: unknown): boolean;
}

/** What the hooks of one request leave for each other. */
export interface RequestProgress {
  /** The key of the factor that has said who the user is, in a challenge. */
  identifiedBy?: string;
  /** What a save has staged so far, by key. */
  readonly staged: Record<string, EnrolmentRecord>;
  /** The one run of a sign-in: each hook takes its own reply of it. */
  signIn?: Promise<SignInReplies>;
}

/** A request as flows see it. */
export interface AuthRequest extends ServerRequest {
  readonly runtime: Runtime;
  readonly kind: RequestKind;
  readonly session: Session | undefined;
  readonly isAdministrator: boolean;
  /** The user whom Parse Server has found. */
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
  readonly isAdministrator: boolean;
  readonly account: AccountState | undefined;
  /** Whether the user may have been found by their password. */
  readonly mayBeByPassword: boolean;
  readonly progress: RequestProgress;
}

/** One user in one request. */
export interface AccountRequest {
  readonly runtime: Runtime;
  readonly request: ServerRequest;
  readonly account: AccountState;
  /** The user's own session, where there is one. */
  readonly session?: Session | undefined;
}
