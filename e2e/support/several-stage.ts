import { RecoveryCodesFactor } from '@parse-factors/recovery-codes';
import { TrustedDeviceFactor } from '@parse-factors/trusted-device';
import type { Answer, Person } from '@parse-factors/test-server/parse-server';
import { expect } from 'vitest';
import { startStage, type Stage, type StageOptions } from './harness.js';
import { MINUTE } from './time.js';

/** One of the authenticators of a user, as the user sees it. */
export interface ShownAuthenticator {
  readonly id: string;
  readonly name: string;
  readonly addedAt?: string;
  readonly destination?: string;
}

/** The options of a server whose users may have that many authenticators of a kind. */
export const severalOptions = (max: number, options: StageOptions = {}): StageOptions => ({
  install: { adminFunctions: true },
  ...options,
  sms: { maxAuthenticators: max, ...options.sms },
  mail: { maxAuthenticators: max, ...options.mail },
  totp: { maxAuthenticators: max, ...options.totp },
  more: { recovery: new RecoveryCodesFactor(), device: new TrustedDeviceFactor(), ...options.more },
});

/** A user with several authenticators. */
export class SeveralUser {
  constructor(
    readonly stage: Stage,
    readonly person: Person,
  ) {}

  static async signUp(stage: Stage, fields?: object): Promise<SeveralUser> {
    return new SeveralUser(stage, await stage.signUp(fields));
  }

  /** What the user sees of their authenticators. */
  async shown(key: string): Promise<readonly ShownAuthenticator[]> {
    const { authenticators } = await this.status(key);
    return JSON.parse(String(authenticators)) as readonly ShownAuthenticator[];
  }

  /** What the user sees of the factor. */
  async status(key: string): Promise<Readonly<Record<string, string>>> {
    const { body } = await this.stage.call('GET', '/users/me', undefined, this.person.session);
    return body['authData'][key] as Record<string, string>;
  }

  /** The id of the authenticator with that name. */
  async idOf(key: string, name: string): Promise<string> {
    const found = (await this.shown(key)).find((each) => each.name === name);
    if (found === undefined) throw new Error(`nothing is called ${name}`);
    return found.id;
  }

  /** Begins the set-up of an app. The session must be fresh, or it is the first. */
  async beginApp(payload: unknown = true): Promise<string> {
    const { status, body } = await this.stage.challenge({ challengeData: { totp: payload } }, this.person.session);
    if (status !== 200) throw new Error(JSON.stringify(body));
    return String(body['challengeData'].totp.secret);
  }

  /** Sets up an app, and returns its secret. A minute passes, so that its next code is unused. */
  async addApp(name: string): Promise<string> {
    const secret = await this.beginApp();
    const confirmed = await this.save({ totp: { code: this.stage.totp(secret), name } });
    expect(confirmed, JSON.stringify(confirmed.body)).toMatchObject({ status: 200 });
    this.stage.time.now += MINUTE;
    return secret;
  }

  /** Adds a phone number. The session must be fresh, or it is the first. */
  async addPhone(phone: string, name: string): Promise<void> {
    const code = await this.sendTo({ otp: { phone } });
    const confirmed = await this.save({ otp: { phone, code, name } });
    expect(confirmed, JSON.stringify(confirmed.body)).toMatchObject({ status: 200 });
    this.stage.time.now += MINUTE;
  }

  /** Adds an email address. */
  async addEmail(email: string, name: string): Promise<void> {
    const code = await this.sendTo({ email: { email } });
    const confirmed = await this.save({ email: { email, code, name } });
    expect(confirmed, JSON.stringify(confirmed.body)).toMatchObject({ status: 200 });
    this.stage.time.now += MINUTE;
  }

  /** Asks with the session for a code, and returns it. */
  async sendTo(challengeData: Readonly<Record<string, unknown>>): Promise<string> {
    const { status, body } = await this.stage.challenge({ challengeData }, this.person.session);
    if (status !== 200) throw new Error(JSON.stringify(body));
    return this.stage.lastCode('otp' in challengeData ? this.stage.sms : this.stage.mail);
  }

  /** Asks with the password for a code. */
  ask(challengeData: object): Promise<Answer> {
    const { username, password } = this.person;
    return this.stage.challenge({ username, password, challengeData });
  }

  /** Asks with the password for a code, and returns it. */
  async codeFor(challengeData: Readonly<Record<string, unknown>>): Promise<string> {
    const { status, body } = await this.ask(challengeData);
    if (status !== 200) throw new Error(JSON.stringify(body));
    return this.stage.lastCode('otp' in challengeData ? this.stage.sms : this.stage.mail);
  }

  save(authData: object): Promise<Answer> {
    return this.stage.save(this.person, authData);
  }

  logIn(authData?: object): Promise<Answer> {
    return this.stage.logIn(this.person, authData);
  }

  /** Makes the session fresh with the next code of an app. */
  async freshen(secret: string): Promise<void> {
    this.stage.time.now += MINUTE;
    const proven = await this.save({ totp: this.stage.totp(secret) });
    expect(proven, JSON.stringify(proven.body)).toMatchObject({ status: 200 });
    this.stage.time.now += MINUTE;
  }
}

/** Starts a server whose users may have several authenticators of a kind. */
export const startSeveralStage = (max = 3, options: StageOptions = {}): Promise<Stage> =>
  startStage(severalOptions(max, options));
