/** A command that took too long. */
export class RedisTimeout extends Error {
  override readonly name = 'RedisTimeout';
}

interface Watched {
  readonly deadline: number;
  readonly fail: (cause: RedisTimeout) => void;
}

/**
 * Ends commands that take too long, with one timer for all of them: to set and clear one for each costs as much as
 * everything else that is done for a command. All have the same time, so the oldest is the next to be too late.
 */
export class Watch {
  readonly #watched = new Set<Watched>();
  #isArmed = false;

  /**
   * Calls `fail` when so many milliseconds have passed.
   *
   * @returns ends the watch over it
   */
  over(timeoutMs: number, fail: (cause: RedisTimeout) => void): () => void {
    const watched = { deadline: performance.now() + timeoutMs, fail };
    this.#watched.add(watched);
    if (!this.#isArmed) this.#arm(timeoutMs);
    return () => this.#watched.delete(watched);
  }

  #arm(milliseconds: number): void {
    this.#isArmed = true;
    // While a command is under way, its connection keeps the process alive.
    setTimeout(() => this.#check(), milliseconds).unref();
  }

  #check(): void {
    const now = performance.now();
    for (const { deadline, fail } of this.#watched) {
      if (deadline > now) return this.#arm(Math.ceil(deadline - now));
      fail(new RedisTimeout());
    }
    this.#isArmed = false;
  }
}
