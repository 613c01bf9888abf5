import assert from 'node:assert/strict';
import { randomUUID } from 'node:crypto';

/** A Parse Server that the suite speaks to. */
export interface FactorServer {
  /** Its REST API, such as `http://127.0.0.1:1337/parse`. */
  readonly url: string;
  readonly appId: string;
  /** Stops it. */
  stop(): Promise<void>;
}

/** What the server said. */
export interface ServerAnswer {
  readonly status: number;
  readonly body: Readonly<Record<string, unknown>>;
}

/** The slug of an error, such as `code_rejected`; Parse Server's own errors have none. */
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

  /** Signs somebody up. */
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

  /** Asks the factor for a challenge with the user's session; rejects where it is refused. */
  async challenge(challengeData: unknown): Promise<Readonly<Record<string, string>>> {
    return this.#reply(await this.#call('POST', '/challenge', { challengeData: { [this.#key]: challengeData } }, true));
  }

  /** Asks the factor for a challenge with the user's name and password; rejects where it is refused. */
  async challengeByPassword(): Promise<Readonly<Record<string, string>>> {
    const { username, password } = this;
    return this.#reply(await this.#call('POST', '/challenge', { username, password, challengeData: { [this.#key]: true } }));
  }

  /** Logs in by password, and with this answer where one is given. */
  logIn(answer?: unknown): Promise<ServerAnswer> {
    const { username, password } = this;
    return this.#call('POST', '/login', {
      username,
      password,
      ...(answer !== undefined && { authData: { [this.#key]: answer } }),
    });
  }

  /** Sends something to the factor with the user's session: a confirmation, an answer, or null to remove it. */
  save(payload: unknown): Promise<ServerAnswer> {
    return this.#call('PUT', `/users/${this.id}`, { authData: { [this.#key]: payload } }, true);
  }

  /** What the user sees of himself. */
  async me(): Promise<ServerAnswer['body']> {
    return (await this.#call('GET', '/users/me', undefined, true)).body;
  }

  /** What anybody sees of him. */
  async seenByAll(): Promise<ServerAnswer['body']> {
    return (await this.#call('GET', `/users/${this.id}`)).body;
  }

  #reply({ status, body }: ServerAnswer): Readonly<Record<string, string>> {
    if (status !== 200) throw new Error(JSON.stringify(body));
    return (body['challengeData'] as Record<string, Record<string, string>>)[this.#key] ?? {};
  }

  async #call(method: string, path: string, body?: object, isByHimself = false): Promise<ServerAnswer> {
    const headers: Record<string, string> = isByHimself ? { 'X-Parse-Session-Token': this.#session } : {};
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

/** The texts of a payload that are long enough to be found. */
function sentTexts(value: unknown, key = ''): string[] {
  if (typeof value === 'string') return value.length >= 4 && !['username', '__type', '__op'].includes(key) ? [value] : [];
  if (typeof value !== 'object' || value === null) return [];
  return Object.entries(value).flatMap(([name, inner]) => sentTexts(inner, name));
}
