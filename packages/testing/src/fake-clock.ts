/** A clock that stands still until a test moves it. Pass it wherever a `Clock` is expected. */
export interface FakeClock {
  /** The time in epoch milliseconds. */
  (): number;
  /** Moves the clock by this many milliseconds; a negative number moves it back. */
  advance(milliseconds: number): void;
  /** Sets the clock to a time in epoch milliseconds. */
  set(time: number): void;
}

/**
 * Creates a clock for tests.
 * @param start its first time in epoch milliseconds; 1 January 2030 (UTC) by default
 */
export function fakeClock(start: number = Date.UTC(2030, 0, 1)): FakeClock {
  let now = start;
  const read = (): number => now;
  return Object.assign(read, {
    advance: (milliseconds: number): void => {
      now += milliseconds;
    },
    set: (time: number): void => {
      now = time;
    },
  });
}
