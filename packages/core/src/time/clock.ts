/** Returns the current time in epoch milliseconds. Injected, so that tests can move the time. */
export type Clock = () => number;

/** The machine's time, read at each call. */
export const systemClock: Clock = () => Date.now();
