import { randomUUID } from 'node:crypto';
import pg from 'pg';
import { requireParseServer } from './parse-server-home.js';
import { freePort } from './postgres.js';

/** A reply of the server. */
export interface Answer {
  readonly status: number;
  readonly body: Body;
}

/** A JSON body, with untyped contents for tests. */
export interface Body {
  readonly [name: string]: any; // oxlint-disable-line typescript/no-explicit-any
}

/** A user who has signed up. */
export interface Person {
  readonly id: string;
  readonly username: string;
  readonly password: string;
  /** The headers of their session. */
  readonly session: Record<string, string>;
}

/** A Parse Server with its own database, called over HTTP. */
export interface TestServer {
  readonly url: string;
  readonly databaseUri: string;
  /** A database connection separate from Parse Server's own. */
  readonly sql: pg.Client;
  call(method: string, path: string, body?: unknown, headers?: Record<string, string>): Promise<Answer>;
  graphql(query: string, variables: object, headers?: Record<string, string>): Promise<Body>;
  signUp(fields?: object): Promise<Person>;
  /** Returns everything in the database as text. */
  dump(): Promise<string>;
  stop(): Promise<void>;
}

interface RunningParseServer {
  handleShutdown(): Promise<void>;
}

const APP_ID = 'test';

/** Creates an empty database. */
export async function createDatabase(postgres: string): Promise<string> {
  const name = `test_${randomUUID().replaceAll('-', '')}`;
  const admin = new pg.Client({ connectionString: `${postgres}/postgres` });
  await admin.connect();
  await admin.query(`create database ${name}`);
  await admin.end();
  return `${postgres}/${name}`;
}

/** Clears the schema cache, which Parse Server keeps in one global for all databases of the process. */
function forgetSchema(): void {
  const cache = requireParseServer('parse-server/lib/Adapters/Cache/SchemaCache.js') as { readonly default: { clear(): void } };
  cache.default.clear();
}

/**
 * Starts a Parse Server on the given database, or on an empty one. MongoDB works too, without `sql` and the methods that use
 * it. A process can run one at a time, unless they share a database.
 */
export async function startParseServer(postgres: string, options: object, databaseUri?: string): Promise<TestServer> {
  process.env['PARSE_SERVER_LOGS_FOLDER'] = 'null';
  const { ParseServer } = requireParseServer('parse-server') as {
    ParseServer: { startApp(options: object): Promise<RunningParseServer> };
  };
  const { appId = APP_ID } = options as { readonly appId?: string };
  const uri = databaseUri ?? (await createDatabase(postgres));
  if (databaseUri === undefined) forgetSchema();
  const port = await freePort();
  const url = `http://127.0.0.1:${port}/parse`;
  const server = await ParseServer.startApp({
    databaseURI: uri,
    appId,
    masterKey: 'master',
    port,
    host: '127.0.0.1',
    mountPath: '/parse',
    serverURL: url,
    mountGraphQL: true,
    graphQLPath: '/graphql',
    silent: true,
    logLevel: 'error',
    verbose: false,
    ...options,
  });
  const sql = new pg.Client({ connectionString: uri });
  sql.on('error', () => undefined); // some tests stop the database
  if (uri.startsWith('postgres')) await sql.connect();
  return new HttpTestServer(url, uri, sql, { server, appId });
}

class HttpTestServer implements TestServer {
  #people = 0;

  constructor(
    readonly url: string,
    readonly databaseUri: string,
    readonly sql: pg.Client,
    private readonly running: { readonly server: RunningParseServer; readonly appId: string },
  ) {}

  call(method: string, path: string, body?: unknown, headers: Record<string, string> = {}): Promise<Answer> {
    return this.#fetch(method, `${this.url}${path}`, body, headers);
  }

  async graphql(query: string, variables: object, headers: Record<string, string> = {}): Promise<Body> {
    return (await this.#fetch('POST', this.url.replace(/parse$/, 'graphql'), { query, variables }, headers)).body;
  }

  async signUp(fields: object = {}): Promise<Person> {
    this.#people += 1;
    const username = `person${this.#people}`;
    const password = `password of ${username}`;
    const { status, body } = await this.call('POST', '/users', { username, password, ...fields });
    if (status !== 201) throw new Error(JSON.stringify(body));
    return {
      id: String(body['objectId']),
      username,
      password,
      session: { 'X-Parse-Session-Token': String(body['sessionToken']) },
    };
  }

  async dump(): Promise<string> {
    const tables = await this.sql.query<{ name: string }>(
      `select table_name as name from information_schema.tables where table_schema = 'public'`,
    );
    const rows = await Promise.all(tables.rows.map(({ name }) => this.sql.query(`select to_jsonb(t) as row from "${name}" t`)));
    return JSON.stringify(rows.map((result) => result.rows));
  }

  async stop(): Promise<void> {
    await this.running.server.handleShutdown();
    if (!this.databaseUri.startsWith('postgres')) return;
    // Parse Server does not wait until its own connections are closed.
    const others = 'select 1 from pg_stat_activity where datname = current_database() and pid <> pg_backend_pid()';
    const countOthers = async (): Promise<number> => (await this.sql.query(others)).rowCount ?? 0;
    for (let look = 0; look < 100 && (await countOthers().catch(() => 0)) > 0; look += 1);
    await this.sql.end();
  }

  async #fetch(method: string, url: string, body: unknown, headers: Record<string, string>): Promise<Answer> {
    const response = await fetch(url, {
      method,
      headers: { 'X-Parse-Application-Id': this.running.appId, 'Content-Type': 'application/json', ...headers },
      ...(body === undefined ? {} : { body: typeof body === 'string' ? body : JSON.stringify(body) }),
    });
    return { status: response.status, body: (await response.json()) as Body };
  }
}
