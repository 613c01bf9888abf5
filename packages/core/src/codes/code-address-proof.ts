import type { AddressProof, CheckedCode, CodeTarget, IssuedCode, TestCodePeriod } from '../factor/address-proof.js';
import type { FactorUser, Reply, RequestContext } from '../factor/context.js';
import type { AccountChange, SecurityNotification, SecurityNotifications } from '../factor/notification.js';
import { digitsRule, type FieldRule, readCode } from '../validation/payload.js';
import type { AddressType } from './address-type.js';
import type { Addresses, CodeAuthenticators } from './code-authenticators.js';
import { normalise } from './code-payload.js';
import type { OneTimeCodes } from './one-time-codes.js';
import type { TestCodes } from './test-codes.js';

/** Proves an address with a code of a factor that sends codes, and notifies addresses. */
export class CodeAddressProof implements AddressProof<Addresses>, SecurityNotifications<Addresses> {
  readonly field: string;
  readonly testCodes: TestCodePeriod | undefined;
  readonly #type: AddressType;
  readonly #codes: OneTimeCodes;
  readonly #own: CodeAuthenticators;
  readonly #code: FieldRule;

  constructor(tests: TestCodes, codes: OneTimeCodes, own: CodeAuthenticators, codeLength: number) {
    this.field = tests.type.field;
    this.testCodes = tests.period;
    this.#type = tests.type;
    this.#codes = codes;
    this.#own = own;
    this.#code = digitsRule(codeLength);
  }

  normalise(input: string): string {
    return normalise(input, this.#type);
  }

  addressesOf(enrolment: Addresses): readonly [string, ...string[]] {
    const [first, ...others] = this.#own.listOf(enrolment);
    return [first.address, ...others.map(({ address }) => address)];
  }

  only(enrolment: Addresses, isKept: (address: string) => boolean): Addresses | undefined {
    return this.#own.only(enrolment, ({ address }) => isKept(address));
  }

  confirmed(user: FactorUser): string | undefined {
    return this.#type.confirmed?.(user);
  }

  isSame(one: string, other: string): boolean {
    const { mailboxOf } = this.#type;
    return one === other || (mailboxOf?.(one) ?? one) === (mailboxOf?.(other) ?? other);
  }

  notice(address: string, user: FactorUser, change: AccountChange): SecurityNotification | undefined {
    return this.#codes.notice(address, user, change);
  }

  notificationsFor(user: FactorUser, enrolment: Addresses | undefined, change: AccountChange): readonly SecurityNotification[] {
    const own = enrolment === undefined ? [] : this.addressesOf(enrolment);
    const addresses = new Set([...own, this.confirmed(user)]);
    return [...addresses].flatMap((address) => (address && this.notice(address, user, change)) || []);
  }

  get cooldownMs(): number {
    return this.#codes.cooldownMs;
  }

  reply(sentAt: number, via: string | undefined): Reply {
    return this.#codes.times(sentAt, via);
  }

  mask(address: string): string {
    return this.#type.mask(address);
  }

  issue(context: RequestContext, target: CodeTarget): Promise<IssuedCode> {
    return this.#codes.issue(context, target);
  }

  readCode(payload: unknown): string {
    return readCode(payload, this.#code);
  }

  check(context: RequestContext, target: CodeTarget, code: string): Promise<CheckedCode> {
    return this.#codes.checkAlone(context, target, code);
  }
}
