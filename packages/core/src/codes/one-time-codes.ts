import { randomDigits } from '../crypto/random.js';
import { FactorError } from '../error/factor-error.js';
import { assertRedeemed, beginAttempt, countAttempt, type Refusal } from '../factor/attempt.js';
import type { CheckedCode, IssuedCode } from '../factor/address-proof.js';
import type { FactorUser, Reply, RequestContext } from '../factor/context.js';
import type { AccountChange, SecurityNotification } from '../factor/notification.js';
import type { LiveCode } from '../store/otp-store.js';
import type { AddressType } from './address-type.js';
import type { CodeBinding } from './code-binding.js';
import type { ResolvedCodeFactorOptions } from './code-factor-options.js';
import { CodeSender } from './code-sender.js';
import { CountryCounters, type CountryCounts } from './country-counters.js';
import { ReplacedCodes } from './replaced-codes.js';
import { MessageLimits } from './send-limits.js';

/** Makes, sends and checks one-time codes. */
export class OneTimeCodes {
  readonly #type: AddressType;
  readonly #options: ResolvedCodeFactorOptions;
  readonly #messages: CodeSender;
  readonly #limits: MessageLimits;
  readonly #counts = new CountryCounters();

  constructor(addressType: AddressType, options: ResolvedCodeFactorOptions) {
    this.#type = addressType;
    this.#options = options;
    this.#limits = new MessageLimits(addressType, options);
    this.#messages = new CodeSender(addressType, options, this.#limits);
  }

  /**
   * Makes a new live code, within the limits.
   *
   * @throws FactorError `cooldown`, `locked`, `address_refused`
   */
  async issue(context: RequestContext, binding: CodeBinding): Promise<IssuedCode> {
    const { store, keyring, emit, clock, random } = context;
    const { subject, address, purpose } = binding;
    await this.#assertAllowed(context, binding);
    const code = randomDigits(random, this.#options.codeLength);
    const now = clock();
    const expiresAt = now + this.#options.validityMs;
    const live = { digest: keyring.digest('code', subject, address, code), expiresAt };
    const release = await this.#limits.reserve(context, binding);
    try {
      await this.#issueLive(context, binding, live);
      if (binding.user !== undefined) await new ReplacedCodes(context, subject).add(live);
    } catch (fault) {
      await release();
      throw fault;
    }
    emit({ type: 'challenged', purpose });
    return {
      reply: this.reply(address, now),
      deliver: async () => {
        try {
          await this.#messages.deliver(context, binding, { code, expiresAt });
        } catch (fault) {
          // The cooldown and the counts stay. Otherwise clients could flood a provider that is failing.
          await store.revoke(subject, live.digest);
          throw fault;
        }
        emit({ type: 'delivered', purpose, ...this.#countCountry(context, address, 'sent') });
      },
    };
  }

  /** Prepares a security notification to an address. Returns undefined if the channel sends none. */
  notice(to: string, user: FactorUser, change: AccountChange): SecurityNotification | undefined {
    return this.#messages.notice(to, user, change);
  }

  /** Returns the reply for a code that was sent at that time. */
  reply(address: string, sentAt: number): Reply {
    const { status = '', ...times } = this.times(sentAt);
    return { status, destination: this.#type.mask(address), ...times };
  }

  /** Returns the reply for a code that was sent at that time, without its destination. */
  times(sentAt: number): Reply {
    return {
      status: 'sent',
      expiresAt: new Date(sentAt + this.#options.validityMs).toISOString(),
      resendAt: new Date(sentAt + this.#options.cooldownMs).toISOString(),
    };
  }

  /** Minimum time between two codes, in milliseconds. */
  get cooldownMs(): number {
    return this.#options.cooldownMs;
  }

  /**
   * Counts an attempt, checks the code of a known user and uses it up, in one step if the store supports it.
   *
   * @throws FactorError `code_rejected`, `code_expired`, `locked`
   */
  async redeem(context: RequestContext, binding: Omit<CodeBinding, 'user'>, code: string): Promise<void> {
    const { store, keyring } = context;
    const { subject, purpose, address } = binding;
    const digests = keyring.digests('code', subject, address, code);
    const whyWrong = (): Promise<Refusal | undefined> =>
      new ReplacedCodes(context, subject).explain(digests, context.clock() + this.#options.validityMs);
    if (store.redeem === undefined) {
      const attempt = await beginAttempt(context, subject, purpose, this.#options);
      const { digest } = attempt;
      const isRight = digest !== undefined && keyring.matches(digest, 'code', subject, address, code);
      const isSpent = isRight && (await store.consume(subject, digest));
      if (!isSpent && !(await this.#spendOther(context, binding, code))) {
        if (digest === undefined || isRight) throw attempt.reject('code_expired');
        throw attempt.reject('code_rejected', await whyWrong());
      }
    } else {
      const result = await store.redeem(subject, digests, this.#options);
      const isMissed = !result.locked && result.outcome !== 'spent';
      if (!isMissed || !(await this.#spendOther(context, binding, code)))
        await assertRedeemed(context, purpose, result, whyWrong);
    }
    this.#emitVerified(context, binding);
  }

  /**
   * Counts an attempt at a code that signs in as a primary factor, and checks it. The caller uses it up later.
   * Without a live code there is nothing to attack, so nothing is counted or written. The reply is the same (user
   * enumeration, CWE-204).
   *
   * @throws FactorError `code_rejected`
   */
  async checkAlone(context: RequestContext, binding: Omit<CodeBinding, 'user'>, code: string): Promise<CheckedCode> {
    const { store, keyring, emit } = context;
    const { subject, purpose, address } = binding;
    const digest = await countAttempt(store, subject, this.#options.maxAttempts);
    const reject = (): FactorError => {
      emit({ type: 'rejected', purpose, reason: 'code_rejected', ...(digest === undefined && { isLogged: false }) });
      return new FactorError('code_rejected');
    };
    // Without a live code, a digest is compared all the same, so that the response time is equal (timing attack,
    // CWE-208).
    const compared = digest ?? keyring.digest('code', subject, address, '');
    if (!keyring.matches(compared, 'code', subject, address, code) || digest === undefined) throw reject();
    return {
      consume: async () => {
        if (!(await store.consume(subject, digest))) throw reject();
        this.#emitVerified(context, binding);
      },
    };
  }

  /**
   * Uses up a code that was requested with another primary factor. The attempt is already counted; it then counts as
   * successful.
   */
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

  /**
   * Stores the live code. Without a known user, failures never lock an address. A lock that an earlier version left
   * there is cleared, so that it does not keep the owner out.
   */
  async #issueLive({ store }: RequestContext, { subject, user }: CodeBinding, live: LiveCode): Promise<void> {
    let issue = await store.issue(subject, live, this.#limits.perSubject);
    if (!issue.issued && issue.reason === 'locked' && user === undefined) {
      await store.pardon(subject);
      issue = await store.issue(subject, live, this.#limits.perSubject);
    }
    if (!issue.issued) throw new FactorError(user === undefined ? 'cooldown' : issue.reason, { retryAt: issue.retryAt });
  }

  #emitVerified(context: RequestContext, { purpose, address }: Omit<CodeBinding, 'user'>): void {
    context.emit({ type: 'verified', purpose, ...this.#countCountry(context, address, 'verified') });
  }

  #countCountry({ clock }: RequestContext, address: string, what: 'sent' | 'verified'): CountryCounts | undefined {
    const country = this.#type.region?.(address).country;
    return country === undefined ? undefined : this.#counts.count(country, what, clock);
  }

  /** Runs the option `allow`, before anything is counted. */
  async #assertAllowed({ ip, headers, installationId }: RequestContext, { address, purpose, user }: CodeBinding): Promise<void> {
    const allowed: unknown = await this.#options.allow?.(address, { purpose, user, ip, installationId, headers });
    if (this.#options.allow !== undefined && allowed !== true) throw new FactorError('address_refused');
  }
}
