import type { AddressKind } from './address-kind.js';
import type { ResolvedCodeFactorOptions } from './code-factor-options.js';
import type { CodeTarget } from './code-target.js';
import { FactorError } from './factor-error.js';
import type { NoticeContext } from './factor-notice.js';
import type { RequestContext } from './factor.js';
import { networkOf } from './network.js';
import type { Quota, SendLimits } from './otp-store.js';
import { subjectOf } from './subject.js';

const MINUTE_MS = 60_000;
const TEN_MINUTES_MS = 10 * MINUTE_MS;
const HOUR_MS = 60 * MINUTE_MS;
const DAY_MS = 24 * HOUR_MS;

/** What counting needs of a request; without an address of the client, none is counted. */
export type CountContext = Pick<RequestContext, 'appId' | 'key' | 'ip' | 'store' | 'keyring'>;

/** How many messages may go out: to a subject, and over all of them. */
export class SendQuotas {
  /** Limits of one subject, which the store holds together with its code. */
  readonly perSubject: SendLimits;
  readonly #kind: AddressKind;
  readonly #options: ResolvedCodeFactorOptions;

  constructor(kind: AddressKind, options: ResolvedCodeFactorOptions) {
    this.#kind = kind;
    this.#options = options;
    const quotas = [
      { limit: options.maxSendsPer10Minutes, windowMs: TEN_MINUTES_MS },
      { limit: options.maxSendsPerDay, windowMs: DAY_MS },
    ];
    this.perSubject = { cooldownMs: options.cooldownMs, quotas };
  }

  /**
   * Limits that span users, apart for each purpose: neither a stranger who asks to add somebody's
   * address nor a stolen session that asks for proofs uses up what its owner signs in with.
   * Counted before the live code is replaced, so that a refusal costs the user nothing.
   *
   * @returns takes back what was counted
   */
  async count(
    { appId, key, ip, store, keyring }: CountContext,
    { purpose, address, user }: Omit<CodeTarget, 'subject'>,
  ): Promise<() => Promise<void>> {
    const limits: [string, Quota][] = [];
    if (ip !== undefined) {
      const perIp = { limit: this.#options.maxSendsPerIp, windowMs: TEN_MINUTES_MS };
      limits.push([subjectOf('ip', appId, keyring.nameOf('ip', networkOf(ip))), perIp]);
    }
    const { maxSendsPerPrefix, region } = this.#kind;
    const prefix = region?.(address).prefix;
    if (prefix !== undefined && maxSendsPerPrefix !== undefined) {
      const bucket = subjectOf('prefix', appId, keyring.nameOf('prefix', prefix));
      limits.push([bucket, { limit: maxSendsPerPrefix, windowMs: HOUR_MS }]);
    }
    // Where nobody is known, the subject is the address, and its own quotas are those of the destination.
    if (user !== undefined) {
      const bucket = subjectOf('destination', appId, key, purpose, keyring.nameOf('address', address));
      for (const quota of this.perSubject.quotas) limits.push([subjectOf(bucket, String(quota.windowMs)), quota]);
    }
    if (this.#options.budget !== undefined) limits.push([subjectOf('budget', appId, key), this.#options.budget]);
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

  /**
   * Counts a notice by what bounds the bill: its range of numbers, and all messages of the factor.
   *
   * @throws FactorError `cooldown`
   */
  async countNotice(context: NoticeContext, address: string): Promise<void> {
    await this.count({ ...context, ip: undefined }, { purpose: 'enrolment', address, user: undefined });
  }

  /**
   * Counts what a locked subject is asked for, by the same limits as if it were not.
   *
   * @throws FactorError `cooldown`
   */
  async countLocked({ store }: RequestContext, subject: string): Promise<void> {
    const { cooldownMs, quotas } = this.perSubject;
    for (const quota of [{ limit: 1, windowMs: cooldownMs }, ...quotas]) {
      const count = await store.count(subjectOf(subject, 'locked', String(quota.windowMs)), quota);
      if (!count.allowed) throw new FactorError('cooldown', { retryAt: count.retryAt });
    }
  }
}
