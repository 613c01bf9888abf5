import type { AddressKind } from './address-kind.js';
import { toChannel, type Channel, type MessageContent } from './channel.js';
import type { ResolvedCodeFactorOptions } from './code-factor-options.js';
import { defaultMessage } from './default-message.js';
import { withinTime } from './delivery-timeout.js';
import { FactorError, isAddressRefused } from './factor-error.js';
import { faultName } from './factor-event.js';
import {
  Factor,
  factorSubject,
  type Confirmed,
  type FactorContext,
  type FactorUser,
  type Intent,
  type Purpose,
  type Reply,
} from './factor.js';
import { assertLocks, beginGuess } from './guess.js';
import { networkOf } from './network.js';
import type { Quota, SendLimits } from './otp-store.js';
import { asObject, digitsRule, readCode, readFields, type FieldRule } from './payload.js';
import { randomDigits } from './random.js';
import { subjectOf } from './subject.js';

const MINUTE_MS = 60_000;
const DAY_MS = 24 * 60 * MINUTE_MS;
const TEN_MINUTES_MS = 10 * MINUTE_MS;

/** What a code factor keeps about a user. */
export interface AddressEnrolment {
  /** The normalised address that was confirmed. */
  readonly address: string;
}

const SAFE_INPUT: FieldRule = { maxLength: 320, pattern: /^[^\p{Cc}\p{Cf}\p{Zl}\p{Zp}]+$/u, accepts: 'an address' };

/**
 * A factor that sends a code somewhere and checks it: the one implementation of that. A
 * concrete factor adds only how its addresses are read, normalised and masked.
 */
export abstract class CodeFactor extends Factor<AddressEnrolment> {
  /** The options, with every default filled in. */
  protected readonly options: ResolvedCodeFactorOptions;
  readonly #kind: AddressKind;
  readonly #channel: Channel;
  readonly #code: FieldRule;
  readonly #sendLimits: SendLimits;

  protected constructor(kind: AddressKind, options: ResolvedCodeFactorOptions) {
    super();
    assertLocks(new.target.name, options);
    this.options = options;
    this.#kind = kind;
    this.#channel = toChannel(options.channel);
    this.#code = digitsRule(options.codeLength);
    this.#sendLimits = { cooldownMs: options.cooldownMs, quotas: this.#quotas };
  }

  async intent(payload: unknown, user: FactorUser, enrolment: AddressEnrolment | undefined): Promise<Intent> {
    if (this.#namesAddress(payload)) return 'enrol';
    if (this.options.destination === undefined) {
      if (enrolment === undefined && payload === true) throw new FactorError('not_enrolled');
      return enrolment === undefined ? 'enrol' : 'answer';
    }
    if (enrolment === undefined) return 'enrol';
    const destination = await this.#destination(user).catch(() => enrolment.address);
    return destination === enrolment.address ? 'answer' : 'either';
  }

  async beginEnrolment(context: FactorContext, payload: unknown, enrolment: AddressEnrolment | undefined): Promise<Reply> {
    const address =
      payload === true && this.options.destination !== undefined
        ? await this.#destination(context.user)
        : await this.#readAddress(readFields(payload, { [this.#kind.field]: SAFE_INPUT })[this.#kind.field], context.user);
    if (address === enrolment?.address) throw new FactorError('already_enrolled');
    return this.#send(context, 'enrolment', address);
  }

  async confirmEnrolment(context: FactorContext, payload: unknown): Promise<Confirmed<AddressEnrolment>> {
    const { field } = this.#kind;
    if (this.#namesAddress(payload) || this.options.destination === undefined) {
      const fields = readFields(payload, { [field]: SAFE_INPUT, code: this.#code });
      const address = await this.#readAddress(fields[field], context.user);
      return { enrolment: await this.#check(context, 'enrolment', address, fields['code'] ?? '') };
    }
    const code = readCode(payload, this.#code);
    return { enrolment: await this.#check(context, 'enrolment', await this.#destination(context.user), code) };
  }

  challenge(context: FactorContext, purpose: Purpose, { address }: AddressEnrolment): Promise<Reply> {
    return this.#send(context, purpose, address);
  }

  async verify(context: FactorContext, purpose: Purpose, payload: unknown, { address }: AddressEnrolment): Promise<undefined> {
    await this.#check(context, purpose, address, readCode(payload, this.#code));
  }

  describe({ address }: AddressEnrolment): Reply {
    return { destination: this.#kind.mask(address) };
  }

  get #quotas(): readonly [Quota, Quota] {
    return [
      { limit: this.options.maxSendsPer10Minutes, windowMs: TEN_MINUTES_MS },
      { limit: this.options.maxSendsPerDay, windowMs: DAY_MS },
    ];
  }

  #namesAddress(payload: unknown): boolean {
    return Object.hasOwn(asObject(payload) ?? {}, this.#kind.field);
  }

  async #destination(user: FactorUser): Promise<string> {
    const address = await this.options.destination?.(user);
    if (typeof address !== 'string' || address === '') {
      throw new FactorError('invalid_input', { sentence: `The user has no ${this.#kind.noun} yet.` });
    }
    return this.#normalise(address);
  }

  async #readAddress(input: string | undefined, user: FactorUser): Promise<string> {
    const address = this.#normalise(input ?? '');
    if (this.options.destination !== undefined && address !== (await this.#destination(user))) {
      throw new FactorError('address_refused', { sentence: `This is not the user's ${this.#kind.noun}.` });
    }
    return address;
  }

  #normalise(input: string): string {
    readFields({ [this.#kind.field]: input }, { [this.#kind.field]: SAFE_INPUT });
    return this.#kind.normalise(input);
  }

  async #check(context: FactorContext, purpose: Purpose, address: string, code: string): Promise<AddressEnrolment> {
    const { store, keyring, emit } = context;
    const subject = factorSubject(context, purpose);
    const guess = await beginGuess(context, subject, purpose, this.options);
    if (guess.digest === undefined) throw guess.reject('code_expired');
    if (!keyring.matches(guess.digest, 'code', subject, address, code)) throw guess.reject('code_rejected');
    if (!(await store.consume(subject, guess.digest))) throw guess.reject('code_expired');
    emit({ type: 'verified', purpose });
    return { address };
  }

  async #send(context: FactorContext, purpose: Purpose, address: string): Promise<Reply> {
    const { store, keyring, emit, clock, random } = context;
    const subject = factorSubject(context, purpose);
    const code = randomDigits(random, this.options.codeLength);
    const now = clock();
    const expiresAt = now + this.options.validityMs;
    const live = { digest: keyring.digest('code', subject, address, code), expiresAt };
    const giveBack = await this.#countSend(context, purpose, address);
    const issue = await store.issue(subject, live, this.#sendLimits).catch(async (fault: unknown) => {
      await giveBack();
      throw fault;
    });
    if (!issue.issued) {
      await giveBack();
      throw new FactorError(issue.reason, { retryAt: issue.retryAt });
    }
    emit({ type: 'challenged', purpose });
    try {
      const validMinutes = Math.max(1, Math.floor(this.options.validityMs / MINUTE_MS));
      await this.#deliver(context, { code, expiresAt, purpose, validMinutes }, address);
    } catch (fault) {
      // What was counted and the cooldown stay: a provider in trouble is not to be stormed.
      await store.revoke(subject, live.digest);
      throw fault;
    }
    emit({ type: 'delivered', purpose });
    return {
      status: 'sent',
      destination: this.#kind.mask(address),
      expiresAt: new Date(expiresAt).toISOString(),
      resendAt: new Date(now + this.options.cooldownMs).toISOString(),
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
    { appId, key, ip, store, keyring }: FactorContext,
    purpose: Purpose,
    address: string,
  ): Promise<() => Promise<void>> {
    const bucket = subjectOf('destination', appId, key, purpose, keyring.digest('address', address));
    const limits: [string, Quota][] = this.#quotas.map((quota) => [subjectOf(bucket, String(quota.windowMs)), quota]);
    if (ip !== undefined) {
      const perIp = { limit: this.options.maxSendsPerIp, windowMs: TEN_MINUTES_MS };
      limits.unshift([subjectOf('ip', appId, keyring.digest('ip', networkOf(ip))), perIp]);
    }
    if (this.options.budget !== undefined) limits.push([subjectOf('budget', appId, key), this.options.budget]);
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

  async #deliver({ user, emit }: FactorContext, content: Omit<MessageContent, 'user' | 'locale'>, to: string): Promise<void> {
    try {
      const message = { ...content, user, locale: this.options.locale(user) };
      const { subject, text } = this.options.message?.(message) ?? defaultMessage(message, this.#kind.noun, this.options.appName);
      if (typeof text !== 'string' || typeof subject !== 'string')
        throw new TypeError('option "message" must give subject and text');
      const { deliveryTimeoutMs } = this.options;
      await withinTime(deliveryTimeoutMs, (signal) => this.#channel.send({ ...message, subject, text, to, signal }));
    } catch (cause) {
      emit({ type: 'delivery_failed', purpose: content.purpose, reason: faultName(cause) });
      throw isAddressRefused(cause) ? cause : new FactorError('delivery_failed', { cause });
    }
  }
}
