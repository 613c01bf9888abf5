import { setTimeout } from 'node:timers/promises';

/** Most rows that one statement creates. */
const MAX_TOGETHER = 200;
/** Most rows that wait, while the database is slow or silent. Further ones are refused (resource exhaustion, CWE-770). */
const MAX_WAITING = 10_000;
/**
 * How long further rows wait for others after a statement, in milliseconds for each of its rows. So they wait long only under load,
 * where a statement costs more than its rows.
 */
const GATHER_MS_PER_ROW = 2;
/** How long they wait at most, in milliseconds. */
const MAX_GATHER_MS = 50;

interface Waiting<Row> {
  readonly row: Row;
  readonly settle: (fault?: unknown) => void;
}

/**
 * Writes rows that no reply waits for. The first is written at once. Those that come while others are being written, or soon after,
 * are written together (group commit), so that many of them cost little, and take one connection of the database.
 */
export class RowWriter<Row> {
  readonly #waiting: Waiting<Row>[] = [];
  #create: ((rows: readonly Row[]) => Promise<void>) | undefined;
  readonly #wait: (milliseconds: number) => Promise<unknown>;
  #isWriting = false;

  /** @param wait waits for further rows */
  constructor(wait: (milliseconds: number) => Promise<unknown> = setTimeout) {
    this.#wait = wait;
  }

  /**
   * Writes a row.
   *
   * @param create creates rows, all or none; the last caller's is used
   * @throws the fault of its own row, or if 10,000 rows wait
   */
  write(row: Row, create: (rows: readonly Row[]) => Promise<void>): Promise<void> {
    if (this.#waiting.length >= MAX_WAITING) return Promise.reject(new Error('too many rows wait'));
    this.#create = create;
    return new Promise((resolve, reject) => {
      this.#waiting.push({ row, settle: (fault) => (fault === undefined ? resolve() : reject(fault)) });
      if (!this.#isWriting) void this.#writeAll();
    });
  }

  async #writeAll(): Promise<void> {
    this.#isWriting = true;
    for (let group = this.#next(); group.length > 0; group = this.#next()) {
      const fault = await this.#attempt(group);
      if (fault === undefined) for (const { settle } of group) settle();
      else if (group.length === 1) group[0]?.settle(fault);
      // One row that cannot be written must not take the others with it.
      else for (const each of group) each.settle(await this.#attempt([each]));
      if (this.#waiting.length < MAX_TOGETHER) await this.#wait(Math.min(group.length * GATHER_MS_PER_ROW, MAX_GATHER_MS));
    }
    this.#isWriting = false; // in the same step as the check above: a later row begins anew
  }

  #next(): readonly Waiting<Row>[] {
    return this.#waiting.splice(0, MAX_TOGETHER);
  }

  /** Returns the fault, if there was one. */
  async #attempt(group: readonly Waiting<Row>[]): Promise<unknown> {
    try {
      await this.#create?.(group.map(({ row }) => row));
      return undefined;
    } catch (fault) {
      return fault ?? new Error('unknown fault');
    }
  }
}
