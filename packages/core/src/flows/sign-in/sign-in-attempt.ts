import { bucketOfLogin } from '../../account/attempt-buckets.js';
import type { EnrolmentRecord } from '../../account/records/enrolment-record.js';
import { backupFactors, identityFactors, secondFactors, storedAmong } from '../../account/factor-roles.js';
import type { UserPolicy } from '../../account/login-policy.js';
import type { AccountState, LoginNotes } from '../../account/ports.js';
import type { AttemptBucket } from '../../factor/attempt-bucket.js';
import type { VerifiedCredential } from '../../factor/primary-sign-in.js';
import { type AuthRequest, type FactorReply, UNCHANGED } from '../auth-request.js';
import { storeEnrolled } from '../enrol-factor.js';
import { UserFactor } from '../user-factor.js';
import { policyFor } from './login-demand.js';

/** The state of one sign-in: what was sent, what was verified, and what is stored at the end. */
export class SignInAttempt {
  readonly request: AuthRequest;
  readonly account: AccountState;
  /** The login policy for the user. */
  readonly policy: UserPolicy;
  /** The second factors that the user has set up. */
  readonly enrolled: readonly string[];
  /** The second factors that the login answers or sets up. */
  readonly presented: readonly string[];
  /** The backup authenticators that the login answers. */
  readonly presentedBackups: readonly string[];
  /** The primary factors that the login answers. */
  readonly presentedPrimaries: readonly string[];
  /** The primary factor that the login was made with; undefined for the password. */
  readonly primary: AttemptBucket | undefined;
  /** Verified credentials that identify the user. They are consumed in {@link commit}. */
  verifiedPrimaries: ReadonlyMap<string, VerifiedCredential> = new Map();
  /** The second factors with a right answer. */
  readonly verified: string[] = [];
  /** The backup authenticators with a right answer, by factor key. */
  readonly verifiedBackups: string[] = [];
  /** The enrolments of the login. They are stored once all answers were right. */
  readonly enrolments: Record<string, EnrolmentRecord> = {};
  readonly replies: Map<string, FactorReply> = new Map();
  /** Factors that count as verified, although the user has answered none of them. */
  readonly #leftOut: readonly string[];

  /** @param isLeftOut whether the payload of a key is not an answer */
  constructor(request: AuthRequest, account: AccountState, isLeftOut: (key: string) => boolean) {
    const { runtime, sent } = request;
    const second = secondFactors(runtime);
    const isSent = (key: string): boolean => Object.hasOwn(sent.providers, key) && !isLeftOut(key);
    this.request = request;
    this.account = account;
    this.policy = policyFor(runtime, request, account);
    this.enrolled = storedAmong(account.stored, second);
    this.presented = second.filter((key) => Object.hasOwn(sent.providers, key));
    this.presentedBackups = backupFactors(runtime).filter(isSent);
    this.presentedPrimaries = identityFactors(runtime).filter(isSent);
    this.primary = bucketOfLogin(sent.providers, runtime);
    this.#leftOut = this.presented.filter(isLeftOut);
    this.verified.push(...this.#leftOut);
  }

  /** The user's enrolment in a factor. */
  factor(key: string): UserFactor<object> {
    return new UserFactor(key, this.request.runtime, this.request, this.account, { primary: this.primary });
  }

  /** The second factors that the login sets up. */
  get enrolling(): readonly string[] {
    return this.presented.filter((key) => !this.enrolled.includes(key));
  }

  /** Whether the login sets a second factor up. */
  get isEnrolling(): boolean {
    return this.enrolling.length > 0;
  }

  /**
   * Consumes the credentials and stores the enrolments. Call it once all answers were right.
   *
   * The enrolments are stored here and not by Parse Server: otherwise a login could pass with a factor that is then not
   * stored.
   */
  async commit(): Promise<void> {
    const { server } = this.request;
    for (const { consume } of this.verifiedPrimaries.values()) await consume();
    const notes = server.notes(this.account.id);
    const enrolledKeys = Object.keys(this.enrolments);
    const { factors } = this.request.runtime;
    const others = notes.methods?.filter(({ method }) => !Object.hasOwn(factors, method)) ?? [];
    notes.methods = [...others, ...(this.#methods ?? [])]; // another set of factors may have noted its own
    notes.answered = this.verified[0];
    notes.answeredByBackup = this.verified.length + enrolledKeys.length === 0 ? this.verifiedBackups[0] : undefined;
    if (enrolledKeys.length > 0) {
      await storeEnrolled(this.#at, this.enrolments);
      notes.hasEnrolled = true;
      [notes.enrolled] = enrolledKeys;
    }
    for (const key of this.presentedPrimaries) {
      const own = this.factor(key);
      await own.sealAnew(own.enrolment);
      this.replies.set(key, UNCHANGED);
    }
  }

  /** What the user has proven, for the session that the login opens. */
  get #methods(): LoginNotes['methods'] {
    const primary = [...this.verifiedPrimaries.keys()];
    const others = [...this.verified, ...Object.keys(this.enrolments)];
    const factor = others.filter((key) => !primary.includes(key) && !this.#leftOut.includes(key));
    const proven = { primary, factor, backup: this.verifiedBackups };
    return (['primary', 'factor', 'backup'] as const).flatMap((kind) => proven[kind].map((method) => ({ method, kind })));
  }

  get #at(): UserFactor<object>['at'] {
    return { runtime: this.request.runtime, request: this.request, account: this.account };
  }
}
