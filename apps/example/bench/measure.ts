/** One row of the table: how ours compares with the other side, measured in the same run. */
export interface Result {
  readonly name: string;
  /** Ours divided by theirs; for counts, the count itself. */
  readonly ratio: number;
  /** What the ratio may be at most. */
  readonly bound: number;
}

/** The median, p50. */
export const median = (samples: readonly number[]): number =>
  samples.toSorted((a, b) => a - b)[Math.floor(samples.length / 2)] ?? Number.NaN;

/** Milliseconds that the work takes. */
export async function timed(work: () => Promise<unknown>): Promise<number> {
  const start = performance.now();
  await work();
  return performance.now() - start;
}

/**
 * Runs both sides in turn and gives, for every round, the median of ours divided by that of
 * theirs. Whatever else the machine does falls on both sides of a round.
 */
export async function pairedRatios(
  rounds: number,
  ours: () => Promise<readonly number[]>,
  theirs: () => Promise<readonly number[]>,
): Promise<number[]> {
  const ratios: number[] = [];
  for (let round = 0; round < rounds; round += 1) {
    const [first, second] = round % 2 === 0 ? [ours, theirs] : [theirs, ours];
    const [one, other] = [median(await first()), median(await second())];
    ratios.push(round % 2 === 0 ? one / other : other / one);
  }
  return ratios;
}

/** The table as people read it. */
export function table(results: readonly Result[]): string {
  const width = Math.max(...results.map(({ name }) => name.length));
  const line = ({ name, ratio, bound }: Result): string =>
    `${name.padEnd(width)}  ${ratio.toFixed(2).padStart(6)}  ${`≤ ${bound}`.padStart(7)}  ${ratio <= bound ? 'kept' : 'MISSED'}`;
  return [`${''.padEnd(width)}   ratio    bound`, ...results.map(line)].join('\n');
}
