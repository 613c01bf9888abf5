import { CLOCK_TOLERANCE_MS, LONGEST_AHEAD_MS, NEVER, RETENTION_MS } from '../otp-store.js';
import type { ArgumentName, Decision, Given, Kinds, Language, Refusal, RowOf } from './language.js';

type Changes<K extends Kinds> = Partial<RowOf<K>>;
type Numbers<K extends Kinds, Name extends string> = { readonly [Each in Name]: K['number'] };
type LimitName = 'now' | 'maxAttempts' | 'maxFailures' | 'lockMs' | 'maxLockMs';

/** The window of a quota, once this event is counted in it. A quota allows at least one event. */
interface CountedWindow<K extends Kinds> {
  /** Whether it was full before. */
  readonly isFull: K['truth'];
  readonly count: K['number'];
  readonly until: K['number'];
}

/**
 * The rules of every verb of {@link OtpStore}, for all stores. A method gets the row as it is, and decides how the verb ends
 * and what it writes. A store runs that as one atomic step.
 */
export class VerbRules<K extends Kinds> {
  readonly #on: Language<K>;

  constructor(language: Language<K>) {
    this.#on = language;
  }

  /** `issue` without a quota. */
  issue(row: RowOf<K>, given: Given<K, 'now' | 'digest' | 'expiresAt' | 'cooldownMs' | 'cooledSince'>): Decision<K> {
    return this.#issue(row, given, []);
  }

  /** `issue` with one quota. */
  issueInWindow(
    row: RowOf<K>,
    given: Given<K, 'now' | 'digest' | 'expiresAt' | 'cooldownMs' | 'cooledSince' | 'limit1' | 'windowMs1'>,
  ): Decision<K> {
    const first = this.#first(row, given);
    return this.#issue(row, given, [first], { count1: first.count, count1Until: first.until });
  }

  /** `issue` with two quotas. */
  issueInWindows(row: RowOf<K>, given: Given<K, Exclude<ArgumentName, LimitName | 'digests' | 'mark'> | 'now'>): Decision<K> {
    const first = this.#first(row, given);
    const { now, limit2, windowMs2 } = given;
    const second = this.#window({ now, count: row.count2, until: row.count2Until, limit: limit2, windowMs: windowMs2 });
    const counted = { count1: first.count, count1Until: first.until, count2: second.count, count2Until: second.until };
    return this.#issue(row, given, [first, second], counted);
  }

  attempt(row: RowOf<K>, given: Given<K, LimitName>): Decision<K> {
    return { creates: true, refusals: [this.#locked(row, given.now)], changes: [{ set: this.#attempted(row, given) }] };
  }

  redeem(row: RowOf<K>, given: Given<K, LimitName | 'digests'>): Decision<K> {
    const on = this.#on;
    const isOpen = on.isAtMost(this.#plusOne(row.attempts), given.maxAttempts);
    const isRight = on.all(on.isOneOf(row.digest, given.digests), isOpen, this.#isLive(row, given.now));
    const counted = this.#attempted(row, given);
    return {
      creates: true,
      refusals: [this.#locked(row, given.now)],
      changes: [{ when: isRight, set: { ...counted, ...this.#noCode, ...this.#noFailures } }, { set: counted }],
    };
  }

  guess(row: RowOf<K>, { now, maxAttempts }: Given<K, 'now' | 'maxAttempts'>): Decision<K> {
    const on = this.#on;
    const isLive = this.#isLive(row, now);
    const isUsedUp = on.all(isLive, on.isAtMost(maxAttempts, row.attempts));
    return {
      creates: false,
      unless: on.any(on.isText(row.digest, on.text('')), isUsedUp),
      changes: [{ when: isLive, set: { attempts: this.#plusOne(row.attempts) } }, { set: this.#expired }],
    };
  }

  consume(row: RowOf<K>, { now, digest }: Given<K, 'now' | 'digest'>): Decision<K> {
    return {
      creates: false,
      unless: this.#isOther(row, digest),
      changes: [{ when: this.#isLive(row, now), set: { ...this.#noCode, ...this.#noFailures } }, { set: this.#expired }],
    };
  }

  revoke(row: RowOf<K>, { digest }: Given<K, 'digest'>): Decision<K> {
    return { creates: false, unless: this.#isOther(row, digest), changes: [{ set: this.#noCode }] };
  }

  advance(row: RowOf<K>, { now, mark }: Given<K, 'now' | 'mark'>): Decision<K> {
    const set = { mark, ...this.#noFailures, deadAt: this.#kept(row, now, now) };
    return { creates: true, unless: this.#on.isAtMost(mark, row.mark), changes: [{ set }] };
  }

  claim(row: RowOf<K>, { now, expiresAt }: Given<K, 'now' | 'expiresAt'>): Decision<K> {
    const on = this.#on;
    const furthest = on.add(on.larger(expiresAt, on.add(now, on.number(LONGEST_AHEAD_MS))), on.number(CLOCK_TOLERANCE_MS));
    const isClaimed = on.all(on.exceeds(row.deadAt, now), on.isAtMost(row.deadAt, furthest));
    return { creates: true, unless: isClaimed, changes: [{ set: { deadAt: expiresAt } }] };
  }

  count(row: RowOf<K>, given: Given<K, 'now' | 'limit1' | 'windowMs1'>): Decision<K> {
    const { isFull, count, until } = this.#first(row, given);
    return {
      creates: true,
      refusals: [{ when: isFull, reason: 'full', until }],
      changes: [{ set: { count1: count, count1Until: until, deadAt: until } }],
    };
  }

  uncount(row: RowOf<K>, { now }: Given<K, 'now'>): Decision<K> {
    const on = this.#on;
    const isOpen = on.all(on.exceeds(row.count1, on.number(0)), on.exceeds(row.count1Until, now));
    return {
      creates: false,
      unless: on.not(isOpen),
      changes: [{ set: { count1: on.add(row.count1, on.number(-1)) } }],
    };
  }

  pardon(): Decision<K> {
    return { creates: false, changes: [{ set: this.#noLock }] };
  }

  /** Makes the code, unless the subject is locked, cools down, or has a full window. */
  #issue(
    row: RowOf<K>,
    { now, digest, expiresAt, cooldownMs, cooledSince }: Given<K, 'now' | 'digest' | 'expiresAt' | 'cooldownMs' | 'cooledSince'>,
    windows: readonly CountedWindow<K>[],
    counted: Changes<K> = {},
  ): Decision<K> {
    const on = this.#on;
    const zero = on.number(0);
    // A time ahead of the clock's tolerance was written by a clock that ran ahead.
    const wasSent = on.isAtMost(row.sentAt, on.add(now, on.number(CLOCK_TOLERANCE_MS)));
    const isCooling = on.all(on.exceeds(row.sentAt, cooledSince), wasSent);
    const cooledAt = on.add(row.sentAt, cooldownMs);
    const waits = windows.map(({ isFull, until }) => on.choose(isFull, until, zero));
    const retryAt = waits.reduce((latest, wait) => on.larger(latest, wait), on.choose(isCooling, cooledAt, zero));
    const code = { digest, codeExpiresAt: expiresAt, attempts: zero, sentAt: now, lockedUntil: zero };
    return {
      creates: true,
      refusals: [
        this.#locked(row, now),
        { when: on.any(isCooling, ...windows.map(({ isFull }) => isFull)), reason: 'cooldown', until: retryAt },
      ],
      changes: [{ set: { ...code, ...counted, deadAt: this.#kept(row, now, on.larger(now, expiresAt)) } }],
    };
  }

  /** Counts an attempt as failed. The attempt that reaches the limit sets the lock before its code is compared. */
  #attempted(row: RowOf<K>, { now, maxFailures, lockMs, maxLockMs }: Given<K, LimitName>): Changes<K> {
    const on = this.#on;
    const zero = on.number(0);
    const failures = this.#plusOne(row.failures);
    const locks = on.isAtMost(maxFailures, failures);
    // Each lock is twice as long as the one before. After 30 of them, one millisecond has become longer than any lock.
    const lock = on.smaller(on.multiply(lockMs, on.powerOf2(on.smaller(row.locks, on.number(30)))), maxLockMs);
    return {
      // A code that was refused as expired stays expired if the clock steps back.
      codeExpiresAt: on.choose(this.#isLive(row, now), row.codeExpiresAt, zero),
      attempts: this.#plusOne(row.attempts),
      failures: on.choose(locks, zero, failures),
      locks: on.choose(locks, this.#plusOne(row.locks), row.locks),
      lockedUntil: on.choose(locks, on.add(now, lock), zero),
      deadAt: this.#kept(row, now, on.choose(locks, on.add(now, maxLockMs), now)),
    };
  }

  #first(row: RowOf<K>, { now, limit1, windowMs1 }: Given<K, 'now' | 'limit1' | 'windowMs1'>): CountedWindow<K> {
    return this.#window({ now, count: row.count1, until: row.count1Until, limit: limit1, windowMs: windowMs1 });
  }

  /** Counts an event. A window that has ended is opened again. */
  #window({
    now,
    count,
    until,
    limit,
    windowMs,
  }: Numbers<K, 'now' | 'count' | 'until' | 'limit' | 'windowMs'>): CountedWindow<K> {
    const on = this.#on;
    const isOpen = this.#isAhead(until, now, windowMs);
    return {
      isFull: on.all(on.isAtMost(limit, count), isOpen),
      count: on.choose(isOpen, this.#plusOne(count), on.number(1)),
      until: on.choose(isOpen, until, on.add(now, windowMs)),
    };
  }

  /**
   * Until when to keep a row: two days longer than it is needed, and never shorter than before. An old time further ahead than
   * any code or lock can be was written by a clock that ran ahead, and is shortened.
   */
  #kept(row: RowOf<K>, now: K['number'], needed: K['number']): K['number'] {
    const on = this.#on;
    const furthest = on.add(now, on.number(LONGEST_AHEAD_MS + RETENTION_MS));
    return on.larger(on.smaller(row.deadAt, furthest), on.add(needed, on.number(RETENTION_MS)));
  }

  /** {@link isAhead} */
  #isAhead(time: K['number'], now: K['number'], mostMs: K['number']): K['truth'] {
    const on = this.#on;
    const furthest = on.add(on.add(now, mostMs), on.number(CLOCK_TOLERANCE_MS));
    return on.all(on.exceeds(time, now), on.isAtMost(time, furthest));
  }

  /** {@link isLive}, or a value that never expires. */
  #isLive({ codeExpiresAt }: RowOf<K>, now: K['number']): K['truth'] {
    const on = this.#on;
    return on.any(this.#isAhead(codeExpiresAt, now, on.number(LONGEST_AHEAD_MS)), on.equals(codeExpiresAt, on.number(NEVER)));
  }

  #locked({ lockedUntil }: RowOf<K>, now: K['number']): Refusal<K> {
    return { when: this.#isAhead(lockedUntil, now, this.#on.number(LONGEST_AHEAD_MS)), reason: 'locked', until: lockedUntil };
  }

  /** Whether the live code is not this one, or there is none. */
  #isOther(row: RowOf<K>, digest: K['text']): K['truth'] {
    const on = this.#on;
    return on.any(on.isText(row.digest, on.text('')), on.not(on.isText(row.digest, digest)));
  }

  #plusOne(number: K['number']): K['number'] {
    return this.#on.add(number, this.#on.number(1));
  }

  get #noCode(): Changes<K> {
    return { digest: this.#on.text(''), codeExpiresAt: this.#on.number(0) };
  }

  /** A code that was refused as expired. The time of -1 tells it from one that was used up. */
  get #expired(): Changes<K> {
    return { digest: this.#on.text(''), codeExpiresAt: this.#on.number(-1) };
  }

  get #noLock(): Changes<K> {
    const zero = this.#on.number(0);
    return { failures: zero, locks: zero, lockedUntil: zero };
  }

  get #noFailures(): Changes<K> {
    return { attempts: this.#on.number(0), ...this.#noLock };
  }
}
