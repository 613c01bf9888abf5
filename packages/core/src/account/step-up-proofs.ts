import { subjectOf } from '../crypto/subject.js';
import { CLOCK_TOLERANCE_MS, type OtpStore, UNLIMITED } from '../store/otp-store.js';
import type { Clock } from '../time/clock.js';

/** Whose session is meant. */
export interface SessionOwner {
  /** The application's id. */
  readonly appId: string;
  /** The user's `objectId`. */
  readonly userId: string;
  /** The session's token; the store sees only its digest. */
  readonly sessionToken: string;
}

/** Which fresh proofs are good enough. */
export interface StepUpOptions {
  /** How old the proof may be, in milliseconds; as old as it lives by default. */
  readonly maxAgeMs?: number;
  /** The factors it may have been given with, by their keys; any by default. */
  readonly factors?: readonly string[];
}

/** What a proof's worth depends on. */
export interface ProofAccount {
  /** Whether a proof by this factor is good for the user where none is named. */
  readonly counts: (factor: string) => boolean | Promise<boolean>;
}

/** What a session can have proven: see {@link StepUpProofs}. */
export const PROOFS = ['fresh', 'login', 'recovery'] as const;

/** One of {@link PROOFS}. */
export type ProofKind = (typeof PROOFS)[number];

/** How long a session that a recovery code has opened may give another as a proof, in milliseconds: time to set up a new phone. */
export const RECOVERY_SESSION_MS: number = 60 * 60_000;

/**
 * Which session has lately answered a factor: again (`fresh`), or as it was opened (`login`); or was
 * opened with what stands in for one (`recovery`). One row per user and kind, so at most one of his
 * sessions is fresh, and whatever ends it ends it everywhere.
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

  /** Makes the session fresh by the factor until then, in epoch milliseconds. */
  async record(owner: SessionOwner, factor: string, until: number): Promise<void> {
    const digest = [sessionOf(owner), factor, this.#clock()].join(' ');
    await this.#store.issue(this.#subject(owner), { digest, expiresAt: until }, { cooldownMs: 0, quotas: [] });
  }

  /**
   * The proof that the session is fresh, to be spent or not; undefined when it is not. One statement.
   *
   * @param account what is to be known of the user's account
   */
  async find(
    owner: SessionOwner,
    { counts }: ProofAccount,
    { maxAgeMs, factors }: StepUpOptions = {},
  ): Promise<string | undefined> {
    const attempt = await this.#store.attempt(this.#subject(owner), UNLIMITED);
    if (attempt.locked || attempt.digest === undefined) return undefined;
    const [session, factor = '', provenAt, pending = ''] = attempt.digest.split(' ');
    // Versions before 0.2 noted a proof before what it hung on was stored.
    if (session !== sessionOf(owner) || pending !== '') return undefined;
    const age = this.#clock() - Number(provenAt);
    // What a clock that ran ahead calls a proof would last for longer than any.
    if (age < -CLOCK_TOLERANCE_MS || (maxAgeMs !== undefined && age >= maxAgeMs)) return undefined;
    if (factors === undefined ? !(await counts(factor)) : !factors.includes(factor)) return undefined;
    return attempt.digest;
  }

  /** Uses the proof up: true for exactly one caller. */
  spend(owner: SessionOwner, proof: string): Promise<boolean> {
    return this.#store.consume(this.#subject(owner), proof);
  }

  /** Ends what any session of the user has proven. */
  end(owner: Omit<SessionOwner, 'sessionToken'>): Promise<void> {
    return this.#store.forget(this.#subject(owner));
  }

  #subject({ appId, userId }: Omit<SessionOwner, 'sessionToken'>): string {
    return subjectOf(this.#kind, appId, userId);
  }
}

const sessionOf = ({ sessionToken }: SessionOwner): string => subjectOf('session', sessionToken);
