import type { Clock } from '../../time/clock.js';
import { HOUR_MS } from '../../time/durations.js';

/** Messages to one country since the hour began, as counted by this server process. */
export interface CountryCounts {
  readonly country: string;
  /** Messages that a channel accepted. */
  readonly sent: number;
  /** Codes that were verified. */
  readonly verified: number;
}

/** Counts sent and verified codes per country. Many sent and few verified codes indicate SMS pumping (toll fraud). */
export class CountryCounters {
  readonly #counts = new Map<string, CountryCounts>();
  #until = 0;

  /** Counts one, and returns the country's counts since the hour began. */
  count(country: string, what: 'sent' | 'verified', clock: Clock): CountryCounts {
    const now = clock();
    if (now >= this.#until || this.#until > now + HOUR_MS) {
      this.#counts.clear();
      this.#until = now + HOUR_MS;
    }
    const { sent, verified } = this.#counts.get(country) ?? { sent: 0, verified: 0 };
    const counts = { country, sent, verified, [what]: (what === 'sent' ? sent : verified) + 1 };
    this.#counts.set(country, counts);
    return counts;
  }
}
