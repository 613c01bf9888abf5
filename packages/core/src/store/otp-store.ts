/** At most `limit` events in a window of `windowMs`. A window opens at its first event. */
export interface Quota {
  /** Events allowed in one window, at least 1. */
  readonly limit: number;
  /** Length of a window in milliseconds. */
  readonly windowMs: number;
}

/** The live code of a subject. */
export interface LiveCode {
  /**
   * What an answer is compared with: a keyed digest of a code, or a sealed secret. Opaque to the store, 1 to 1024
   * characters.
   */
  readonly digest: string;
  /**
   * When the code expires, in epoch milliseconds. At most a day ahead, because a store may delete a subject two days
   * after its last event. A code that expires later was made by a clock that ran ahead, and is never live.
   */
  readonly expiresAt: number;
}

/** How often a code may be sent for a subject. */
export interface SendLimits {
  /** Minimum time between two codes, in milliseconds. */
  readonly cooldownMs: number;
  /** Further limits, at most two. */
  readonly quotas: readonly Quota[];
}

/** How many attempts a subject allows. */
export interface AttemptLimits {
  /** Attempts at one live code. */
  readonly maxAttempts: number;
  /** Failed attempts, over any number of codes, that lock the subject. */
  readonly maxFailures: number;
  /** Length of the first lock in milliseconds. Each further lock without a success in between is twice as long. */
  readonly lockMs: number;
  /** Length of the longest lock in milliseconds. */
  readonly maxLockMs: number;
}

/** Limits that never lock, for subjects that an attacker cannot guess at. */
export const UNLIMITED: AttemptLimits = Object.freeze({
  maxAttempts: Number.MAX_SAFE_INTEGER,
  maxFailures: Number.MAX_SAFE_INTEGER,
  lockMs: 0,
  maxLockMs: 0,
});

/** Result of {@link OtpStore.issue}. */
export type IssueResult =
  { readonly issued: true } | { readonly issued: false; readonly reason: 'cooldown' | 'locked'; readonly retryAt: number };

/** Result of {@link OtpStore.attempt}. */
export type AttemptResult =
  | {
      readonly locked: false;
      /** The live code's digest; undefined if there is none, or if its attempts are used up. */
      readonly digest: string | undefined;
      /** The high-water mark so far; -1 if there is none. */
      readonly mark: number;
      /** If this attempt locks the subject when it fails: until when. */
      readonly locksUntil: number | undefined;
    }
  | { readonly locked: true; readonly retryAt: number };

/** Result of {@link OtpStore.redeem}. */
export type RedeemResult =
  | {
      readonly locked: false;
      /**
       * `spent` for exactly one caller. `wrong` if the code is a different one. `absent` if no code is live, or its
       * attempts are used up.
       */
      readonly outcome: 'spent' | 'wrong' | 'absent';
      /** If this attempt failed and locked the subject: until when. */
      readonly locksUntil: number | undefined;
    }
  | { readonly locked: true; readonly retryAt: number };

/** Result of {@link OtpStore.count}. */
export type CountResult = { readonly allowed: true } | { readonly allowed: false; readonly retryAt: number };

/**
 * Keeps everything that factors must remember. A *subject* is one thing that attempts are counted for. Its name is a
 * digest, never an address or a user id. All times are epoch milliseconds.
 *
 * Each verb is one atomic step, and none only reads. So callers cannot write a check that another request invalidates
 * before the act (race condition, CWE-367). A backend fault rejects; it never resolves as "absent".
 *
 * Clocks can step back. A code that a verb has refused as expired stays expired, even if the clock steps back. A time
 * further ahead than its limit allows was written by a clock that ran ahead. A lock, cooldown, window or claim with
 * such a time does not count (see {@link isAhead}).
 */
export interface OtpStore {
  /** Makes this the subject's only live code, unless a cooldown, quota or lock forbids it. */
  issue(subject: string, code: LiveCode, limits: SendLimits): Promise<IssueResult>;

  /**
   * Counts one failed attempt **before anything is compared**, then returns what to compare with. {@link consume} and
   * {@link advance} clear the failures.
   */
  attempt(subject: string, limits: AttemptLimits): Promise<AttemptResult>;

  /**
   * For a code that signs in as a primary factor, which anyone can attempt. Counts one attempt at the live code
   * **before anything is compared**, and returns its digest. Returns undefined and writes nothing if no code is live,
   * or its attempts are used up. Failures and locks are neither checked nor changed.
   *
   * Optional. In a store without it, {@link attempt} is called instead, with limits that never lock. That is just as
   * safe, but every address that is attempted then has a row.
   *
   * @param maxAttempts attempts at one live code
   */
  guess?(subject: string, maxAttempts: number): Promise<string | undefined>;

  /** Uses up the live code and clears failures. Returns true for exactly one caller, and only while the code is live. */
  consume(subject: string, digest: string): Promise<boolean>;

  /**
   * Does {@link attempt} and {@link consume} in one step. Counts the attempt, and uses up the live code if its digest
   * is one of these. Optional.
   */
  redeem?(subject: string, digests: readonly string[], limits: AttemptLimits): Promise<RedeemResult>;

  /** Revokes this live code and no other. Keeps everything that was counted. */
  revoke(subject: string, digest: string): Promise<void>;

  /**
   * Moves the high-water mark forward and clears failures. Returns true for exactly one caller per mark, false for an
   * older one.
   */
  advance(subject: string, mark: number): Promise<boolean>;

  /**
   * Returns true for the first caller, until `expiresAt`. An earlier claim does not count if it ends more than a day
   * ahead and later than this one.
   */
  claim(key: string, expiresAt: number): Promise<boolean>;

  /** Counts an event against a quota. */
  count(bucket: string, quota: Quota): Promise<CountResult>;

  /** Releases one event of an open window, because it did not happen. */
  uncount(bucket: string): Promise<void>;

  /** Clears failures and any lock. Keeps the live code, its attempt count and the mark. */
  pardon(subject: string): Promise<void>;

  /** Deletes everything about a subject. */
  forget(subject: string): Promise<void>;

  /**
   * Deletes rows that are dead at `now`: those that no longer allow or refuse anything.
   *
   * @param batch how many to delete at most
   * @returns how many were deleted
   */
  prune(now: number, batch: number): Promise<number>;

  /**
   * Returns the time of the clock that the store decides by, in epoch milliseconds, so that `parse-factors doctor` can compare it
   * with the server's. Optional; only for a store with a clock of its own, such as that of its server.
   */
  time?(): Promise<number>;
}

/**
 * How long a store keeps a subject after its last event, in milliseconds: 2 days. This is longer than the longest
 * quota window, so waiting for the clean-up never gains an attacker more messages. It only resets the count of
 * failures and the doubling of locks.
 */
export const RETENTION_MS: number = 2 * 24 * 60 * 60_000;

/**
 * How far a clock may step back, or the clocks of two servers may differ, with every limit still in force: 15
 * minutes. A wrong clock makes a user wait at most this much longer.
 */
export const CLOCK_TOLERANCE_MS: number = 15 * 60_000;

/** How far ahead a code may expire and a lock may end, in milliseconds: one day. */
export const LONGEST_AHEAD_MS: number = 24 * 60 * 60_000;

/**
 * The expiry of values that an adapter stores for itself, in epoch milliseconds. They never expire, are never pruned, and are
 * never sent to a user.
 */
export const NEVER: number = Date.UTC(9999, 0);

/**
 * Tells whether a time is in the future, but not further ahead than a limit allows.
 *
 * @param time in epoch milliseconds
 * @param mostMs how far ahead the limit lets it be, in milliseconds; {@link CLOCK_TOLERANCE_MS} is added
 */
export const isAhead = (time: number, now: number, mostMs: number): boolean =>
  time > now && time <= now + mostMs + CLOCK_TOLERANCE_MS;

/** Tells whether a code that expires then is still valid. */
export const isLive = (expiresAt: number, now: number): boolean => isAhead(expiresAt, now, LONGEST_AHEAD_MS);

/** Tells whether a claim that ends then prevents one until `expiresAt`. */
export const isClaimed = (claimedUntil: number, now: number, expiresAt: number): boolean =>
  isAhead(claimedUntil, now, Math.max(expiresAt - now, LONGEST_AHEAD_MS));

/** Returns the length of the lock that follows `locks` earlier ones, in milliseconds. */
export const lockLength = (locks: number, limits: AttemptLimits): number =>
  Math.min(limits.lockMs * 2 ** Math.min(locks, 30), limits.maxLockMs);
