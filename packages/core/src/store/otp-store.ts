/** At most `limit` events in a window of `windowMs`, which opens at its first event. */
export interface Quota {
  /** Events allowed in one window, at least 1. */
  readonly limit: number;
  /** Length of a window in milliseconds. */
  readonly windowMs: number;
}

/** What a subject is to be challenged with. */
export interface LiveCode {
  /**
   * What an answer is checked against: a keyed digest of a code, or a sealed secret. Opaque to
   * the store, 1 to 1024 characters.
   */
  readonly digest: string;
  /**
   * When it dies, in epoch milliseconds; at most a day ahead, as a store may forget it two days after anything else.
   * A code that dies later was made by a clock that ran ahead, and is dead from the start.
   */
  readonly expiresAt: number;
}

/** How often a subject may be sent a code. */
export interface SendLimits {
  /** Least time between two codes, in milliseconds. */
  readonly cooldownMs: number;
  /** Further limits, at most two. */
  readonly quotas: readonly Quota[];
}

/** How often a subject may be guessed at. */
export interface AttemptLimits {
  /** Attempts at one live code. */
  readonly maxAttempts: number;
  /** Failed attempts, over any number of codes, that lock the subject. */
  readonly maxFailures: number;
  /** Length of the first lock in milliseconds; each further one without a success in between is twice as long. */
  readonly lockMs: number;
  /** Length of the longest lock in milliseconds. */
  readonly maxLockMs: number;
}

/** Limits that never lock: for subjects that nobody guesses at. */
export const UNLIMITED: AttemptLimits = Object.freeze({
  maxAttempts: Number.MAX_SAFE_INTEGER,
  maxFailures: Number.MAX_SAFE_INTEGER,
  lockMs: 0,
  maxLockMs: 0,
});

/** Answer of {@link OtpStore.issue}. */
export type IssueResult =
  { readonly issued: true } | { readonly issued: false; readonly reason: 'cooldown' | 'locked'; readonly retryAt: number };

/** Answer of {@link OtpStore.attempt}. */
export type AttemptResult =
  | {
      readonly locked: false;
      /** The live code's digest; undefined when there is none, or when its attempts are used up. */
      readonly digest: string | undefined;
      /** The highest mark so far, -1 when there is none. */
      readonly mark: number;
      /** When this attempt, should it fail, was the one that locks: until when. */
      readonly locksUntil: number | undefined;
    }
  | { readonly locked: true; readonly retryAt: number };

/** Answer of {@link OtpStore.redeem}. */
export type RedeemResult =
  | {
      readonly locked: false;
      /** `spent` for exactly one caller; `wrong`, or `absent` where no code lives or its attempts are used up. */
      readonly outcome: 'spent' | 'wrong' | 'absent';
      /** When this attempt failed and was the one that locks: until when. */
      readonly locksUntil: number | undefined;
    }
  | { readonly locked: true; readonly retryAt: number };

/** Answer of {@link OtpStore.count}. */
export type CountResult = { readonly allowed: true } | { readonly allowed: false; readonly retryAt: number };

/**
 * Everything that factors must remember. A *subject* is one thing that is guessed at; it is
 * named by a digest, never by an address or a user id. Each verb is one atomic step, and none
 * reads without deciding, so that check-then-act cannot be written. All times are epoch
 * milliseconds. A backend fault rejects; it never resolves as "absent".
 *
 * Clocks step. A code that a verb has refused as expired stays dead, even when the clock steps back. A time further
 * ahead than a limit allows was written by a clock that ran ahead: a lock, cooldown, window or claim of that kind
 * does not count (see {@link isAhead}).
 */
export interface OtpStore {
  /** Makes this the subject's live code in place of any other, unless cooldown, quota or lock forbid it. */
  issue(subject: string, code: LiveCode, limits: SendLimits): Promise<IssueResult>;

  /**
   * Counts one failed attempt **before anything is compared**, then tells what to compare with.
   * {@link consume} and {@link advance} take the failures back.
   */
  attempt(subject: string, limits: AttemptLimits): Promise<AttemptResult>;

  /**
   * For a code that signs in alone, where strangers guess: counts one attempt at the live code **before anything is
   * compared**, and gives its digest. Where no code lives, or its attempts are used up, it gives undefined and writes
   * nothing. Neither looks at failures and locks nor changes them.
   *
   * Optional. In a store without it, {@link attempt} is asked instead, with limits that never lock: just as safe, but each
   * address that is guessed at then has a row.
   *
   * @param maxAttempts attempts at one live code
   */
  guess?(subject: string, maxAttempts: number): Promise<string | undefined>;

  /** Spends the live code and clears failures: true for exactly one caller, and only while the code lives. */
  consume(subject: string, digest: string): Promise<boolean>;

  /**
   * {@link attempt} and {@link consume} in one step, for a store that can: counts the attempt, and spends
   * the live code where its digest is one of these.
   */
  redeem?(subject: string, digests: readonly string[], limits: AttemptLimits): Promise<RedeemResult>;

  /** Kills this live code, and no other; leaves everything that was counted. */
  revoke(subject: string, digest: string): Promise<void>;

  /** Moves the mark forward and clears failures: true for exactly one caller per mark, false for an older one. */
  advance(subject: string, mark: number): Promise<boolean>;

  /**
   * True for the first caller, until `expiresAt`. A claim that ends more than a day ahead, and later than this one
   * would, does not count.
   */
  claim(key: string, expiresAt: number): Promise<boolean>;

  /** Counts an event against a quota. */
  count(bucket: string, quota: Quota): Promise<CountResult>;

  /** Takes one event of an open window back, as it did not come about. */
  uncount(bucket: string): Promise<void>;

  /** Takes failures and locks back; leaves the live code, its attempts and the mark. */
  pardon(subject: string): Promise<void>;

  /** Removes all that is known of a subject. */
  forget(subject: string): Promise<void>;

  /**
   * Deletes what is dead at `now`: what neither refuses nor allows anything any more.
   *
   * @param batch how many to delete at most
   * @returns how many were deleted
   */
  prune(now: number, batch: number): Promise<number>;
}

/**
 * How long a store keeps a subject that nothing happens to: longer than the longest quota window, so that
 * waiting for the clean-up never wins messages. What it wins of guesses is the length of the locks before.
 */
export const RETENTION_MS: number = 2 * 24 * 60 * 60_000;

/**
 * How far a clock may step back, or the clocks of two servers be apart, with every limit still standing: 15 minutes.
 * A wrong clock makes a user wait this much longer at most.
 */
export const CLOCK_TOLERANCE_MS: number = 15 * 60_000;

/** How far ahead a code may die and a lock may end, in milliseconds: one day. */
export const LONGEST_AHEAD_MS: number = 24 * 60 * 60_000;

/**
 * Whether a time is yet to come, and no further ahead than a limit allows.
 *
 * @param time in epoch milliseconds
 * @param mostMs how far ahead the limit lets it be, in milliseconds; {@link CLOCK_TOLERANCE_MS} is added
 */
export const isAhead = (time: number, now: number, mostMs: number): boolean =>
  time > now && time <= now + mostMs + CLOCK_TOLERANCE_MS;

/** Whether a code that expires then can still be answered. */
export const isLive = (expiresAt: number, now: number): boolean => isAhead(expiresAt, now, LONGEST_AHEAD_MS);

/** Whether a claim that ends then stands in the way of one until `expiresAt`. */
export const isClaimed = (claimedUntil: number, now: number, expiresAt: number): boolean =>
  isAhead(claimedUntil, now, Math.max(expiresAt - now, LONGEST_AHEAD_MS));

/** Length of the lock that follows `locks` earlier ones. */
export const lockLength = (locks: number, limits: AttemptLimits): number =>
  Math.min(limits.lockMs * 2 ** Math.min(locks, 40), limits.maxLockMs);
