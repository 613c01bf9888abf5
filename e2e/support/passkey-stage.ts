import { PasskeyFactor, type PasskeyOptions } from '@parse-factors/passkey';
import type { Answer, Person } from '@parse-factors/test-server/parse-server';
import { startStage, type Stage, type StageOptions } from './harness.js';
import { SoftAuthenticator, type Forgery } from './soft-authenticator.js';

export const ORIGIN = 'https://acme.example';

/** A stage whose users may have passkeys, alone as well. */
export const startPasskeyStage = (options: Partial<PasskeyOptions> = {}, stage: StageOptions = {}): Promise<Stage> => {
  const passkey = new PasskeyFactor({ rpId: 'acme.example', origins: [ORIGIN], policy: 'solo', ...options });
  return startStage({ install: true, ...stage, more: { passkey, ...stage.more } });
};

/** What passkeys do over HTTP, by authenticators that can also lie. */
export class PasskeyUser {
  readonly person: Person;
  readonly #stage: Stage;

  constructor(stage: Stage, person: Person) {
    this.#stage = stage;
    this.person = person;
  }

  /** Signs up a user who has no passkey yet. */
  static async signUp(stage: Stage): Promise<PasskeyUser> {
    return new PasskeyUser(stage, await stage.signUp());
  }

  /** Signs up a user with a passkey; with `counter`, one that counts its signatures from there. */
  static async enrolled(stage: Stage, counter?: number): Promise<{ user: PasskeyUser; passkey: SoftAuthenticator }> {
    const user = await PasskeyUser.signUp(stage);
    return { user, passkey: await user.add(new SoftAuthenticator(ORIGIN, counter)) };
  }

  /** Options for the user's own session. */
  begin(payload: unknown = true): Promise<string> {
    return this.#options({ challengeData: { passkey: payload } }, this.person.session);
  }

  /** Options for a login that has proven the password. */
  beginLogin(): Promise<string> {
    const { username, password } = this.person;
    return this.#options({ username, password, challengeData: { passkey: true } });
  }

  /** Options for a sign-in without a password. */
  beginAlone(): Promise<string> {
    return this.#options({ challengeData: { passkey: true } });
  }

  /** Adds a passkey; for one beside another the session must be fresh. */
  async add(authenticator: SoftAuthenticator = new SoftAuthenticator(ORIGIN), name?: string): Promise<SoftAuthenticator> {
    const credential = authenticator.create(await this.begin({ purpose: 'enrolment' }));
    const { status, body } = await this.save({ credential, ...(name !== undefined && { name }) });
    if (status !== 200) throw new Error(`${status} ${JSON.stringify(body)}`);
    return authenticator;
  }

  save(passkey: unknown): Promise<Answer> {
    return this.#stage.save(this.person, { passkey });
  }

  async logIn(authenticator: SoftAuthenticator, forgery?: Forgery): Promise<Answer> {
    return this.#stage.logIn(this.person, { passkey: { credential: authenticator.get(await this.beginLogin(), forgery) } });
  }

  async logInAlone(authenticator: SoftAuthenticator, forgery?: Forgery, id: string = authenticator.handle): Promise<Answer> {
    const credential = authenticator.get(await this.beginAlone(), forgery);
    return this.#stage.call('POST', '/users', { authData: { passkey: { id, credential } } });
  }

  /** Makes the session fresh. */
  async prove(authenticator: SoftAuthenticator): Promise<Answer> {
    return this.save({ credential: authenticator.get(await this.begin({ purpose: 'fresh-proof' })) });
  }

  async #options(body: object, headers?: Record<string, string>): Promise<string> {
    const answer = await this.#stage.challenge(body, headers);
    const { passkey } = (answer.body['challengeData'] ?? {}) as Record<string, Record<string, string>>;
    if (passkey?.['options'] === undefined) throw new Error(JSON.stringify(answer.body));
    return passkey['options'];
  }
}
