import pg from 'pg';
import type { DatabaseRows, Row, RowFilter } from './database-rows.js';

/** Numbers its parameters from `first` on: `"a" = $1 and "b" = $2`. */
const assignments = (columns: object, first: number, between: string): string =>
  Object.keys(columns)
    .map((name, index) => `"${name}" = $${index + first}`)
    .join(between);

const condition = (filter: RowFilter, first = 1): string =>
  Object.keys(filter).length === 0 ? 'true' : assignments(filter, first, ' and ');

/** The rows of a database on Postgres. */
export class PostgresRows implements DatabaseRows {
  /** A connection separate from Parse Server's own. */
  readonly sql: pg.Client;

  private constructor(sql: pg.Client) {
    this.sql = sql;
  }

  static async open(uri: string): Promise<PostgresRows> {
    const sql = new pg.Client({ connectionString: uri });
    sql.on('error', () => undefined); // some tests stop the database
    await sql.connect();
    return new PostgresRows(sql);
  }

  async find(className: string, filter: RowFilter = {}): Promise<readonly Row[]> {
    const text = `select * from "${className}" where ${condition(filter)} order by "objectId"`;
    return (await this.sql.query<Row>(text, Object.values(filter))).rows;
  }

  async insert(className: string, rows: readonly Row[]): Promise<void> {
    const text = `insert into "${className}" select * from json_populate_recordset(null::"${className}", $1::json)`;
    await this.sql.query(text, [JSON.stringify(rows)]);
  }

  async update(className: string, filter: RowFilter, values: Row): Promise<void> {
    const set = assignments(values, 1, ', ');
    const where = condition(filter, 1 + Object.keys(values).length);
    const written = Object.values(values).map((value) => (Array.isArray(value) ? JSON.stringify(value) : value)); // columns of JSON
    await this.sql.query(`update "${className}" set ${set} where ${where}`, [...written, ...Object.values(filter)]);
  }

  async delete(className: string, filter: RowFilter = {}): Promise<void> {
    await this.sql.query(`delete from "${className}" where ${condition(filter)}`, Object.values(filter));
  }

  async hasClass(className: string): Promise<boolean> {
    return (await this.sql.query(`select 1 from "_SCHEMA" where "className" = $1`, [className])).rowCount === 1;
  }

  async dropClass(className: string): Promise<void> {
    await this.sql.query(`drop table "${className}"`);
    await this.sql.query(`delete from "_SCHEMA" where "className" = $1`, [className]);
  }

  async setPermissions(className: string, permissions: object): Promise<void> {
    const schema = `jsonb_set("schema", '{classLevelPermissions}', $2::jsonb)`;
    const text = `update "_SCHEMA" set "schema" = ${schema} where "className" = $1`;
    await this.sql.query(text, [className, JSON.stringify(permissions)]);
  }

  async dump(): Promise<string> {
    const tables = await this.sql.query<{ name: string }>(
      `select table_name as name from information_schema.tables where table_schema = 'public'`,
    );
    const rows = await Promise.all(tables.rows.map(({ name }) => this.sql.query(`select to_jsonb(t) as row from "${name}" t`)));
    return JSON.stringify(rows.map((result) => result.rows));
  }

  /** Waits until Parse Server's own connections are closed: it does not. */
  async close(): Promise<void> {
    const others = 'select 1 from pg_stat_activity where datname = current_database() and pid <> pg_backend_pid()';
    const countOthers = async (): Promise<number> => (await this.sql.query(others)).rowCount ?? 0;
    for (let look = 0; look < 100 && (await countOthers().catch(() => 0)) > 0; look += 1);
    await this.sql.end();
  }
}

/** The SQL connection of a test server, for tests of what only Postgres has, such as row locks. Throws on MongoDB. */
export function sqlOf({ rows }: { readonly rows: DatabaseRows }): pg.Client {
  if (rows instanceof PostgresRows) return rows.sql;
  throw new Error('There is no SQL on MongoDB. Run this test on Postgres alone.');
}
