/** The error of a command that timed out. */
export class CommandTimeout extends Error {
  override readonly name = 'CommandTimeout';
}

interface PendingCommand {
  readonly deadline: number;
  readonly fail: (cause: CommandTimeout) => void;
}

/**
 * Fails commands that time out, with one timer for all of them. A timer per command would double the cost of a command. All
 * commands have the same timeout, so the oldest is the next to expire.
 */
export class CommandTimeouts {
  readonly #timeoutMs: number;
  readonly #pending = new Set<PendingCommand>();
  #isArmed = false;

  /** @param timeoutMs the timeout of each command, in milliseconds */
  constructor(timeoutMs: number) {
    this.#timeoutMs = timeoutMs;
  }

  /**
   * Calls `fail` when the time of a command is over.
   *
   * @returns a function that cancels the timeout
   */
  start(fail: (cause: CommandTimeout) => void): () => void {
    const command = { deadline: performance.now() + this.#timeoutMs, fail };
    this.#pending.add(command);
    if (!this.#isArmed) this.#arm(this.#timeoutMs);
    return () => this.#pending.delete(command);
  }

  /** Runs a command. Rejects with {@link CommandTimeout} when its time is over; the command may go on. */
  within<Result>(command: () => Promise<Result>): Promise<Result> {
    return new Promise((resolve, reject) => {
      const cancel = this.start(reject);
      command().then(
        (result) => {
          cancel();
          resolve(result);
        },
        (fault: unknown) => {
          cancel();
          reject(fault);
        },
      );
    });
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
      fail(new CommandTimeout());
    }
    this.#isArmed = false;
  }
}
