/** Gives the current time in epoch milliseconds. Injected so that tests move time instead of waiting. */
export type Clock = () => number;
