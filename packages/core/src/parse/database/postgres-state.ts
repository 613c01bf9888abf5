import { createHash } from 'node:crypto';
import { NEVER } from '../../store/otp-store.js';
import { type Arguments, type Outcome, RESULT_COLUMNS } from '../../store/rules/language.js';
import { decide } from '../../store/rules/value-language.js';
import type { Verb } from '../../store/rules/verb.js';
import { type Column, COLUMNS, EMPTY_ROW, type SubjectRow } from '../../store/subject-row.js';
import type { ParseStorage } from './parse-database.js';
import { type SqlStatement, sqlStatement } from './sql-language.js';
import type { StateTable } from './state-table.js';

/** A statement, as the driver `pg` takes it. One with a name is prepared once on each connection. */
interface PgQuery {
  readonly name?: string;
  readonly text: string;
  readonly values: readonly unknown[];
  readonly rowMode: 'array';
}

/** The part of a pool of the driver `pg` that is used here. */
interface PgPool {
  query(query: PgQuery): Promise<{ readonly rows: readonly (readonly unknown[])[]; readonly rowCount: number | null }>;
}

/**
 * What Postgres answers where a connection does not know a prepared statement (26000) or knows another of that name (42P05).
 * Poolers such as PgBouncer give every transaction another connection.
 */
const NOT_PREPARED: readonly unknown[] = ['26000', '42P05'];

/** Returns the pool of Parse Server's Postgres adapter; undefined if the adapter is another one. */
export function poolOf(adapter: ParseStorage): PgPool | undefined {
  const { _client: client } = adapter;
  const pool: unknown = client?.$pool;
  return typeof pool === 'object' && pool !== null && 'query' in pool && typeof pool.query === 'function'
    ? (pool as PgPool)
    : undefined;
}

/** The limit of retries. A refusal is looked up again if the row has changed since. */
const MAX_ROUNDS = 8;

/** Names the values of a row. A column that was added later is empty. */
const rowOf = <Name extends Column>(columns: readonly Name[], values: readonly unknown[]): Pick<SubjectRow, Name> =>
  Object.fromEntries(columns.map((column, index) => [column, values[index] ?? EMPTY_ROW[column]])) as Pick<SubjectRow, Name>;

interface Prepared {
  readonly name: string;
  readonly text: string;
}

const prepared = (text: string): Prepared => ({
  // The name depends on the text, because other versions of this package may use the same connection.
  name: `parse_factors_${createHash('sha256').update(text).digest('hex').slice(0, 16)}`,
  text,
});

/** The table of the store on Postgres. Each verb is one prepared statement on the pool that Parse Server has. */
export class PostgresState implements StateTable {
  readonly #pool: PgPool;
  readonly #className: string;
  readonly #statements = new Map<Verb, Prepared & SqlStatement>();
  readonly #read: Prepared;
  readonly #remove: Prepared;
  readonly #removeDead: Prepared;
  #isPrepared = true;

  constructor(pool: PgPool, className: string) {
    this.#pool = pool;
    this.#className = className;
    this.#read = prepared(
      `SELECT ${COLUMNS.map((column) => `"${column}"`).join(', ')} FROM "${className}" WHERE "objectId" = $1`,
    );
    this.#remove = prepared(`DELETE FROM "${className}" WHERE "objectId" = $1`);
    const isDead = `"deadAt" <= $1 AND "codeExpiresAt" IS DISTINCT FROM ${NEVER}`;
    this.#removeDead = prepared(
      `DELETE FROM "${className}" WHERE "objectId" IN (SELECT "objectId" FROM "${className}" WHERE ${isDead} LIMIT $2) AND ${isDead}`,
    );
  }

  async run(verb: Verb, name: string, given: Partial<Arguments>): Promise<Outcome | undefined> {
    const statement = this.#statement(verb);
    for (let round = 0; round < MAX_ROUNDS; round += 1) {
      const { rows } = await this.#query(statement, [name, ...statement.parameters(given)]);
      const [row] = rows;
      if (row !== undefined) return { row: rowOf(RESULT_COLUMNS, row) };
      if (!statement.refuses) return undefined;
      const refusal = await this.#refusal(verb, name, given);
      if (refusal !== undefined) return refusal;
    }
    throw new Error('another caller has changed the row each time');
  }

  /** Why a verb has changed nothing: by the same rule. Returns undefined if the row has changed meanwhile. */
  async #refusal(verb: Verb, name: string, given: Partial<Arguments>): Promise<Outcome | undefined> {
    const [row] = (await this.#query(this.#read, [name])).rows;
    if (row === undefined) return undefined;
    const decided = decide(verb, rowOf(COLUMNS, row), true, given);
    return decided?.written === undefined ? decided?.outcome : undefined;
  }

  async remove(name: string): Promise<void> {
    await this.#query(this.#remove, [name]);
  }

  async removeDead(now: number, batch: number): Promise<number> {
    return (await this.#query(this.#removeDead, [now, batch])).rowCount ?? 0;
  }

  #statement(verb: Verb): Prepared & SqlStatement {
    const known = this.#statements.get(verb);
    if (known !== undefined) return known;
    const statement = sqlStatement(verb, this.#className);
    const made = { ...statement, ...prepared(statement.sql) };
    this.#statements.set(verb, made);
    return made;
  }

  async #query({ name, text }: Prepared, values: readonly unknown[]): ReturnType<PgPool['query']> {
    const query = { text, values, rowMode: 'array' } as const;
    if (!this.#isPrepared) return this.#pool.query(query);
    try {
      return await this.#pool.query({ name, ...query });
    } catch (fault) {
      if (!(fault instanceof Error && 'code' in fault && NOT_PREPARED.includes(fault.code))) throw fault;
      this.#isPrepared = false;
      return this.#pool.query(query);
    }
  }
}
