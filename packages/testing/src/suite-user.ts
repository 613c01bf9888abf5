import assert from 'node:assert/strict';
import { randomUUID } from 'node:crypto';

/** The Parse Server that the suite tests. */
export interface FactorServer {
  /** The URL of its REST API, such as `http://127.0.0.1:1337/parse`. */
  readonly url: string;
  readonly appId: string;
  /** Stops it. */
  stop(): Promise<void>;
}

/** A reply of the server. */
export interface ServerAnswer {
  readonly status: number;
  readonly body: Readonly<Record<string, unknown>>;
}

/** Returns the slug of an error, such as `code_rejected`. Parse Server's own errors have none. */
export const slugOf = ({ body }: ServerAnswer): string => /^([a-z_]+): /.exec(String(body['error']))?.[1] ?? '';

/** A user of the suite, with a session. */
export class SuiteUser {
  readonly id: string;
  readonly username: string;
  readonly password: string;
  readonly #server: FactorServer;
  readonly #key: string;
  readonly #session: string;

  private constructor(
    server: FactorServer,
    key: string,
    fields: Readonly<Record<'id' | 'username' | 'password' | 'session', string>>,
  ) {
    this.#server = server;
    this.#key = key;
    this.id = fields.id;
    this.username = fields.username;
    this.password = fields.password;
    this.#session = fields.session;
  }

  /** Signs up a new user. */
  static async signUp(server: FactorServer, key: string): Promise<SuiteUser> {
    const [username, password] = [`user-${randomUUID()}`, randomUUID()];
    const { status, body } = await call(server, 'POST', '/users', { username, password });
    assert.equal(status, 201, JSON.stringify(body));
    return new SuiteUser(server, key, {
      username,
      password,
      id: String(body['objectId']),
      session: String(body['sessionToken']),
    });
  }

  /** Asks the factor for a challenge with the user's session. Rejects if the server refuses. */
  async challenge(challengeData: unknown): Promise<Readonly<Record<string, string>>> {
    return this.#reply(await this.#call('POST', '/challenge', { challengeData: { [this.#key]: challengeData } }, true));
  }

  /** Asks the factor for a challenge with the user name and password. Rejects if the server refuses. */
  async challengeByPassword(): Promise<Readonly<Record<string, string>>> {
    const { username, password } = this;
    return this.#reply(await this.#call('POST', '/challenge', { username, password, challengeData: { [this.#key]: true } }));
  }

  /** Logs in with the password, and with an answer if there is one. */
  logIn(answer?: unknown): Promise<ServerAnswer> {
    const { username, password } = this;
    return this.#call('POST', '/login', {
      username,
      password,
      ...(answer !== undefined && { authData: { [this.#key]: answer } }),
    });
  }

  /** Sends a payload to the factor with the user's session: a confirmation, an answer, or null to remove the factor. */
  save(payload: unknown): Promise<ServerAnswer> {
    return this.#call('PUT', `/users/${this.id}`, { authData: { [this.#key]: payload } }, true);
  }

  /** Returns what the user sees of their own account. */
  async me(): Promise<ServerAnswer['body']> {
    return (await this.#call('GET', '/users/me', undefined, true)).body;
  }

  /** Returns what a client without a session sees of the user. */
  async seenByAll(): Promise<ServerAnswer['body']> {
    return (await this.#call('GET', `/users/${this.id}`)).body;
  }

  #reply({ status, body }: ServerAnswer): Readonly<Record<string, string>> {
    if (status !== 200) throw new Error(JSON.stringify(body));
    return (body['challengeData'] as Record<string, Record<string, string>>)[this.#key] ?? {};
  }

  async #call(method: string, path: string, body?: object, hasSession = false): Promise<ServerAnswer> {
    const headers: Record<string, string> = hasSession ? { 'X-Parse-Session-Token': this.#session } : {};
    const answer = await call(this.#server, method, path, body, headers);
    if (answer.status >= 400) {
      const text = JSON.stringify(answer.body);
      for (const secret of [this.password, this.#session, ...sentTexts(body)]) {
        assert.ok(!text.includes(secret), `an error holds what was sent: ${text.slice(0, 500)}`);
      }
    }
    return answer;
  }
}

async function call(
  { url, appId }: FactorServer,
  method: string,
  path: string,
  body?: object,
  headers: Record<string, string> = {},
): Promise<ServerAnswer> {
  const response = await fetch(`${url}${path}`, {
    method,
    headers: { 'X-Parse-Application-Id': appId, 'Content-Type': 'application/json', ...headers },
    ...(body !== undefined && { body: JSON.stringify(body) }),
  });
  return { status: response.status, body: (await response.json()) as ServerAnswer['body'] };
}

/** Returns the texts of a payload that are long enough to search for. */
function sentTexts(value: unknown, key = ''): string[] {
  if (typeof value === 'string') return value.length >= 4 && !['username', '__type', '__op'].includes(key) ? [value] : [];
  if (typeof value !== 'object' || value === null) return [];
  return Object.entries(value).flatMap(([name, inner]) => sentTexts(inner, name));
}
