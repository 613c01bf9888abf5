import { describe, expect, it } from 'vitest';
import { stagedContext } from '../../../test/unit-stage.js';
import { PURPOSES, type Purpose } from '../../factor/purpose.js';
import { CountryGate } from './country-gate.js';

const conversion = { minPercent: 20, messages: 10, windowMs: 60 * 60_000 };
const numbers = {
  field: 'phone',
  noun: 'number',
  normalise: (input: string) => input,
  mask: (address: string) => address,
  region: (address: string) => ({ country: address.startsWith('+33') ? 'FR' : 'US', prefix: address }),
} as const;
const address = '+33612345678';

describe('a code that is counted for its country', () => {
  const gate = new CountryGate({ ...numbers, conversion });

  it.each(PURPOSES.flatMap((purpose) => [[purpose, true] as const, [purpose, false] as const]))(
    'is one to a new number, whatever it is for: %s, set up: %s',
    (purpose: Purpose, isSetUp) => {
      const isNew =
        ['enrolment', 'password-reset', 'address-verification'].includes(purpose) || (purpose === 'sign-in' && !isSetUp);
      expect(gate.limitFor(stagedContext(), { address, purpose, isSetUp }) !== undefined).toBe(isNew);
    },
  );

  it('has a bucket of its country, factor and application', () => {
    const sent = { address, purpose: 'enrolment', isSetUp: true } as const;
    const bucketOf = (context: object, to = address): string | undefined =>
      gate.limitFor({ ...stagedContext(), ...context }, { ...sent, address: to })?.[0];
    const buckets = [bucketOf({}), bucketOf({ key: 'other' }), bucketOf({ appId: 'other' }), bucketOf({}, '+12025550123')];
    expect(new Set(buckets).size).toBe(4);
    expect(bucketOf({}, '+33600000000')).toBe(buckets[0]);
  });

  it('is none without the option, or where addresses have no country', () => {
    const sent = { address, purpose: 'enrolment', isSetUp: true } as const;
    expect(new CountryGate(numbers).limitFor(stagedContext(), sent)).toBeUndefined();
    expect(
      new CountryGate({ ...numbers, region: undefined, conversion } as never).limitFor(stagedContext(), sent),
    ).toBeUndefined();
  });
});

it.each([
  [50, 2],
  [40, 3],
  [34, 3],
  [30, 4],
  [20, 5],
  [11, 10],
  [10, 10],
])('a share of %i percent restores %i messages for each code that comes back', async (minPercent, restored) => {
  const gate = new CountryGate({ ...numbers, conversion: { ...conversion, minPercent } });
  const context = stagedContext();
  const sent = { address, purpose: 'enrolment', isSetUp: true } as const;
  const [bucket, quota] = gate.limitFor(context, sent) ?? expect.unreachable();
  const isCounted = async (): Promise<boolean> => (await context.store.count(bucket, quota)).allowed;
  while (await isCounted());
  await gate.restore(context, sent);
  let counted = 0;
  while (await isCounted()) counted += 1;
  expect(counted).toBe(restored);
});
