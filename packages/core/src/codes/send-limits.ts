import { subjectOf } from '../crypto/subject.js';
import { FactorError } from '../error/factor-error.js';
import type { RequestContext } from '../factor/context.js';
import type { NotificationContext } from '../factor/notification.js';
import type { Quota, SendLimits } from '../store/otp-store.js';
import { networkOf } from '../validation/ip-network.js';
import type { AddressType } from './address-type.js';
import type { CodeBinding } from './code-binding.js';
import type { ResolvedCodeFactorOptions } from './code-factor-options.js';

const MINUTE_MS = 60_000;
const TEN_MINUTES_MS = 10 * MINUTE_MS;
const HOUR_MS = 60 * MINUTE_MS;
const DAY_MS = 24 * HOUR_MS;

/** What counting needs of a request; without an address of the client, none is counted. */
export type CountContext = Pick<RequestContext, 'appId' | 'key' | 'ip' | 'store' | 'keyring'>;

type Named = Omit<CountContext, 'ip' | 'store'>;

/** A bucket of the store, and how much it takes. */
type Limit = readonly [bucket: string, quota: Quota];

/** How many messages may go out: to a subject, and over all of them. */
export class MessageLimits {
  /** Limits of one subject, which the store holds together with its code. */
  readonly perSubject: SendLimits;
  readonly #kind: AddressType;
  readonly #options: ResolvedCodeFactorOptions;

  constructor(kind: AddressType, options: ResolvedCodeFactorOptions) {
    this.#kind = kind;
    this.#options = options;
    const quotas = [
      { limit: options.maxSendsPer10Minutes, windowMs: TEN_MINUTES_MS },
      { limit: options.maxSendsPerDay, windowMs: DAY_MS },
    ];
    this.perSubject = { cooldownMs: options.cooldownMs, quotas };
  }

  /**
   * Limits that span users, apart for each purpose: neither a stranger who asks to add another user's
   * address nor a stolen session that asks for proofs uses up what its owner signs in with.
   * Counted before the live code is replaced, so that a refusal costs the user nothing.
   *
   * @returns takes back what was counted
   */
  reserve(context: CountContext, target: Omit<CodeBinding, 'subject'>): Promise<() => Promise<void>> {
    const { address } = target;
    const limits = [
      ...this.#perNetwork(context, target),
      ...this.#perPrefix(context, address),
      ...this.#perMailbox(context, target),
      ...this.#inTotal(context),
    ];
    return countAll(context, limits);
  }

  /**
   * Counts a notice by what bounds the bill: its range of numbers, and all messages of the factor.
   *
   * @throws FactorError `cooldown`
   */
  async reserveNotification(context: NotificationContext, address: string): Promise<void> {
    await countAll(context, [...this.#perPrefix(context, address), ...this.#inTotal(context)]);
  }

  /** Users who have proven a first factor or hold a session have a bucket that no stranger behind the same address uses up. */
  #perNetwork({ appId, ip, keyring }: CountContext, { user }: Pick<CodeBinding, 'user'>): Limit[] {
    if (ip === undefined) return [];
    const network = keyring.stableDigest('ip', networkOf(ip));
    const bucket = user === undefined ? subjectOf('ip', appId, network) : subjectOf('ip', appId, 'proven', network);
    return [[bucket, { limit: this.#options.maxSendsPerIp, windowMs: TEN_MINUTES_MS }]];
  }

  #perPrefix({ appId, keyring }: Named, address: string): Limit[] {
    const { maxSendsPerPrefix, region } = this.#kind;
    const prefix = region?.(address).prefix;
    if (prefix === undefined || maxSendsPerPrefix === undefined) return [];
    return [
      [subjectOf('prefix', appId, keyring.stableDigest('prefix', prefix)), { limit: maxSendsPerPrefix, windowMs: HOUR_MS }],
    ];
  }

  /** Where no user is known, the subject is the address, and has its own quotas; its mailbox may have other spellings. */
  #perMailbox({ appId, key, keyring }: CountContext, { purpose, address, user }: Omit<CodeBinding, 'subject'>): Limit[] {
    const given: unknown = this.#kind.mailboxOf?.(address);
    if (user === undefined && given === undefined) return [];
    const mailbox: unknown = given ?? address;
    if (typeof mailbox !== 'string' || mailbox === '') throw new TypeError('option "mailboxOf" must give a text or undefined');
    const bucket = subjectOf('destination', appId, key, purpose, keyring.stableDigest('address', mailbox));
    return this.perSubject.quotas.map((quota) => [subjectOf(bucket, String(quota.windowMs)), quota]);
  }

  #inTotal({ appId, key }: Named): Limit[] {
    const { budget } = this.#options;
    return budget === undefined ? [] : [[subjectOf('budget', appId, key), budget]];
  }
}

/** Counts in all of the buckets, or in none. @throws FactorError `cooldown` */
async function countAll({ store }: Pick<CountContext, 'store'>, limits: readonly Limit[]): Promise<() => Promise<void>> {
  const counted: string[] = [];
  const giveBack = async (): Promise<void> => {
    for (const name of counted) await store.uncount(name);
  };
  for (const [name, quota] of limits) {
    const count = await store.count(name, quota);
    if (!count.allowed) {
      await giveBack();
      throw new FactorError('cooldown', { retryAt: count.retryAt });
    }
    counted.push(name);
  }
  return giveBack;
}
