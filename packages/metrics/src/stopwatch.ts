/** How durations are measured. */
export interface StopwatchOptions {
  /** Returns milliseconds that never go back; `performance.now` by default. */
  readonly now?: () => number;
}

/** What is measured, and where to. */
export interface Measurement {
  readonly options: StopwatchOptions;
  /**
   * Records the duration in seconds, and the fault if there was one. An error that it throws is dropped: otherwise a message that
   * was accepted would count as failed, and `failover` would send it again.
   */
  readonly record: (seconds: number, failed?: { readonly fault: unknown }) => void;
}

/** Runs the work and records it. It ends as the work does. */
export async function measured<Result>(
  { options, record }: Measurement,
  work: () => Result | PromiseLike<Result>,
): Promise<Result> {
  const { now = monotonic } = options;
  const started = now();
  let failed: { readonly fault: unknown } | undefined;
  try {
    return await work();
  } catch (fault) {
    failed = { fault };
    throw fault;
  } finally {
    try {
      record(Math.max(0, now() - started) / 1000, failed);
    } catch {
      // See `record`.
    }
  }
}

const monotonic = (): number => performance.now();
