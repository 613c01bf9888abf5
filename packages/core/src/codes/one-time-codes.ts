import { bytesFrom, randomDigits } from '../crypto/random.js';
import { waysOf } from '../delivery/channel.js';
import { isVerifier } from '../delivery/verifier.js';
import { FactorError } from '../error/factor-error.js';
import type { RequestCheck } from '../factor/checks/request-check.js';
import { assertRedeemed, beginAttempt, countAttempt, type Refusal } from '../factor/attempt.js';
import type { CheckedCode, IssuedCode } from '../factor/address-proof.js';
import type { FactorUser, Reply, RequestContext } from '../factor/context.js';
import type { AccountChange, SecurityNotification } from '../factor/notification.js';
import type { LiveCode } from '../store/otp-store.js';
import type { AddressType } from './address-type.js';
import { type Bound, boundTo, type CodeBinding } from './code-binding.js';
import type { ResolvedCodeFactorOptions } from './code-factor-options.js';
import { CodeSender } from './code-sender.js';
import { MessageRules } from './message-rules.js';
import { DelegatedCodes } from './delegated/delegated-codes.js';
import { CodeReports } from './code-reports.js';
import { ReplacedCodes } from './replaced-codes.js';
import { MessageLimits } from './limits/send-limits.js';
import type { TestCodes } from './test-codes.js';

/** Makes, sends and checks one-time codes, or lets a provider do that. */
export class OneTimeCodes {
  /** What a request is checked by before a message is sent. */
  readonly requestChecks: readonly RequestCheck[];
  readonly #rules: MessageRules;
  readonly #type: AddressType;
  readonly #tests: TestCodes;
  readonly #options: ResolvedCodeFactorOptions;
  readonly #messages: CodeSender;
  readonly #limits: MessageLimits;
  /** Undefined if the server makes the codes. */
  readonly #delegated: DelegatedCodes | undefined;
  readonly #reports: CodeReports;
  readonly #ways: readonly string[] | undefined;

  constructor(tests: TestCodes, options: ResolvedCodeFactorOptions) {
    const addressType = tests.type;
    this.#tests = tests;
    this.#type = addressType;
    this.#options = options;
    this.#limits = new MessageLimits(addressType, options);
    this.#rules = new MessageRules(options.allow, this.#limits);
    this.requestChecks = this.#rules.checks;
    this.#messages = new CodeSender(addressType, options, this.#limits);
    this.#reports = new CodeReports(tests, this.#limits.countries, this.#messages);
    this.#delegated = isVerifier(options.channel) ? new DelegatedCodes(options.channel, options) : undefined;
    this.#ways = waysOf(options.channel);
  }

  /**
   * Makes a new live code, within the limits.
   *
   * @throws FactorError `cooldown`, `locked`, `address_refused`
   */
  async issue(context: RequestContext, binding: CodeBinding): Promise<IssuedCode> {
    const { store, keyring, emit, clock, random } = context;
    const { subject, address, purpose } = binding;
    const bound = boundTo(binding);
    const via = this.#wayOf(context.via);
    await this.#rules.assert(context, binding, via);
    const testCode = await this.#tests.codeFor(context, binding);
    const code =
      testCode ?? (this.#delegated ? bytesFrom(random, 32).toString('hex') : randomDigits(random, this.#options.codeLength));
    const now = clock();
    const expiresAt = now + this.#options.validityMs;
    const live = { digest: keyring.digest('code', subject, ...bound, code), expiresAt };
    const release = await this.#limits.reserve(context, binding);
    try {
      await this.#issueLive(context, binding, live);
      if (binding.user !== undefined && !this.#delegated) await new ReplacedCodes(context, subject).add(live);
    } catch (fault) {
      await release();
      throw fault;
    }
    emit({ type: 'challenged', purpose });
    const withdraw = (): Promise<void> | undefined =>
      this.#limits.countries.release(context, { address, purpose, isSetUp: binding.user !== undefined });
    return {
      reply: this.reply(address, now, via),
      withdraw,
      deliver: async () => {
        if (testCode !== undefined) return withdraw();
        try {
          const own = { code, expiresAt, ...(via !== undefined && { via }) };
          await (this.#delegated?.start(context, binding, live) ?? this.#messages.deliver(context, binding, own));
        } catch (fault) {
          this.#reports.failed(context, { address, purpose, via }, fault);
          // The cooldown and the counts stay. Otherwise clients could flood a provider that is failing.
          await store.revoke(subject, live.digest);
          await withdraw();
          throw fault;
        }
        this.#reports.sent(context, { address, purpose, via });
      },
    };
  }

  /** Opens a country again that was closed because its codes did not come back. */
  openCountry(context: RequestContext, country: string): Promise<void> {
    return this.#limits.countries.open(context, country);
  }

  /** Whether the channel sends security notifications. */
  get sendsNotices(): boolean {
    return this.#messages.sendsNotices;
  }

  /** Prepares a security notification to an address. Returns undefined if the channel sends none. */
  notice(to: string, user: FactorUser, change: AccountChange): SecurityNotification | undefined {
    return this.#tests.isUnreachable(to) ? undefined : this.#messages.notice(to, user, change);
  }

  /** Returns the reply for a code that was sent at that time by that way. */
  reply(address: string, sentAt: number, via?: string): Reply {
    const { status = '', ...times } = this.times(sentAt, via);
    return { status, destination: this.#type.mask(address), ...times };
  }

  /** Returns the reply for a code that was sent at that time by that way, without its destination. */
  times(sentAt: number, via?: string): Reply {
    const way = this.#wayOf(via);
    return {
      status: 'sent',
      ...(way !== undefined && { via: way, ways: JSON.stringify(this.#ways) }),
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
   * @param bindings the addresses that the code may have been sent to, for one subject and purpose
   * @throws FactorError `code_rejected`, `code_expired`, `locked`; `unavailable` if a provider that checks codes fails
   */
  async redeem(context: RequestContext, bindings: readonly [Bound, ...Bound[]], typed: string): Promise<void> {
    if (this.#delegated) {
      const verified = await this.#delegated.redeem(context, bindings, typed);
      return this.#reports.returned(context, [verified], { isSetUp: true });
    }
    const { store, keyring } = context;
    const [binding] = bindings;
    const { subject, purpose } = binding;
    const code = await this.#accepted(context, bindings, typed);
    const digests = bindings.flatMap((each) => keyring.digests('code', subject, ...boundTo(each), code));
    const whyWrong = (): Promise<Refusal | undefined> =>
      new ReplacedCodes(context, subject).explain(digests, context.clock() + this.#options.validityMs);
    // The addresses that the code may have been sent to.
    let used: readonly Bound[];
    // Where countries are counted, the address that the code was sent to must be known.
    if (store.redeem === undefined || new Set(bindings.map(({ address }) => this.#reports.countryOf(address))).size > 1) {
      const attempt = await beginAttempt(context, subject, purpose, this.#options);
      const { digest } = attempt;
      const matches = (each: Bound): boolean =>
        digest !== undefined && keyring.matches(digest, 'code', subject, ...boundTo(each), code);
      used = bindings.filter(matches).slice(0, 1);
      const isRight = used.length > 0;
      const isSpent = digest !== undefined && isRight && (await store.consume(subject, digest));
      if (!isSpent && (used = await this.#spendOther(context, bindings, code)).length === 0) {
        if (digest === undefined || isRight) throw attempt.reject('code_expired');
        throw attempt.reject('code_rejected', await whyWrong());
      }
    } else {
      const result = await store.redeem(subject, digests, this.#options);
      const isMissed = !result.locked && result.outcome !== 'spent';
      used = isMissed ? await this.#spendOther(context, bindings, code) : bindings;
      if (used.length === 0 || result.locked) await assertRedeemed(context, purpose, result, whyWrong);
    }
    this.#reports.returned(context, used, { isSetUp: true, code });
  }

  /**
   * Counts an attempt at a code that signs in as a primary factor, and checks it. The caller uses it up later.
   * Without a live code there is nothing to attack, so nothing is counted or written. The reply is the same (user
   * enumeration, CWE-204).
   *
   * @throws FactorError `code_rejected`
   */
  async checkAlone(context: RequestContext, binding: Bound, typed: string): Promise<CheckedCode> {
    if (this.#delegated)
      return this.#delegated.check(context, binding, typed, () => this.#reports.returned(context, [binding], { isSetUp: false }));
    const { store, keyring, emit } = context;
    const { subject, purpose, address } = binding;
    const code = await this.#accepted(context, [binding], typed);
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
        this.#reports.returned(context, [binding], { isSetUp: false, code });
      },
    };
  }

  /**
   * Uses up a code that was requested with another primary factor. The attempt is already counted; it then counts as
   * successful.
   *
   * @returns the address that the code was sent to; none if it was not sent
   */
  async #spendOther({ store, keyring }: RequestContext, bindings: readonly Bound[], code: string): Promise<readonly Bound[]> {
    for (const binding of bindings) {
      for (const other of binding.others ?? []) {
        for (const digest of keyring.digests('code', other, ...boundTo(binding), code)) {
          if (!(await store.consume(other, digest))) continue;
          await store.pardon(binding.subject);
          return [binding];
        }
      }
    }
    return [];
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

  /** Returns the way that was chosen, or the default one; undefined if the channel offers none. */
  #wayOf(via: string | undefined): string | undefined {
    return this.#ways?.find((way) => way === via) ?? this.#ways?.[0];
  }

  /** Returns the typed code; an empty one, which is never right, for a test code that is not accepted. It counts as an attempt. */
  async #accepted(context: RequestContext, bindings: readonly Bound[], typed: string): Promise<string> {
    for (const binding of bindings) if (await this.#tests.refuses(context, binding, typed)) return '';
    return typed;
  }
}
