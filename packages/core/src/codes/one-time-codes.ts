import { randomDigits } from '../crypto/random.js';
import { FactorError } from '../error/factor-error.js';
import { assertRedeemed, beginAttempt, countAttempt, type Refusal } from '../factor/attempt.js';
import type { FactorUser, Reply, RequestContext } from '../factor/context.js';
import type { AccountChange, SecurityNotification } from '../factor/notification.js';
import type { VerifiedCredential } from '../factor/primary-sign-in.js';
import type { LiveCode } from '../store/otp-store.js';
import type { AddressType } from './address-type.js';
import type { CodeBinding } from './code-binding.js';
import type { ResolvedCodeFactorOptions } from './code-factor-options.js';
import { CodeSender } from './code-sender.js';
import { type CountryCounts, CountryCounters } from './country-counters.js';
import { ReplacedCodes } from './replaced-codes.js';
import { MessageLimits } from './send-limits.js';

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

/** A right code that has not been used up. */
export type CheckedCode = Omit<VerifiedCredential, 'id'>;

/** The one implementation of "make a code, send it, check it". */
export class OneTimeCodes {
  readonly #kind: AddressType;
  readonly #options: ResolvedCodeFactorOptions;
  readonly #messages: CodeSender;
  readonly #quotas: MessageLimits;
  readonly #counts = new CountryCounters();

  constructor(kind: AddressType, options: ResolvedCodeFactorOptions) {
    this.#kind = kind;
    this.#options = options;
    this.#quotas = new MessageLimits(kind, options);
    this.#messages = new CodeSender(kind, options, this.#quotas);
  }

  /**
   * Makes a code the live one, within the limits.
   *
   * @throws FactorError `cooldown`, `locked`, `address_refused`
   */
  async issue(context: RequestContext, target: CodeBinding): Promise<IssuedCode> {
    const { store, keyring, emit, clock, random } = context;
    const { subject, address, purpose } = target;
    await this.#assertAllowed(context, target);
    const code = randomDigits(random, this.#options.codeLength);
    const now = clock();
    const expiresAt = now + this.#options.validityMs;
    const live = { digest: keyring.digest('code', subject, address, code), expiresAt };
    const giveBack = await this.#quotas.reserve(context, target);
    try {
      await this.#issueLive(context, target, live);
      if (target.user !== undefined) await new ReplacedCodes(context, subject).add(live);
    } catch (fault) {
      await giveBack();
      throw fault;
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

  /** A notice to an address; undefined where the channel sends none. */
  notice(to: string, user: FactorUser, change: AccountChange): SecurityNotification | undefined {
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
   * Counts an attempt, checks the code of a known user and spends it, in one step where the store can.
   *
   * @throws FactorError `code_rejected`, `code_expired`, `locked`
   */
  async redeem(context: RequestContext, target: Omit<CodeBinding, 'user'>, code: string): Promise<void> {
    const { store, keyring } = context;
    const { subject, purpose, address } = target;
    const digests = keyring.digests('code', subject, address, code);
    const whyWrong = (): Promise<Refusal | undefined> =>
      new ReplacedCodes(context, subject).explain(digests, context.clock() + this.#options.validityMs);
    if (store.redeem === undefined) {
      const guess = await beginAttempt(context, subject, purpose, this.#options);
      const { digest } = guess;
      const isRight = digest !== undefined && keyring.matches(digest, 'code', subject, address, code);
      const isSpent = isRight && (await store.consume(subject, digest));
      if (!isSpent && !(await this.#spendOther(context, target, code))) {
        if (digest === undefined || isRight) throw guess.reject('code_expired');
        throw guess.reject('code_rejected', await whyWrong());
      }
    } else {
      const result = await store.redeem(subject, digests, this.#options);
      const isMissed = !result.locked && result.outcome !== 'spent';
      if (!isMissed || !(await this.#spendOther(context, target, code))) await assertRedeemed(context, purpose, result, whyWrong);
    }
    this.#tellVerified(context, target);
  }

  /**
   * Counts an attempt at a code that signs in alone, and checks it, to be spent later. Where no code is live, there is
   * nothing to guess: nothing is counted or written, and the answer is the same.
   *
   * @throws FactorError `code_rejected`
   */
  async checkAlone(context: RequestContext, target: Omit<CodeBinding, 'user'>, code: string): Promise<CheckedCode> {
    const { store, keyring, emit } = context;
    const { subject, purpose, address } = target;
    const digest = await countAttempt(store, subject, this.#options.maxAttempts);
    const reject = (): FactorError => {
      emit({ type: 'rejected', purpose, reason: 'code_rejected', ...(digest === undefined && { isLogged: false }) });
      return new FactorError('code_rejected');
    };
    // Where there is none, something is compared all the same: it takes as long.
    const compared = digest ?? keyring.digest('code', subject, address, '');
    if (!keyring.matches(compared, 'code', subject, address, code) || digest === undefined) throw reject();
    return {
      consume: async () => {
        if (!(await store.consume(subject, digest))) throw reject();
        this.#tellVerified(context, target);
      },
    };
  }

  /** Spends a code that was asked for with another primary factor. The attempt was counted, and is right then. */
  async #spendOther(
    { store, keyring }: RequestContext,
    { subject, others = [], address }: Omit<CodeBinding, 'user'>,
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

  /** Where no user is known, no failure locks: a lock that an earlier version has left keeps the owner out no longer. */
  async #issueLive({ store }: RequestContext, { subject, user }: CodeBinding, live: LiveCode): Promise<void> {
    let issue = await store.issue(subject, live, this.#quotas.perSubject);
    if (!issue.issued && issue.reason === 'locked' && user === undefined) {
      await store.pardon(subject);
      issue = await store.issue(subject, live, this.#quotas.perSubject);
    }
    if (!issue.issued) throw new FactorError(user === undefined ? 'cooldown' : issue.reason, { retryAt: issue.retryAt });
  }

  #tellVerified(context: RequestContext, { purpose, address }: Omit<CodeBinding, 'user'>): void {
    context.emit({ type: 'verified', purpose, ...this.#traffic(context, address, 'verified') });
  }

  #traffic({ clock }: RequestContext, address: string, what: 'sent' | 'verified'): CountryCounts | undefined {
    const country = this.#kind.region?.(address).country;
    return country === undefined ? undefined : this.#counts.count(country, what, clock);
  }

  /** The application's own say, before anything is counted. */
  async #assertAllowed({ ip, headers, installationId }: RequestContext, { address, purpose, user }: CodeBinding): Promise<void> {
    const allowed: unknown = await this.#options.allow?.(address, { purpose, user, ip, installationId, headers });
    if (this.#options.allow !== undefined && allowed !== true) throw new FactorError('address_refused');
  }
}
