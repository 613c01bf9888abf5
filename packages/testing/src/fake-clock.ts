/** A clock that stands still until it is moved. It is a `Clock`: pass it where one is asked for. */
export interface FakeClock {
  /** The time in epoch milliseconds. */
  (): number;
  /** Moves it by so many milliseconds, back where negative. */
  advance(milliseconds: number): void;
  /** Sets it to that time in epoch milliseconds. */
  set(time: number): void;
}

/**
 * Makes a clock for tests.
 *
 * @param start where it stands in epoch milliseconds; the first of January 2030 by default
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
