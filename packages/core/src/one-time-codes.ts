import type { AddressKind } from './address-kind.js';
import { toChannel, type Channel, type MessageContent } from './channel.js';
import type { ResolvedCodeFactorOptions } from './code-factor-options.js';
import { withinTime } from './delivery-timeout.js';
import { FactorError, isAddressRefused } from './factor-error.js';
import { faultName } from './factor-event.js';
import type { AccountChange, FactorNotice, FactorUser, Purpose, Reply, RequestContext } from './factor.js';
import { beginGuess } from './guess.js';
import { codeMessage, noticeMessage } from './message.js';
import { networkOf } from './network.js';
import type { Quota, SendLimits } from './otp-store.js';
import { randomDigits } from './random.js';
import { subjectOf } from './subject.js';
import { Traffic, type CountryCounts } from './traffic.js';

const MINUTE_MS = 60_000;
const DAY_MS = 24 * 60 * MINUTE_MS;
const HOUR_MS = 60 * MINUTE_MS;
const TEN_MINUTES_MS = 10 * MINUTE_MS;

/** What a code is to prove: an address, for one subject and purpose. */
export interface CodeTarget {
  /** The store's name for what is guessed at. */
  readonly subject: string;
  readonly purpose: Purpose;
  /** The normalised address. */
  readonly address: string;
  /** Whose it is; undefined where that is not known yet. */
  readonly user: FactorUser | undefined;
}

/** A code that is live and has not been sent. */
export interface IssuedCode {
  /** What the client is told. */
  readonly reply: Reply;
  /**
   * Sends it. Where no channel takes it, the code is void.
   *
   * @throws FactorError `delivery_failed`, `address_refused`
   */
  deliver(): Promise<void>;
}

/** A right answer that has not been spent. */
export interface CheckedCode {
  /**
   * Spends the code: resolves for exactly one caller.
   *
   * @throws FactorError `code_expired`
   */
  spend(): Promise<void>;
}

/** The one implementation of "make a code, send it, check it". */
export class OneTimeCodes {
  readonly #kind: AddressKind;
  readonly #options: ResolvedCodeFactorOptions;
  readonly #channel: Channel;
  readonly #quotas: readonly [Quota, Quota];
  readonly #sendLimits: SendLimits;
  readonly #counts = new Traffic();

  constructor(kind: AddressKind, options: ResolvedCodeFactorOptions) {
    this.#kind = kind;
    this.#options = options;
    this.#channel = toChannel(options.channel);
    this.#quotas = [
      { limit: options.maxSendsPer10Minutes, windowMs: TEN_MINUTES_MS },
      { limit: options.maxSendsPerDay, windowMs: DAY_MS },
    ];
    this.#sendLimits = { cooldownMs: options.cooldownMs, quotas: this.#quotas };
  }

  /**
   * Makes a code the live one, within the limits.
   *
   * @throws FactorError `cooldown`, `locked`, `address_refused`
   */
  async issue(context: RequestContext, target: CodeTarget): Promise<IssuedCode> {
    const { store, keyring, emit, clock, random } = context;
    const { subject, address, purpose } = target;
    await this.#assertAllowed(context, target);
    const code = randomDigits(random, this.#options.codeLength);
    const now = clock();
    const expiresAt = now + this.#options.validityMs;
    const live = { digest: keyring.digest('code', subject, address, code), expiresAt };
    const giveBack = await this.#countSend(context, target);
    const issue = await store.issue(subject, live, this.#sendLimits).catch(async (fault: unknown) => {
      await giveBack();
      throw fault;
    });
    if (!issue.issued) {
      await giveBack();
      throw new FactorError(issue.reason, { retryAt: issue.retryAt });
    }
    emit({ type: 'challenged', purpose });
    return {
      reply: this.reply(address, now),
      deliver: async () => {
        try {
          await this.#deliver(context, target, { code, expiresAt });
        } catch (fault) {
          // What was counted and the cooldown stay: a provider in trouble is not to be stormed.
          await store.revoke(subject, live.digest);
          throw fault;
        }
        emit({ type: 'delivered', purpose, ...this.#traffic(context, address, 'sent') });
      },
    };
  }

  /**
   * What is told for a locked address where nobody is to be told so: the same as for any other, within
   * the same limits.
   *
   * @throws FactorError `cooldown`
   */
  async pretend({ store, clock }: RequestContext, { subject, address }: CodeTarget): Promise<Reply> {
    const limits: readonly Quota[] = [{ limit: 1, windowMs: this.#options.cooldownMs }, ...this.#quotas];
    for (const quota of limits) {
      const count = await store.count(subjectOf(subject, 'locked', String(quota.windowMs)), quota);
      if (!count.allowed) throw new FactorError('cooldown', { retryAt: count.retryAt });
    }
    return this.reply(address, clock());
  }

  /**
   * A notice to an address; undefined where the channel sends none.
   *
   * @param to the address
   */
  notice(to: string, user: FactorUser, { type, request }: AccountChange): FactorNotice | undefined {
    const channel = this.#channel;
    if (channel.notify === undefined) return undefined;
    const { deliveryTimeoutMs, locale, appName } = this.#options;
    return {
      address: to,
      send: async () => {
        const written = { ...noticeMessage(type, locale(user, request), appName), to };
        await withinTime(deliveryTimeoutMs, async (signal) => channel.notify?.({ ...written, signal }));
      },
    };
  }

  /** What a client is told when a code was sent at that time. */
  reply(address: string, sentAt: number): Reply {
    return {
      status: 'sent',
      destination: this.#kind.mask(address),
      expiresAt: new Date(sentAt + this.#options.validityMs).toISOString(),
      resendAt: new Date(sentAt + this.#options.cooldownMs).toISOString(),
    };
  }

  /**
   * Counts an attempt and checks the code.
   *
   * @throws FactorError `code_rejected`, `code_expired`, `locked`
   */
  async check(
    context: RequestContext,
    { subject, purpose, address }: Omit<CodeTarget, 'user'>,
    code: string,
  ): Promise<CheckedCode> {
    const { store, keyring, emit } = context;
    const guess = await beginGuess(context, subject, purpose, this.#options);
    const { digest } = guess;
    if (digest === undefined) throw guess.reject('code_expired');
    if (!keyring.matches(digest, 'code', subject, address, code)) throw guess.reject('code_rejected');
    return {
      spend: async () => {
        if (!(await store.consume(subject, digest))) throw guess.reject('code_expired');
        emit({ type: 'verified', purpose, ...this.#traffic(context, address, 'verified') });
      },
    };
  }

  /**
   * Limits that span users, apart for each purpose: neither a stranger who asks to add somebody's
   * address nor a stolen session that asks for proofs uses up what its owner signs in with.
   * Counted before the live code is replaced, so that a refusal costs the user nothing.
   *
   * @returns takes back what was counted
   */
  async #countSend(
    { appId, key, ip, store, keyring }: RequestContext,
    { purpose, address, user }: CodeTarget,
  ): Promise<() => Promise<void>> {
    const limits: [string, Quota][] = [];
    if (ip !== undefined) {
      const perIp = { limit: this.#options.maxSendsPerIp, windowMs: TEN_MINUTES_MS };
      limits.push([subjectOf('ip', appId, keyring.digest('ip', networkOf(ip))), perIp]);
    }
    const { maxSendsPerPrefix, region } = this.#kind;
    const prefix = region?.(address).prefix;
    if (prefix !== undefined && maxSendsPerPrefix !== undefined) {
      const bucket = subjectOf('prefix', appId, keyring.digest('prefix', prefix));
      limits.push([bucket, { limit: maxSendsPerPrefix, windowMs: HOUR_MS }]);
    }
    // Where nobody is known, the subject is the address, and its own quotas are those of the destination.
    if (user !== undefined) {
      const bucket = subjectOf('destination', appId, key, purpose, keyring.digest('address', address));
      for (const quota of this.#quotas) limits.push([subjectOf(bucket, String(quota.windowMs)), quota]);
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

  #traffic({ clock }: RequestContext, address: string, what: 'sent' | 'verified'): CountryCounts | undefined {
    const country = this.#kind.region?.(address).country;
    return country === undefined ? undefined : this.#counts.count(country, what, clock);
  }

  /** The application's own say, before anything is counted. */
  async #assertAllowed({ ip, headers, installationId }: RequestContext, { address, purpose, user }: CodeTarget): Promise<void> {
    const allowed: unknown = await this.#options.allow?.(address, { purpose, user, ip, installationId, headers });
    if (this.#options.allow !== undefined && allowed !== true) throw new FactorError('address_refused');
  }

  async #deliver(
    { emit, headers, ip, installationId }: RequestContext,
    { user, purpose, address: to }: CodeTarget,
    live: Pick<MessageContent, 'code' | 'expiresAt'>,
  ): Promise<void> {
    const { validityMs, deliveryTimeoutMs, appName } = this.#options;
    try {
      const validMinutes = Math.max(1, Math.floor(validityMs / MINUTE_MS));
      const locale = this.#options.locale(user, { headers, ip, installationId });
      const message = { ...live, purpose, validMinutes, user, locale };
      const { noun, closing } = this.#kind;
      const { subject, text, html } = this.#options.message?.(message) ?? codeMessage(message, noun, appName);
      if ([subject, text, html ?? ''].some((part) => typeof part !== 'string'))
        throw new TypeError('option "message" must give subject and text');
      const written = { subject, text: [text, ...(closing === undefined ? [] : [closing(live.code)])].join('\n\n') };
      const delivery = { ...message, ...written, ...(html !== undefined && { html }), to };
      await withinTime(deliveryTimeoutMs, (signal) => this.#channel.send({ ...delivery, signal }));
    } catch (cause) {
      emit({ type: 'delivery_failed', purpose, reason: faultName(cause) });
      throw isAddressRefused(cause) ? cause : new FactorError('delivery_failed', { cause });
    }
  }
}
