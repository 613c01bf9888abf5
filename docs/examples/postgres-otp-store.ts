import { RowOtpStore, type Clock, type RowStep, type SubjectRow } from '@parse-factors/core/store';
import type { Pool } from 'pg';

/** Keeps the state of factors in a Postgres table, one row per name. */
export class PostgresOtpStore extends RowOtpStore {
  readonly #pool: Pool;

  constructor(pool: Pool, options?: { readonly clock?: Clock }) {
    super(options);
    this.#pool = pool;
  }

  /** Creates the table. Call it once, before the server starts. */
  async setUp(): Promise<void> {
    await this.#pool.query(
      'create table if not exists factor_rows (name text primary key, state json not null, dead_at bigint not null)',
    );
    await this.#pool.query('create index if not exists factor_rows_dead_at on factor_rows (dead_at)');
  }

  protected override async change<Result>(name: string, step: RowStep<Result>): Promise<Result> {
    const client = await this.#pool.connect();
    try {
      await client.query('begin');
      // Locks the name, even if it has no row yet.
      await client.query('select pg_advisory_xact_lock(hashtextextended($1, 0))', [name]);
      const { rows } = await client.query<{ state: SubjectRow }>('select state from factor_rows where name = $1', [name]);
      const { result, row } = step(rows[0]?.state);
      if (row !== undefined) {
        await client.query(
          `insert into factor_rows values ($1, $2, $3)
           on conflict (name) do update set state = excluded.state, dead_at = excluded.dead_at`,
          [name, JSON.stringify(row), row.deadAt],
        );
      }
      await client.query('commit');
      client.release();
      return result;
    } catch (fault) {
      client.release(true); // closes the connection, which ends the transaction
      throw fault;
    }
  }

  protected override async remove(name: string): Promise<void> {
    await this.#pool.query('delete from factor_rows where name = $1', [name]);
  }

  protected override async removeDead(now: number, batch: number): Promise<number> {
    const { rowCount } = await this.#pool.query(
      'delete from factor_rows where name in (select name from factor_rows where dead_at <= $1 limit $2) and dead_at <= $1',
      [now, batch],
    );
    return rowCount ?? 0;
  }
}
