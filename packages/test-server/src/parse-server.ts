import type { DatabaseRows } from './database/database-rows.js';
import { createDatabase, openRows } from './database/test-database.js';
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
  /** What the database holds, over a connection separate from Parse Server's own. */
  readonly rows: DatabaseRows;
  call(method: string, path: string, body?: unknown, headers?: Record<string, string>): Promise<Answer>;
  graphql(query: string, variables: object, headers?: Record<string, string>): Promise<Body>;
  signUp(fields?: object): Promise<Person>;
  stop(): Promise<void>;
}

interface RunningParseServer {
  handleShutdown(): Promise<void>;
}

const APP_ID = 'test';

/** Clears the schema cache, which Parse Server keeps in one global for all databases of the process. */
function forgetSchema(): void {
  const cache = requireParseServer('parse-server/lib/Adapters/Cache/SchemaCache.js') as { readonly default: { clear(): void } };
  cache.default.clear();
}

/**
 * Starts a Parse Server on the given database, or on an empty one of that database server. A process can run one at a time,
 * unless they share a database.
 */
export async function startParseServer(databaseServer: string, options: object, databaseUri?: string): Promise<TestServer> {
  process.env['PARSE_SERVER_LOGS_FOLDER'] = 'null';
  const { ParseServer } = requireParseServer('parse-server') as {
    ParseServer: { startApp(options: object): Promise<RunningParseServer> };
  };
  const { appId = APP_ID } = options as { readonly appId?: string };
  const uri = databaseUri ?? (await createDatabase(databaseServer));
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
  return new HttpTestServer(url, uri, await openRows(uri), { server, appId });
}

class HttpTestServer implements TestServer {
  #people = 0;

  constructor(
    readonly url: string,
    readonly databaseUri: string,
    readonly rows: DatabaseRows,
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

  async stop(): Promise<void> {
    await this.running.server.handleShutdown();
    await this.rows.close();
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
