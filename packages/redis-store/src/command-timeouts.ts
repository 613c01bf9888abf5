/** The error of a command that timed out. */
export class RedisTimeout extends Error {
  override readonly name = 'RedisTimeout';
}

interface PendingCommand {
  readonly deadline: number;
  readonly fail: (cause: RedisTimeout) => void;
}

/**
 * Fails commands that time out, with one timer for all of them. A timer per command would double the cost of a command. All
 * commands have the same timeout, so the oldest is the next to expire.
 */
export class CommandTimeouts {
  readonly #pending = new Set<PendingCommand>();
  #isArmed = false;

  /**
   * Calls `fail` after `timeoutMs` milliseconds.
   * @returns a function that cancels the timeout
   */
  start(timeoutMs: number, fail: (cause: RedisTimeout) => void): () => void {
    const command = { deadline: performance.now() + timeoutMs, fail };
    this.#pending.add(command);
    if (!this.#isArmed) this.#arm(timeoutMs);
    return () => this.#pending.delete(command);
  }

  #arm(milliseconds: number): void {
    this.#isArmed = true;
    // The timer need not keep the process alive: the connection of a running command does.
    setTimeout(() => this.#check(), milliseconds).unref();
  }

  #check(): void {
    const now = performance.now();
    for (const { deadline, fail } of this.#pending) {
      if (deadline > now) return this.#arm(Math.ceil(deadline - now));
      fail(new RedisTimeout());
    }
    this.#isArmed = false;
  }
}
