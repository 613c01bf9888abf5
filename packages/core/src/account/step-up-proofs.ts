import { subjectOf } from '../crypto/subject.js';
import { CLOCK_TOLERANCE_MS, type OtpStore, UNLIMITED } from '../store/otp-store.js';
import type { Clock } from '../time/clock.js';

/** The session that a proof belongs to. */
export interface SessionOwner {
  /** The application's id. */
  readonly appId: string;
  /** The user's `objectId`. */
  readonly userId: string;
  /** The session's token. The store receives only a digest of it. */
  readonly sessionToken: string;
}

/** Which step-up proofs are accepted. */
export interface StepUpOptions {
  /** Maximum age of the proof, in milliseconds; by default any proof that has not expired. */
  readonly maxAgeMs?: number;
  /** The keys of the factors that may have made the proof; any by default. */
  readonly factors?: readonly string[];
}

/** What the acceptance of a proof depends on. */
export interface ProofAccount {
  /** Tells whether a proof by this factor is accepted for the user if {@link StepUpOptions.factors} is left out. */
  readonly counts: (factor: string) => boolean | Promise<boolean>;
}

/** What a session can have proven: see {@link StepUpProofs}. */
export const PROOFS = ['fresh', 'login', 'recovery'] as const;

/** One of {@link PROOFS}. */
export type ProofKind = (typeof PROOFS)[number];

/**
 * How long a session that was opened with a recovery code may use a second recovery code as a proof, in milliseconds.
 * It gives the user time to set up a new phone.
 */
export const RECOVERY_SESSION_MS: number = 60 * 60_000;

/**
 * Stores which session has recently verified a factor: `fresh` after a step-up, `login` at the sign-in, `recovery` if
 * a backup authenticator opened it. There is one row for each user and kind. So at most one session of a user has a
 * proof, and ending it applies everywhere.
 */
export class StepUpProofs {
  readonly #store: OtpStore;
  readonly #clock: Clock;
  readonly #kind: ProofKind;

  constructor(store: OtpStore, clock: Clock, kind: ProofKind = 'fresh') {
    this.#store = store;
    this.#clock = clock;
    this.#kind = kind;
  }

  /** Records that the session has verified the factor. The proof expires at `until`, in epoch milliseconds. */
  async record(owner: SessionOwner, factor: string, until: number): Promise<void> {
    const digest = [sessionOf(owner), factor, this.#clock()].join(' ');
    await this.#store.issue(this.#subject(owner), { digest, expiresAt: until }, { cooldownMs: 0, quotas: [] });
  }

  /**
   * Returns the session's proof, which the caller may pass to {@link spend}; undefined if there is none. Takes one
   * statement.
   *
   * @param account decides which factors count for the user
   */
  async find(
    owner: SessionOwner,
    { counts }: ProofAccount,
    { maxAgeMs, factors }: StepUpOptions = {},
  ): Promise<string | undefined> {
    const attempt = await this.#store.attempt(this.#subject(owner), UNLIMITED);
    if (attempt.locked || attempt.digest === undefined) return undefined;
    const [session, factor = '', provenAt] = attempt.digest.split(' ');
    if (session !== sessionOf(owner)) return undefined;
    const age = this.#clock() - Number(provenAt);
    // A proof dated in the future was written by a clock that ran ahead. It would outlive its maximum age.
    if (age < -CLOCK_TOLERANCE_MS || (maxAgeMs !== undefined && age >= maxAgeMs)) return undefined;
    if (factors === undefined ? !(await counts(factor)) : !factors.includes(factor)) return undefined;
    return attempt.digest;
  }

  /** Uses up the proof. Returns true for exactly one caller. */
  spend(owner: SessionOwner, proof: string): Promise<boolean> {
    return this.#store.consume(this.#subject(owner), proof);
  }

  /** Ends the proof of every session of the user. */
  end(owner: Omit<SessionOwner, 'sessionToken'>): Promise<void> {
    return this.#store.forget(this.#subject(owner));
  }

  #subject({ appId, userId }: Omit<SessionOwner, 'sessionToken'>): string {
    return subjectOf(this.#kind, appId, userId);
  }
}

const sessionOf = ({ sessionToken }: SessionOwner): string => subjectOf('session', sessionToken);
