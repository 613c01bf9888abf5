/** One row of the table: how ours compares with the other side, measured in the same run. */
export interface Result {
  readonly name: string;
  /** Ours divided by theirs; for counts, the count itself; null where it was not run. */
  readonly ratio: number | null;
  /** What the ratio may be at most; null where it is only told. */
  readonly bound: number | null;
}

/** A row for what this machine could not run. */
export const notRun = (name: string): Result => ({ name, ratio: null, bound: null });

/** Whether a result is within its bound. */
export const isKept = ({ ratio, bound }: Result): boolean => bound === null || ratio === null || ratio <= bound;

/** The median, p50. */
export const median = (samples: readonly number[]): number =>
  samples.toSorted((a, b) => a - b)[Math.floor(samples.length / 2)] ?? Number.NaN;

/** The 99th percentile, p99. */
export const p99 = (samples: readonly number[]): number =>
  samples.toSorted((a, b) => a - b)[Math.floor(samples.length * 0.99)] ?? Number.NaN;

/** Runs all of the work, so many at once, and gives how long each took. */
export async function pool(concurrency: number, work: readonly (() => Promise<unknown>)[]): Promise<number[]> {
  const left = [...work];
  const times: number[] = [];
  const worker = async (): Promise<void> => {
    for (let next = left.shift(); next !== undefined; next = left.shift()) times.push(await timed(next));
  };
  await Promise.all(Array.from({ length: concurrency }, worker));
  return times;
}

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
  const line = (result: Result): string => {
    const { name, ratio, bound } = result;
    const outcome = bound === null ? '' : `${`≤ ${bound}`.padStart(7)}  ${isKept(result) ? 'kept' : 'MISSED'}`;
    return `${name.padEnd(width)}  ${(ratio?.toFixed(2) ?? '-').padStart(7)}  ${outcome}`.trimEnd();
  };
  return [`${''.padEnd(width)}    ratio    bound`, ...results.map(line)].join('\n');
}
