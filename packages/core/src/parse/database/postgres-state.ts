import { NEVER } from '../../store/otp-store.js';
import { type Arguments, type Outcome, RESULT_COLUMNS } from '../../store/rules/language.js';
import { decide } from '../../store/rules/value-language.js';
import type { Verb } from '../../store/rules/verb.js';
import { type Column, COLUMNS, EMPTY_ROW, type SubjectRow } from '../../store/subject-row.js';
import { type PgPool, type Prepared, prepared, PostgresStatements } from './postgres-statements.js';
import { type SqlStatement, sqlStatement } from './sql-language.js';
import type { StateTable } from './state-table.js';

/** The limit of retries. A refusal is looked up again if the row has changed since. */
const MAX_ROUNDS = 8;

/** Names the values of a row. A column that was added later is empty. */
const rowOf = <Name extends Column>(columns: readonly Name[], values: readonly unknown[]): Pick<SubjectRow, Name> =>
  Object.fromEntries(columns.map((column, index) => [column, values[index] ?? EMPTY_ROW[column]])) as Pick<SubjectRow, Name>;

/** The table of the store on Postgres. Each verb is one prepared statement on the pool that Parse Server has. */
export class PostgresState implements StateTable {
  readonly #statements: PostgresStatements;
  readonly #className: string;
  readonly #verbs = new Map<Verb, Prepared & SqlStatement>();
  readonly #read: Prepared;
  readonly #remove: Prepared;
  readonly #removeDead: Prepared;

  constructor(pool: PgPool, className: string) {
    this.#statements = PostgresStatements.of(pool);
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
      const { rows } = await this.#statements.run(statement, [name, ...statement.parameters(given)]);
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
    const [row] = (await this.#statements.run(this.#read, [name])).rows;
    if (row === undefined) return undefined;
    const decided = decide(verb, rowOf(COLUMNS, row), true, given);
    return decided?.written === undefined ? decided?.outcome : undefined;
  }

  async remove(name: string): Promise<void> {
    await this.#statements.run(this.#remove, [name]);
  }

  async removeDead(now: number, batch: number): Promise<number> {
    return (await this.#statements.run(this.#removeDead, [now, batch])).rowCount ?? 0;
  }

  #statement(verb: Verb): Prepared & SqlStatement {
    const known = this.#verbs.get(verb);
    if (known !== undefined) return known;
    const statement = sqlStatement(verb, this.#className);
    const made = { ...statement, ...prepared(statement.sql) };
    this.#verbs.set(verb, made);
    return made;
  }
}
