/** How durations are measured. */
export interface StopwatchOptions {
  /** Returns milliseconds that never go back; `performance.now` by default. */
  readonly now?: () => number;
}

/** Starts a stopwatch. It returns the seconds since then. */
function stopwatch({ now = () => performance.now() }: StopwatchOptions): () => number {
  const started = now();
  return () => Math.max(0, now() - started) / 1000;
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
  const seconds = stopwatch(options);
  const settle = (failed?: { readonly fault: unknown }): void => {
    try {
      record(seconds(), failed);
    } catch {
      // See `record`.
    }
  };
  let result: Result;
  try {
    result = await work();
  } catch (fault) {
    settle({ fault });
    throw fault;
  }
  settle();
  return result;
}
