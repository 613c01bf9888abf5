/** One row of the table: parse-factors compared with another side in the same run. */
export interface Result {
  readonly name: string;
  /** The own time divided by the other side's; for counts, the count itself; null if it was not run. */
  readonly ratio: number | null;
  /** The highest ratio allowed; null if the row has no bound. */
  readonly bound: number | null;
}

/** A row for a part that this machine could not run. */
export const notRun = (name: string): Result => ({ name, ratio: null, bound: null });

/** Whether a result is within its bound. */
export const isKept = ({ ratio, bound }: Result): boolean => bound === null || ratio === null || ratio <= bound;

/** Returns the median, p50. */
export const median = (samples: readonly number[]): number =>
  samples.toSorted((a, b) => a - b)[Math.floor(samples.length / 2)] ?? Number.NaN;

/** Returns the 99th percentile, p99. */
export const p99 = (samples: readonly number[]): number =>
  samples.toSorted((a, b) => a - b)[Math.floor(samples.length * 0.99)] ?? Number.NaN;

/** Runs all work with this concurrency. Returns how long each took, in milliseconds. */
export async function pool(concurrency: number, work: readonly (() => Promise<unknown>)[]): Promise<number[]> {
  const left = [...work];
  const times: number[] = [];
  const worker = async (): Promise<void> => {
    for (let next = left.shift(); next !== undefined; next = left.shift()) times.push(await timed(next));
  };
  await Promise.all(Array.from({ length: concurrency }, worker));
  return times;
}

/** Returns how long the work takes, in milliseconds. */
export async function timed(work: () => Promise<unknown>): Promise<number> {
  const start = performance.now();
  await work();
  return performance.now() - start;
}

/**
 * Runs both sides alternately. Returns for every round the median of `ours` and that of `theirs`. Other load of the machine affects
 * both sides of a round equally.
 */
export async function pairedTimes(
  rounds: number,
  ours: () => Promise<readonly number[]>,
  theirs: () => Promise<readonly number[]>,
): Promise<(readonly [our: number, their: number])[]> {
  const times: (readonly [number, number])[] = [];
  for (let round = 0; round < rounds; round += 1) {
    const [first, second] = round % 2 === 0 ? [ours, theirs] : [theirs, ours];
    const [one, other] = [median(await first()), median(await second())];
    times.push(round % 2 === 0 ? [one, other] : [other, one]);
  }
  return times;
}

/** As {@link pairedTimes}. Returns for every round the time of `ours` divided by that of `theirs`. */
export const pairedRatios = async (...sides: Parameters<typeof pairedTimes>): Promise<number[]> =>
  (await pairedTimes(...sides)).map(([our, their]) => our / their);

/** Formats the results as a table. */
export function table(results: readonly Result[]): string {
  const width = Math.max(...results.map(({ name }) => name.length));
  const line = (result: Result): string => {
    const { name, ratio, bound } = result;
    const outcome = bound === null ? '' : `${`≤ ${bound}`.padStart(7)}  ${isKept(result) ? 'kept' : 'MISSED'}`;
    return `${name.padEnd(width)}  ${(ratio?.toFixed(2) ?? '-').padStart(7)}  ${outcome}`.trimEnd();
  };
  return [`${''.padEnd(width)}    ratio    bound`, ...results.map(line)].join('\n');
}
