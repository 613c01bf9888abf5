import { subjectOf } from '../../crypto/subject.js';
import { FactorError } from '../../error/factor-error.js';
import type { RequestContext } from '../../factor/context.js';
import type { NotificationContext } from '../../factor/notification.js';
import type { Quota, SendLimits } from '../../store/otp-store.js';
import { networkOf } from '../../validation/ip-network.js';
import type { AddressType } from '../address-type.js';
import type { CodeBinding } from '../code-binding.js';
import type { ResolvedCodeFactorOptions } from '../code-factor-options.js';
import { CountryGate } from './country-gate.js';
import { DAY_MS, HOUR_MS, MINUTE_MS } from '../../time/durations.js';

const TEN_MINUTES_MS = 10 * MINUTE_MS;

/** The request values that counting needs. Without an IP address, no network is counted. */
export type CountContext = Pick<RequestContext, 'appId' | 'key' | 'ip' | 'store' | 'keyring' | 'emit'>;

type Named = Omit<CountContext, 'ip' | 'store' | 'emit'>;

/** A bucket of the store, its quota, and what to do when it is full. */
type Limit = readonly [bucket: string, quota: Quota, whenFull?: (retryAt: number) => Promise<void>];

/** How many questions to functions of the application a network may cause for each message that it may request. */
const QUESTIONS_PER_MESSAGE = 5;

/** Limits how many messages are sent: to one subject, and in total. */
export class MessageLimits {
  /** Limits of one subject, which the store checks together with its code. */
  readonly perSubject: SendLimits;
  /** Closes countries whose codes do not come back. */
  readonly countries: CountryGate;
  readonly #type: AddressType;
  readonly #options: ResolvedCodeFactorOptions;

  constructor(addressType: AddressType, options: ResolvedCodeFactorOptions) {
    this.#type = addressType;
    this.#options = options;
    this.countries = new CountryGate(addressType);
    const quotas = [
      { limit: options.maxSendsPer10Minutes, windowMs: TEN_MINUTES_MS },
      { limit: options.maxSendsPerDay, windowMs: DAY_MS },
    ];
    this.perSubject = { cooldownMs: options.cooldownMs, quotas };
  }

  /**
   * Counts a message against the limits that span users. Each purpose is counted separately: a stranger who asks to
   * add another user's address, or a stolen session, must not use up the owner's sign-in messages. Called before the
   * live code is replaced, so that a refusal costs the user nothing.
   *
   * @returns a function that releases what was counted
   * @throws FactorError `cooldown`
   */
  reserve(context: CountContext, target: Omit<CodeBinding, 'subject'>): Promise<() => Promise<void>> {
    const { address } = target;
    const limits = [
      ...this.#perNetwork(context, target),
      ...this.#perPrefix(context, address),
      ...this.#perMailbox(context, target),
      ...this.#perCountry(context, target),
      ...this.#inTotal(context),
    ];
    return countAll(context, limits);
  }

  /**
   * Counts a question to the functions of the option `allow`, as each may cost a lookup. It is not released, whatever becomes of
   * the message: a client that is refused could ask without end (resource exhaustion, CWE-770).
   *
   * @throws FactorError `cooldown`
   */
  async countQuestion(context: CountContext, target: Pick<CodeBinding, 'user'>): Promise<void> {
    await countAll(context, [...this.#perAsker(context, target), ...this.#perNetwork(context, target, 'question')]);
  }

  /**
   * Counts a security notification against the limits that bound the cost: its number range, and all messages of the
   * factor.
   *
   * @throws FactorError `cooldown`
   */
  async reserveNotification(context: NotificationContext, address: string): Promise<void> {
    await countAll(context, [...this.#perPrefix(context, address), ...this.#inTotal(context)]);
  }

  /**
   * Counts users who have proven a primary factor or hold a session in a bucket of their own. Unknown clients behind
   * the same IP address cannot use it up (denial of service).
   */
  #perNetwork({ appId, ip, keyring }: CountContext, { user }: Pick<CodeBinding, 'user'>, what?: 'question'): Limit[] {
    if (ip === undefined) return [];
    const network = keyring.stableDigest('ip', networkOf(ip));
    const counted = [...(user === undefined ? [] : ['proven']), ...(what === undefined ? [] : [what])];
    const bucket = subjectOf('ip', appId, ...counted, network);
    const times = what === undefined ? 1 : QUESTIONS_PER_MESSAGE;
    return [[bucket, { limit: times * this.#options.maxSendsPerIp, windowMs: TEN_MINUTES_MS }]];
  }

  #perPrefix({ appId, keyring }: Named, address: string): Limit[] {
    const { maxSendsPerPrefix, region } = this.#type;
    const prefix = region?.(address).prefix;
    if (prefix === undefined || maxSendsPerPrefix === undefined) return [];
    return [
      [subjectOf('prefix', appId, keyring.stableDigest('prefix', prefix)), { limit: maxSendsPerPrefix, windowMs: HOUR_MS }],
    ];
  }

  /** Counts the questions of one user, who could otherwise use up those of all users of a network (denial of service). */
  #perAsker({ appId, key }: CountContext, { user }: Pick<CodeBinding, 'user'>): Limit[] {
    const limit = QUESTIONS_PER_MESSAGE * this.#options.maxSendsPer10Minutes;
    return user === undefined ? [] : [[subjectOf('question', appId, key, user.id), { limit, windowMs: TEN_MINUTES_MS }]];
  }

  /**
   * Counts by mailbox. Without a known user, the subject is the address and already has quotas; only other spellings
   * of its mailbox need counting.
   */
  #perMailbox({ appId, key, keyring }: CountContext, { purpose, address, user }: Omit<CodeBinding, 'subject'>): Limit[] {
    const shared: unknown = this.#type.mailboxOf?.(address);
    if (user === undefined && shared === undefined) return [];
    const mailbox: unknown = shared ?? address;
    if (typeof mailbox !== 'string' || mailbox === '')
      throw new TypeError('option "mailboxOf" must return a string or undefined');
    const bucket = subjectOf('destination', appId, key, purpose, keyring.stableDigest('address', mailbox));
    return this.perSubject.quotas.map((quota) => [subjectOf(bucket, String(quota.windowMs)), quota]);
  }

  #perCountry(context: CountContext, { user, ...sent }: Omit<CodeBinding, 'subject'>): Limit[] {
    const counted = { ...sent, isSetUp: user !== undefined };
    const limit = this.countries.limitFor(context, counted);
    return limit === undefined ? [] : [[...limit, (retryAt) => this.countries.reportClosed(context, counted, retryAt)]];
  }

  #inTotal({ appId, key }: Named): Limit[] {
    const { budget } = this.#options;
    return budget === undefined ? [] : [[subjectOf('budget', appId, key), budget]];
  }
}

/**
 * Counts in all of the buckets, or in none.
 *
 * @returns a function that releases what was counted
 * @throws FactorError `cooldown`
 */
async function countAll({ store }: Pick<CountContext, 'store'>, limits: readonly Limit[]): Promise<() => Promise<void>> {
  const counted: string[] = [];
  const release = async (): Promise<void> => {
    for (const name of counted) await store.uncount(name);
  };
  for (const [name, quota, whenFull] of limits) {
    const count = await store.count(name, quota);
    if (!count.allowed) {
      await release();
      await whenFull?.(count.retryAt);
      throw new FactorError('cooldown', { retryAt: count.retryAt });
    }
    counted.push(name);
  }
  return release;
}
