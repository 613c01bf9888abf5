import { describe, expect, it } from 'vitest';
import { fakeClock } from '../../../../testing/src/fake-clock.js';
import { MINUTE } from '../../../test/unit-stage.js';
import { CountryCounters } from './country-counters.js';

const HOUR = 60 * MINUTE;

describe('the counts of a country', () => {
  it('begin with what is counted first', () => {
    expect(new CountryCounters().count('DE', 'sent', fakeClock())).toEqual({ country: 'DE', sent: 1, verified: 0 });
    expect(new CountryCounters().count('DE', 'verified', fakeClock())).toEqual({ country: 'DE', sent: 0, verified: 1 });
  });

  it('count codes that are sent and that come back apart', () => {
    const [traffic, clock] = [new CountryCounters(), fakeClock()];
    for (const what of ['sent', 'sent', 'verified'] as const) traffic.count('DE', what, clock);
    expect(traffic.count('DE', 'sent', clock)).toEqual({ country: 'DE', sent: 3, verified: 1 });
  });

  it('are apart from those of another country', () => {
    const [traffic, clock] = [new CountryCounters(), fakeClock()];
    traffic.count('DE', 'sent', clock);
    expect(traffic.count('GB', 'sent', clock)).toEqual({ country: 'GB', sent: 1, verified: 0 });
    expect(traffic.count('DE', 'sent', clock).sent).toBe(2);
  });

  it.each<readonly [string, number, number]>([
    ['go on at the same moment', 0, 2],
    ['go on until the last millisecond of the hour', HOUR - 1, 2],
    ['begin anew when the hour is over', HOUR, 1],
    ['begin anew when the clock steps back behind the beginning of the hour', -2 * HOUR, 1],
  ])('%s', (_sentence, later, sent) => {
    const [traffic, clock] = [new CountryCounters(), fakeClock()];
    traffic.count('DE', 'sent', clock);
    clock.advance(later);
    expect(traffic.count('DE', 'sent', clock).sent).toBe(sent);
  });

  it('begin anew for all countries at once', () => {
    const [traffic, clock] = [new CountryCounters(), fakeClock()];
    traffic.count('DE', 'sent', clock);
    clock.advance(HOUR);
    traffic.count('GB', 'sent', clock);
    expect(traffic.count('DE', 'verified', clock)).toEqual({ country: 'DE', sent: 0, verified: 1 });
  });
});
