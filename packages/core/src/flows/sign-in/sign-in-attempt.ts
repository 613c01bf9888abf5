import type { EnrolmentRecord } from '../../account/enrolment-record.js';
import { primaryFactors, secondFactors, backupFactors, storedAmong } from '../../account/factor-roles.js';
import type { UserPolicy } from '../../account/login-policy.js';
import type { AccountState } from '../../account/ports.js';
import { primaryOfLogin } from '../../account/primary-factors.js';
import type { PrimaryFactor } from '../../factor/primary-factor.js';
import type { VerifiedCredential } from '../../factor/primary-sign-in.js';
import type { AuthRequest, FactorReply } from '../auth-request.js';
import { storeEnrolled } from '../enrol-factor.js';
import { UserFactor } from '../user-factor.js';
import { policyFor } from './login-demand.js';

/** One sign-in: what it gives, what of that is right, and what becomes of it at the end. */
export class SignInAttempt {
  readonly request: AuthRequest;
  readonly account: AccountState;
  /** What the login policy asks of the user. */
  readonly policy: UserPolicy;
  /** The second factors that the user has set up. */
  readonly enrolled: readonly string[];
  /** The second factors that the login answers or sets up. */
  readonly presented: readonly string[];
  /** The backup authenticators that the login answers. */
  readonly presentedBackups: readonly string[];
  /** The primary factors that the login answers. */
  readonly presentedPrimaries: readonly string[];
  /** What the login has proven in place of the password. */
  readonly primary: PrimaryFactor | undefined;
  /** Answers that have said who the user is; not used up yet. */
  primaries: ReadonlyMap<string, VerifiedCredential> = new Map();
  /** Second factors that were answered rightly. */
  readonly verified: string[] = [];
  /** What was answered rightly in place of a factor, by the keys of factors. */
  readonly verifiedBackups: string[] = [];
  /** What the login has set up; it is stored when all that the login gives was right. */
  readonly enrolments: Record<string, EnrolmentRecord> = {};
  readonly replies: Map<string, FactorReply> = new Map();

  /** @param isLeftOut keys whose payloads are no answers */
  constructor(request: AuthRequest, account: AccountState, isLeftOut: (key: string) => boolean) {
    const { runtime, sent, server } = request;
    const second = secondFactors(runtime);
    const isSent = (key: string): boolean => Object.hasOwn(sent.providers, key) && !isLeftOut(key);
    this.request = request;
    this.account = account;
    this.policy = policyFor(runtime, server, account);
    this.enrolled = storedAmong(account.stored, second);
    this.presented = second.filter((key) => Object.hasOwn(sent.providers, key));
    this.presentedBackups = backupFactors(runtime).filter(isSent);
    this.presentedPrimaries = primaryFactors(runtime).filter(isSent);
    this.primary = primaryOfLogin(sent.providers, runtime);
    this.verified.push(...this.presented.filter(isLeftOut));
  }

  /** The user's enrolment in a factor. */
  factor(key: string): UserFactor<object> {
    return new UserFactor(key, this.request.runtime, this.request, this.account, { primary: this.primary });
  }

  /** Whether the login sets a second factor up. */
  get isEnrolling(): boolean {
    return this.presented.some((key) => !this.enrolled.includes(key));
  }

  /**
   * Everything that the login gives was right: uses its answers up, and stores what it has set up. That is stored here and
   * not by Parse Server, so that nobody is let in for a factor that then is not there.
   */
  async commit(): Promise<void> {
    const { server } = this.request;
    for (const { consume } of this.primaries.values()) await consume();
    const notes = server.notes(this.account.id);
    const enrolledKeys = Object.keys(this.enrolments);
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
    }
  }

  get #at(): UserFactor<object>['at'] {
    return { runtime: this.request.runtime, request: this.request, account: this.account };
  }
}
