import { expect, it } from 'vitest';
import { RowWriter } from './row-writer.js';

/** Waits for no further rows. */
const next = (): Promise<void> => new Promise((resolve) => setImmediate(resolve));

/** A database that holds each statement until it is let go. */
class HeldDatabase {
  readonly statements: (readonly string[])[] = [];
  readonly #held: (() => void)[] = [];

  readonly create = async (rows: readonly string[]): Promise<void> => {
    this.statements.push(rows);
    await new Promise<void>((resolve) => this.#held.push(resolve));
    if (rows.includes('bad')) throw new Error('bad row');
  };

  /** Lets go of statements until none is held. */
  async letGo(): Promise<void> {
    for (let letOne = this.#held.shift(); letOne !== undefined; letOne = this.#held.shift()) {
      letOne();
      await next();
      await next();
    }
  }
}

it('rows that come while others are being written are written together, in their order, and each is told', async () => {
  const [writer, database] = [new RowWriter<string>(next), new HeldDatabase()];
  const told = ['a', 'b', 'c', 'd'].map((row) => writer.write(row, database.create).then(() => row));
  expect(database.statements).toEqual([['a']]);
  await database.letGo();
  expect(await Promise.all(told)).toEqual(['a', 'b', 'c', 'd']);
  expect(database.statements).toEqual([['a'], ['b', 'c', 'd']]);
  const later = writer.write('e', database.create);
  await database.letGo();
  await later;
  expect(database.statements).toHaveLength(3);
});

it('rows that come soon after a statement wait for others: the longer, the more rows it had, and the first of all not', async () => {
  let endGathering: () => void = () => undefined;
  const waits: number[] = [];
  const wait = (milliseconds: number): Promise<void> => {
    waits.push(milliseconds);
    return new Promise((resolve) => (endGathering = resolve));
  };
  const writer = new RowWriter<string>(wait);
  const statements: (readonly string[])[] = [];
  const write = (row: string): Promise<void> => writer.write(row, async (rows) => void statements.push(rows));
  await write('a');
  const told = Promise.all([write('b'), next().then(() => write('c'))]);
  await next();
  expect(statements).toEqual([['a']]);
  endGathering();
  await told;
  expect(statements).toEqual([['a'], ['b', 'c']]);
  await next();
  endGathering(); // without a row: the next one is the first again
  await next();
  await write('d');
  expect(statements).toEqual([['a'], ['b', 'c'], ['d']]);
  const many = Promise.all(Array.from({ length: 100 }, (_, row) => write(String(row))));
  await next();
  endGathering();
  await many;
  await next();
  expect(waits).toEqual([2, 4, 2, 50]);
});

it('a row that cannot be written is told so, and takes no other with it', async () => {
  const [writer, database] = [new RowWriter<string>(next), new HeldDatabase()];
  const told = Promise.allSettled(['a', 'b', 'bad', 'c'].map((row) => writer.write(row, database.create)));
  await database.letGo();
  expect((await told).map(({ status }) => status)).toEqual(['fulfilled', 'fulfilled', 'rejected', 'fulfilled']);
  expect(database.statements).toEqual([['a'], ['b', 'bad', 'c'], ['b'], ['bad'], ['c']]);
});

it('at most 10,000 rows wait for a silent database, and at most 200 are written together', async () => {
  const [writer, database] = [new RowWriter<string>(next), new HeldDatabase()];
  const told = Array.from({ length: 12_000 }, (_, row) => writer.write(String(row), database.create));
  const settled = Promise.allSettled(told);
  await database.letGo();
  const refused = (await settled).filter(({ status }) => status === 'rejected');
  expect(refused).toHaveLength(1999);
  expect([database.statements.length, Math.max(...database.statements.map((rows) => rows.length))]).toEqual([51, 200]);
});
