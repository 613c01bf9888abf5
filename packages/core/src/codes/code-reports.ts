import type { Purpose } from '../factor/purpose.js';
import type { RequestContext } from '../factor/context.js';
import { CountryCounters, type CountryCounts } from './limits/country-counters.js';
import type { CountryGate } from './limits/country-gate.js';
import type { TestCodes } from './test-codes.js';

/** A code that was used up. */
export interface ReturnedCode {
  readonly purpose: Purpose;
  readonly address: string;
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

  constructor(tests: TestCodes, gate: CountryGate) {
    this.#tests = tests;
    this.#gate = gate;
  }

  /** Reports a code that a channel has accepted. */
  sent(
    context: RequestContext,
    { address, purpose, via }: { readonly address: string; readonly purpose: Purpose; readonly via: string | undefined },
  ): void {
    const counts = this.#countCountry(context, address, 'sent');
    context.emit({ type: 'delivered', purpose, ...(via !== undefined && { via }), ...counts });
  }

  /** Reports a code that was used up. A fixed one was not sent, so it says nothing about messages. */
  returned(context: RequestContext, { code = '', ...returned }: ReturnedCode): void {
    const { purpose, address } = returned;
    const isTest = this.#tests.isTestCode(address, code);
    context.emit({ type: 'verified', purpose, ...(!isTest && this.#countCountry(context, address, 'verified')) });
    if (isTest) return context.emit({ type: 'test_code_used', purpose });
    const restored = this.#gate.restore(context, returned);
    if (restored !== undefined) context.later(restored);
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
