import { RecoveryCodesFactor } from '@parse-factors/recovery-codes';
import { TrustedDeviceFactor } from '@parse-factors/trusted-device';
import type { Answer, Person } from '@parse-factors/test-server/parse-server';
import { expect } from 'vitest';
import { type Stage, type StageOptions, startStage } from './harness.js';
import { mailServer } from './mail-server.js';
import { MASTER } from './requests.js';
import { MINUTE } from './time.js';

/** The new password where it does not matter. */
export const NEW = 'a new password';

/** A server whose users can reset passwords by a code. */
export class ResetRig {
  private constructor(
    readonly stage: Stage,
    private readonly background: Promise<unknown>[],
  ) {}

  static async start(options: StageOptions = {}): Promise<ResetRig> {
    const background: Promise<unknown>[] = [];
    const waitUntil = (work: Promise<unknown>): void => void background.push(work);
    return new ResetRig(
      await startStage({
        install: true,
        ...options,
        server: { ...mailServer(), verifyUserEmails: true, ...options.server },
        more: { recovery: new RecoveryCodesFactor(), device: new TrustedDeviceFactor(), ...options.more },
        compose: { passwordReset: ['emailLogin', 'phoneLogin', 'email'], waitUntil, ...options.compose },
      }),
      background,
    );
  }

  /** Asks for a code. */
  ask = (params: object, headers?: Record<string, string>): Promise<Answer> =>
    this.stage.call('POST', '/functions/factorsRequestPasswordReset', params, headers);

  /** Sets the password, or asks for a second factor. */
  set = (params: object, headers?: Record<string, string>): Promise<Answer> =>
    this.stage.call('POST', '/functions/factorsResetPassword', params, headers);

  /** Signs up a user whose `email` is verified, as Parse Server's own link does it. */
  async withEmail(email: string, fields: object = {}): Promise<Person> {
    const person = await this.stage.signUp({ email, ...fields });
    await this.verify(person);
    return person;
  }

  /** Marks the `email` of a user as verified. Parse Server takes the mark away with a change of the address. */
  async verify(person: Person, fields: object = {}): Promise<void> {
    for (const written of [fields, { emailVerified: true }]) {
      expect((await this.stage.call('PUT', `/users/${person.id}`, written, MASTER)).status).toBe(200);
    }
  }

  /** Asks for a code, and reads it in the message, which goes out after the reply. */
  async codeFor(params: object): Promise<string> {
    const box = 'phone' in params ? this.stage.sms : this.stage.mail;
    box.messages.length = 0;
    expect(await this.ask(params)).toMatchObject({ status: 200, body: { result: { status: 'sent' } } });
    await this.settled();
    expect(box.messages).toHaveLength(1);
    return this.stage.lastCode(box);
  }

  /** Resolves once all that no reply waits for has come to its end. */
  async settled(): Promise<void> {
    while (this.background.length > 0) await this.background.shift();
  }

  /** Whether a login with the password, and these answers, opens a session. */
  opens = async (person: Person, password: string, authData?: object): Promise<boolean> =>
    (await this.stage.logIn({ ...person, password }, authData)).status === 200;

  /** Lets the limits of an address pass. */
  later = (): void => void (this.stage.time.now += 11 * MINUTE);
}

/** Another code than this one. */
export const otherThan = (code: string): string => String((Number(code) + 1) % 1_000_000).padStart(6, '0');
