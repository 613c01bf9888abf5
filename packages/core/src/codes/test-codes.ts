import { FactorConfigError } from '../error/config-error.js';
import { FactorError } from '../error/factor-error.js';
import type { CodeTarget, TestCodePeriod } from '../factor/address-proof.js';
import type { RequestContext } from '../factor/context.js';
import { asObject } from '../validation/json-object.js';
import { type OptionRule, optional } from '../validation/options.js';
import type { AddressType } from './address-type.js';
import { SAFE_INPUT } from './code-payload.js';
import { DAY_MS } from '../time/durations.js';

/** Addresses that get a fixed code, for app store reviews and automated tests. */
export interface TestCodesOptions {
  /** The code of each address, 1 to 20 addresses. A code has as many ASCII digits as `codeLength` says. */
  readonly addresses: Readonly<Record<string, string>>;
  /** The last day, such as `2027-01-31`. It ends at midnight UTC, and is at most 90 days ahead. */
  readonly until: string;
}

/** What a code is bound to, as far as test codes depend on it. */
type Asked = Pick<CodeTarget, 'address' | 'owner'> & Partial<Pick<CodeTarget, 'user'>>;

const MAX_ADDRESSES = 20;

/** Accepts {@link TestCodesOptions}. The rest is checked where the addresses can be read. */
export const testCodesOption: OptionRule = optional({
  accepts: '{ addresses: { <address>: <code> }, until: "<year>-<month>-<day>" }',
  isValid: (value) => {
    const { addresses, until, ...others } = asObject(value) ?? { unknown: true };
    const entries = Object.entries(asObject(addresses) ?? {});
    const isCounted = entries.length > 0 && entries.length <= MAX_ADDRESSES;
    return isCounted && entries.every(([, code]) => typeof code === 'string') && isDay(until) && noneOf(others);
  },
});

const noneOf = (others: object): boolean => Object.keys(others).length === 0;

/** Whether a value is a day of the calendar: `2027-02-30` is none. */
const isDay = (value: unknown): boolean =>
  typeof value === 'string' &&
  /^\d{4}-\d{2}-\d{2}$/.test(value) &&
  Number.isFinite(Date.parse(value)) &&
  new Date(value).toISOString().startsWith(value);

/**
 * Decides who gets a fixed code in place of a random one. Nothing is sent with such a code. All limits and locks apply to it.
 *
 * It is never for requests with the master key, nor for users with a role that a policy demands factors of. That is decided
 * when the code is made, and again when it is used: a user may have got the role meanwhile.
 */
export class TestCodes {
  /** The type of addresses, which also accepts those that are only for tests, such as fictional phone numbers. */
  readonly type: AddressType;
  /** How long test codes are accepted; undefined without the option. */
  readonly period: TestCodePeriod | undefined;
  readonly #strict: AddressType;
  readonly #codes: ReadonlyMap<string, string>;

  /**
   * @param owner the factor's class, for messages
   * @throws FactorConfigError for an address that the factor does not accept, and for a code of another length
   */
  constructor(
    owner: string,
    strict: AddressType,
    { testCodes, codeLength }: { readonly testCodes?: TestCodesOptions; readonly codeLength: number },
  ) {
    this.#strict = strict;
    this.#codes = readCodes(owner, strict, { addresses: testCodes?.addresses ?? {}, codeLength });
    this.period = testCodes && periodUntil(testCodes.until);
    this.type = this.#codes.size === 0 ? strict : { ...strict, normalise: (input) => this.#normalise(input) };
  }

  /**
   * Returns the fixed code for an address; undefined if it gets a random one.
   *
   * @throws FactorError `address_refused` for an address that is only for tests, where it gets no fixed code
   */
  async codeFor(context: RequestContext, asked: Asked): Promise<string | undefined> {
    const code = this.#codes.get(asked.address);
    if (code === undefined || (await this.#isOn(context, asked))) return code;
    this.#strict.normalise(asked.address);
    return undefined;
  }

  /** Whether a typed code is the fixed code of the address. */
  isTestCode(address: string, code: string): boolean {
    return this.#codes.get(address) === code;
  }

  /** Whether a typed code is a fixed code that is not accepted: its time is over, or it is not for this user. */
  async refuses(context: RequestContext, asked: Asked, code: string): Promise<boolean> {
    return this.isTestCode(asked.address, code) && !(await this.#isOn(context, asked));
  }

  /** Whether an address is only for tests. No message goes there. */
  isUnreachable(address: string): boolean {
    return this.#codes.has(address) && normaliseOrUndefined(this.#strict.normalise, address) === undefined;
  }

  async #isOn({ clock, mayUseTestCodes }: RequestContext, { user, owner: named }: Asked): Promise<boolean> {
    const owner = user === undefined ? named : { userId: user.id };
    const isInTime = this.period !== undefined && clock() < this.period.ends;
    return isInTime && owner !== undefined && (await mayUseTestCodes?.(owner)) === true;
  }

  #normalise(input: string): string {
    const address = normaliseOrUndefined(testNormaliser(this.#strict), input);
    return address !== undefined && this.#codes.has(address) ? address : this.#strict.normalise(input);
  }
}

function periodUntil(lastDay: string): TestCodePeriod {
  const startsLastDay = Date.parse(lastDay);
  return { lastDay, startsLastDay, ends: startsLastDay + DAY_MS };
}

const testNormaliser = ({ normalise, normaliseForTests }: AddressType): AddressType['normalise'] =>
  normaliseForTests ?? normalise;

function readCodes(
  owner: string,
  type: AddressType,
  { addresses, codeLength }: { readonly addresses: Readonly<Record<string, string>>; readonly codeLength: number },
): ReadonlyMap<string, string> {
  const digits = new RegExp(`^[0-9]{${codeLength}}$`);
  const codes = new Map<string, string>();
  for (const [written, code] of Object.entries(addresses)) {
    const refuse = (why: string): FactorConfigError =>
      new FactorConfigError(`${owner}: option "testCodes.addresses" ${why}: ${JSON.stringify(written.slice(0, 64))}`);
    const isSafe = written.length <= SAFE_INPUT.maxLength && SAFE_INPUT.pattern.test(written);
    const address = isSafe ? normaliseOrUndefined(testNormaliser(type), written) : undefined;
    if (address === undefined) throw refuse(`must name each ${type.noun} in a form that the factor accepts`);
    if (!digits.test(code)) throw refuse(`must give each ${type.noun} a code of ${codeLength} digits`);
    if (codes.has(address)) throw refuse(`must name each ${type.noun} once`);
    codes.set(address, code);
  }
  return codes;
}

function normaliseOrUndefined(normalise: AddressType['normalise'], input: string): string | undefined {
  try {
    return normalise(input);
  } catch (fault) {
    if (fault instanceof FactorError) return undefined;
    throw fault;
  }
}
