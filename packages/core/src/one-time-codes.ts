import type { AddressKind } from './address-kind.js';
import type { ResolvedCodeFactorOptions } from './code-factor-options.js';
import type { CodeTarget } from './code-target.js';
import { FactorError } from './factor-error.js';
import type { AccountChange, FactorNotice } from './factor-notice.js';
import type { FactorUser, Reply, RequestContext } from './factor.js';
import { assertRedeemed, beginGuess } from './guess.js';
import { MessageDelivery } from './message-delivery.js';
import { randomDigits } from './random.js';
import { SendQuotas } from './send-quotas.js';
import { Traffic, type CountryCounts } from './traffic.js';

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
  readonly #messages: MessageDelivery;
  readonly #quotas: SendQuotas;
  readonly #counts = new Traffic();

  constructor(kind: AddressKind, options: ResolvedCodeFactorOptions) {
    this.#kind = kind;
    this.#options = options;
    this.#quotas = new SendQuotas(kind, options);
    this.#messages = new MessageDelivery(kind, options, this.#quotas);
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
    const giveBack = await this.#quotas.count(context, target);
    const issue = await store.issue(subject, live, this.#quotas.perSubject).catch(async (fault: unknown) => {
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
          await this.#messages.deliver(context, target, { code, expiresAt });
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
  async pretend(context: RequestContext, { subject, address }: CodeTarget): Promise<Reply> {
    await this.#quotas.countLocked(context, subject);
    return this.reply(address, context.clock());
  }

  /** A notice to an address; undefined where the channel sends none. */
  notice(to: string, user: FactorUser, change: AccountChange): FactorNotice | undefined {
    return this.#messages.notice(to, user, change);
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
   * Counts an attempt, checks the code and spends it, in one step where the store can.
   *
   * @throws FactorError `code_rejected`, `code_expired`, `locked`
   */
  async redeem(context: RequestContext, target: Omit<CodeTarget, 'user'>, code: string): Promise<void> {
    const { store, keyring } = context;
    const { subject, purpose, address } = target;
    if (store.redeem === undefined) return (await this.check(context, target, code)).spend();
    const digests = keyring.digests('code', subject, address, code);
    const result = await store.redeem(subject, digests, this.#options);
    const isMissed = !result.locked && result.outcome !== 'spent';
    if (!isMissed || !(await this.#spendOther(context, target, code))) assertRedeemed(context, purpose, result);
    this.#tellVerified(context, target);
  }

  /**
   * Counts an attempt and checks the code, to be spent later.
   *
   * @throws FactorError `code_rejected`, `code_expired`, `locked`
   */
  async check(context: RequestContext, target: Omit<CodeTarget, 'user'>, code: string): Promise<CheckedCode> {
    const { store, keyring } = context;
    const { subject, purpose, address } = target;
    const guess = await beginGuess(context, subject, purpose, this.#options);
    const { digest } = guess;
    const isRight = digest !== undefined && keyring.matches(digest, 'code', subject, address, code);
    if (!isRight && (await this.#spendOther(context, target, code)))
      return { spend: async () => this.#tellVerified(context, target) };
    if (digest === undefined) throw guess.reject('code_expired');
    if (!isRight) throw guess.reject('code_rejected');
    return {
      spend: async () => {
        if (!(await store.consume(subject, digest))) throw guess.reject('code_expired');
        this.#tellVerified(context, target);
      },
    };
  }

  /** Spends a code that was asked for with another primary factor. The attempt was counted, and is right then. */
  async #spendOther(
    { store, keyring }: RequestContext,
    { subject, others = [], address }: Omit<CodeTarget, 'user'>,
    code: string,
  ): Promise<boolean> {
    for (const other of others) {
      for (const digest of keyring.digests('code', other, address, code)) {
        if (!(await store.consume(other, digest))) continue;
        await store.pardon(subject);
        return true;
      }
    }
    return false;
  }

  #tellVerified(context: RequestContext, { purpose, address }: Omit<CodeTarget, 'user'>): void {
    context.emit({ type: 'verified', purpose, ...this.#traffic(context, address, 'verified') });
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
}
