import { createHash } from 'node:crypto';
import type { ParseStorage } from './parse-database.js';

/** A statement, as the driver `pg` takes it. One with a name is prepared once on each connection. */
interface PgQuery {
  readonly name?: string;
  readonly text: string;
  readonly values: readonly unknown[];
  readonly rowMode: 'array';
}

/** The part of a pool of the driver `pg` that is used here. */
export interface PgPool {
  query(query: PgQuery): Promise<{ readonly rows: readonly (readonly unknown[])[]; readonly rowCount: number | null }>;
}

/** A statement that is prepared under a name. */
export interface Prepared {
  readonly name: string;
  readonly text: string;
}

/**
 * What Postgres answers where a connection does not know a prepared statement (26000) or knows another of that name (42P05).
 * Poolers such as PgBouncer give every transaction another connection.
 */
const NOT_PREPARED: readonly unknown[] = ['26000', '42P05'];

/** Names a statement. */
export const prepared = (text: string): Prepared => ({
  // The name depends on the text, because other versions of this package may use the same connection.
  name: `parse_factors_${createHash('sha256').update(text).digest('hex').slice(0, 16)}`,
  text,
});

/** Returns the pool of Parse Server's Postgres adapter; undefined if the adapter is another one. */
export function poolOf(adapter: ParseStorage): PgPool | undefined {
  const { _client: client } = adapter;
  const pool: unknown = client?.$pool;
  return typeof pool === 'object' && pool !== null && 'query' in pool && typeof pool.query === 'function'
    ? (pool as PgPool)
    : undefined;
}

/** Runs prepared statements on a pool. After the first error of a pooler, it sends them without a name. */
export class PostgresStatements {
  static readonly #known = new WeakMap<PgPool, PostgresStatements>();
  readonly #pool: PgPool;
  #isPrepared = true;

  private constructor(pool: PgPool) {
    this.#pool = pool;
  }

  /** Returns those of a pool. */
  static of(pool: PgPool): PostgresStatements {
    const known = PostgresStatements.#known.get(pool) ?? new PostgresStatements(pool);
    PostgresStatements.#known.set(pool, known);
    return known;
  }

  async run({ name, text }: Prepared, values: readonly unknown[]): ReturnType<PgPool['query']> {
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
