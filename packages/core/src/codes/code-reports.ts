import { FactorError } from '../error/factor-error.js';
import { faultName } from '../error/fault-name.js';
import type { RequestContext } from '../factor/context.js';
import type { Purpose } from '../factor/purpose.js';
import type { Bound } from './code-binding.js';
import type { CodeSender } from './code-sender.js';
import { CountryCounters, type CountryCounts } from './limits/country-counters.js';
import type { CountryGate } from './limits/country-gate.js';
import type { TestCodes } from './test-codes.js';

/** A message with a code. */
interface Sent {
  readonly address: string;
  readonly purpose: Purpose;
  /** The way by which the channel sends it, if it has several. */
  readonly via: string | undefined;
}

/** How a code came back that was used up. */
interface Return {
  /** Whether it was for a factor that the user has set up. */
  readonly isSetUp: boolean;
  /** The code, if the server has made it. */
  readonly code?: string;
}

/** Reports codes that were sent, and those that came back, and counts them by country. */
export class CodeReports {
  readonly #tests: TestCodes;
  readonly #gate: CountryGate;
  readonly #counts = new CountryCounters();

  readonly #messages: CodeSender;

  constructor(tests: TestCodes, gate: CountryGate, messages: CodeSender) {
    this.#tests = tests;
    this.#gate = gate;
    this.#messages = messages;
  }

  /** Reports a code that a channel or verifier has accepted. */
  sent(context: RequestContext, { address, purpose, via }: Sent): void {
    const counts = this.#countCountry(context, address, 'sent');
    context.emit({ type: 'delivered', purpose, ...(via !== undefined && { via }), ...counts });
  }

  /** Reports a code that no channel or verifier has accepted. A fault of the store or of a key is none of theirs. */
  failed({ emit }: RequestContext, { address, purpose, via }: Sent, fault: unknown): void {
    const isOwn = fault instanceof FactorError;
    if (isOwn && fault.code === 'unavailable') return;
    const reason = faultName(isOwn && fault.code === 'delivery_failed' ? fault.cause : fault);
    const country = this.countryOf(address);
    const known = { ...(via !== undefined && { via }), ...(country !== undefined && { country }) };
    emit({ type: 'delivery_failed', purpose, reason, ...known });
  }

  /**
   * Reports a code that was used up, and lets the channel know. A fixed one was not sent, so it says nothing about messages.
   *
   * @param used the addresses that the code may have been sent to; the channel knows where it sent it
   */
  returned(context: RequestContext, used: readonly Bound[], { isSetUp, code }: Return): void {
    const fixed = code === undefined ? undefined : used.find(({ address }) => this.#tests.isTestCode(address, code));
    const { address, purpose } = fixed ?? used[0] ?? {};
    if (address === undefined || purpose === undefined) return;
    const counts = fixed === undefined ? this.#countCountry(context, address, 'verified') : undefined;
    context.emit({ type: 'verified', purpose, ...counts });
    if (fixed !== undefined) return context.emit({ type: 'test_code_used', purpose });
    const restored = this.#gate.restore(context, { address, purpose, isSetUp });
    if (restored !== undefined) context.later(restored);
    if (code !== undefined) for (const each of used) this.#messages.confirm(context, each.address, code);
  }

  /** Returns the country that messages to an address are counted for; undefined if there is none. */
  countryOf(address: string): string | undefined {
    return this.#tests.type.region?.(address).country;
  }

  #countCountry({ clock }: RequestContext, address: string, what: 'sent' | 'verified'): CountryCounts | undefined {
    const country = this.countryOf(address);
    return country === undefined ? undefined : this.#counts.count(country, what, clock);
  }
}
