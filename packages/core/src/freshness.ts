import type { Clock } from './clock.js';
import type { AttemptLimits, OtpStore } from './otp-store.js';
import { subjectOf } from './subject.js';

const MARK = 'fresh';
const UNLIMITED: AttemptLimits = {
  maxAttempts: Number.MAX_SAFE_INTEGER,
  maxFailures: Number.MAX_SAFE_INTEGER,
  lockMs: 0,
  maxLockMs: 0,
};

/** Whose session is meant. */
export interface SessionOwner {
  /** The application's id. */
  readonly appId: string;
  /** The user's `objectId`. */
  readonly userId: string;
  /** The session's token; the store sees only its digest. */
  readonly sessionToken: string;
}

/**
 * Which sessions have lately answered a factor again. Kept in the store under the session and
 * its user, so that it ends with the session and holds on every server.
 */
export class Freshness {
  readonly #store: OtpStore;
  readonly #clock: Clock;

  constructor(store: OtpStore, clock: Clock) {
    this.#store = store;
    this.#clock = clock;
  }

  /** Makes the session fresh for `freshMs` from now; gives until when, in epoch milliseconds. */
  async mark(owner: SessionOwner, freshMs: number): Promise<number> {
    const expiresAt = this.#clock() + freshMs;
    await this.#store.issue(subjectOfSession(owner), { digest: MARK, expiresAt }, { cooldownMs: 0, quotas: [] });
    return expiresAt;
  }

  /** Whether the session is fresh now. One statement. */
  async isFresh(owner: SessionOwner): Promise<boolean> {
    const attempt = await this.#store.attempt(subjectOfSession(owner), UNLIMITED);
    return !attempt.locked && attempt.digest === MARK;
  }
}

const subjectOfSession = ({ appId, userId, sessionToken }: SessionOwner): string =>
  subjectOf('fresh', appId, userId, sessionToken);
