import { expect, it } from 'vitest';
import type { ResealReport } from '../flows/administration/reseal-records.js';
import { resealCommand } from './reseal-command.js';

const report = (seen: number, next?: string): ResealReport => ({
  seen,
  keys: {},
  formerAppIds: {},
  unsealed: {},
  resealed: {},
  unreadable: [],
  ...(next !== undefined && { next }),
});

/** Runs the command on batches that each take some milliseconds, and returns what it prints. */
async function printed(batches: readonly (readonly [ms: number, report: ResealReport])[]): Promise<readonly string[]> {
  let now = 1000;
  async function* reports(): AsyncGenerator<ResealReport> {
    for (const [ms, each] of batches) {
      now += ms;
      yield each;
    }
  }
  const lines: string[] = [];
  await resealCommand.work(reports(), { apply: true, print: (line) => void lines.push(line), clock: () => now });
  return lines;
}

it('resealing prints after each batch how many users it checks per second since it began', async () => {
  const lines = await printed([
    [2000, report(100, 'a')],
    [6000, report(100, 'b')],
    [12_000, report(40)],
  ]);
  expect(lines.filter((line) => line.includes('per second'))).toEqual([
    '100 users checked, up to a, 50 users per second',
    '200 users checked, up to b, 25 users per second',
    '20 seconds, 12 users per second',
  ]);
});

it.each([
  [40_000, 100, '40 seconds, 2.5 users per second'],
  [10_000, 0, '10 seconds, 0.0 users per second'],
])('resealing prints slow rates with a decimal place: %d ms, %d users', async (ms, seen, line) => {
  expect(await printed([[ms, report(seen)]])).toContain(line);
});

it.each([0, -5000])('resealing prints no rate when the clock has moved by %d ms', async (ms) => {
  const lines = await printed([[ms, report(100, 'a')]]);
  expect(lines).toContain('100 users checked, up to a');
  expect(lines.join()).not.toMatch(/per second|Infinity|NaN/);
});
