/** Gives the current time in epoch milliseconds. Injected so that tests move time instead of waiting. */
export type Clock = () => number;

/** The machine's own time, looked up at each call. */
export const systemClock: Clock = () => Date.now();
