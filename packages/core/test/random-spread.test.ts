import { describe, expect, it } from 'vitest';
import { randomDigits, systemRandom } from '../src/crypto/random.js';

// Apart from the unit tests beside the source, as it takes longer than all of these.
describe('randomDigits', () => {
  it('spreads evenly: every digit in every place, chi-squared below the 99.99 % bound', () => {
    const counts = Array.from({ length: 6 }, () => Array.from({ length: 10 }, () => 0));
    const draws = 20_000;
    for (let draw = 0; draw < draws; draw += 1) {
      for (const [position, digit] of [...randomDigits(systemRandom, 6)].entries()) {
        const row = counts[position];
        if (row !== undefined) row[Number(digit)] = (row[Number(digit)] ?? 0) + 1;
      }
    }
    for (const row of counts) {
      const chiSquared = row.reduce((sum, count) => sum + (count - draws / 10) ** 2 / (draws / 10), 0);
      expect(chiSquared).toBeLessThan(40); // 9 degrees of freedom: 33.7 at 99.99 %, with room for six places
    }
  });
});
