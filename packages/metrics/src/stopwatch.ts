/** How durations are measured. */
export interface StopwatchOptions {
  /** Returns milliseconds that never go back; `performance.now` by default. */
  readonly now?: () => number;
}

/** Starts a stopwatch. It returns the seconds since then. */
export function stopwatch({ now = () => performance.now() }: StopwatchOptions): () => number {
  const started = now();
  return () => Math.max(0, now() - started) / 1000;
}
