import type { Clock } from './clock.js';
import { markOf, type EnrolmentRecord } from './enrolment-record.js';
import { CLOCK_TOLERANCE_MS, UNLIMITED, type OtpStore } from './otp-store.js';
import { asObject } from './payload.js';
import { subjectOf } from './subject.js';

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
export interface FreshnessOptions {
  /** How old the proof may be, in milliseconds; as old as it lives by default. */
  readonly maxAgeMs?: number;
  /** The factors it may have been given with, by their keys; any by default. */
  readonly factors?: readonly string[];
}

/** What a proof's worth depends on. */
export interface ProofAccount {
  /** Gives what stands in the user's `authData` for a factor. */
  readonly stored: (factor: string) => unknown;
  /** Whether a proof by this factor is good for the user where none is named. */
  readonly counts: (factor: string) => boolean | Promise<boolean>;
}

/**
 * Which session has lately answered a factor: again (`fresh`), or as it was opened (`login`). One
 * row per user and kind, so at most one of his sessions is fresh, and whatever ends it ends it
 * everywhere.
 */
export class Freshness {
  readonly #store: OtpStore;
  readonly #clock: Clock;
  readonly #kind: 'fresh' | 'login';

  constructor(store: OtpStore, clock: Clock, kind: 'fresh' | 'login' = 'fresh') {
    this.#store = store;
    this.#clock = clock;
    this.#kind = kind;
  }

  /**
   * Makes the session fresh by the factor, for `freshMs` from now; gives until when, in epoch milliseconds.
   *
   * @param record what the factor is about to store, when setting it up is the proof: whatever
   *   fails on the way to the database leaves the session as it was
   */
  async mark(owner: SessionOwner, factor: string, freshMs: number, record?: EnrolmentRecord): Promise<number> {
    const now = this.#clock();
    const expiresAt = now + freshMs;
    const digest = [sessionOf(owner), factor, now, record === undefined ? '' : holdOf(record)].join(' ');
    await this.#store.issue(this.#subject(owner), { digest, expiresAt }, { cooldownMs: 0, quotas: [] });
    return expiresAt;
  }

  /**
   * The proof that the session is fresh, to be spent or not; undefined when it is not. One statement.
   *
   * @param account what is to be known of the user's account
   */
  async find(
    owner: SessionOwner,
    { stored, counts }: ProofAccount,
    { maxAgeMs, factors }: FreshnessOptions = {},
  ): Promise<string | undefined> {
    const attempt = await this.#store.attempt(this.#subject(owner), UNLIMITED);
    if (attempt.locked || attempt.digest === undefined) return undefined;
    const [session, factor = '', provenAt, record = ''] = attempt.digest.split(' ');
    if (session !== sessionOf(owner)) return undefined;
    const age = this.#clock() - Number(provenAt);
    // What a clock that ran ahead calls a proof would last for longer than any.
    if (age < -CLOCK_TOLERANCE_MS || (maxAgeMs !== undefined && age >= maxAgeMs)) return undefined;
    if (factors === undefined ? !(await counts(factor)) : !factors.includes(factor)) return undefined;
    if (record !== '' && holdOf(await stored(factor)) !== record) return undefined;
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

/** What a proof by setting up hangs on: what stands in the open stays the same while the record is used, and is gone with it. */
const holdOf = (record: unknown): string => {
  const id = asObject(record)?.['id'];
  return subjectOf(typeof id === 'string' ? id : markOf(record));
};

const sessionOf = ({ sessionToken }: SessionOwner): string => subjectOf('session', sessionToken);
