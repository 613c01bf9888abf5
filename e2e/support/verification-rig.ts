import type { Answer, Person } from '@parse-factors/test-server/parse-server';
import { expect } from 'vitest';
import type { Stage, StageOptions } from './harness.js';
import { ResetRig } from './reset-rig.js';
import { MASTER } from './requests.js';

/** A server whose users verify `email` and `phone` by a code. They can reset passwords by one too. */
export class VerificationRig {
  private constructor(readonly resets: ResetRig) {}

  static async start(options: StageOptions = {}): Promise<VerificationRig> {
    const addressVerification = { email: 'emailLogin', phone: 'phoneLogin' };
    return new VerificationRig(
      await ResetRig.start({ ...options, compose: { addressVerification, notices: true, ...options.compose } }),
    );
  }

  get stage(): Stage {
    return this.resets.stage;
  }

  /** Asks for a code: with the session of a person, or without one. */
  ask = (params: object, person?: Person): Promise<Answer> =>
    this.stage.call('POST', '/functions/factorsRequestVerification', params, person?.session);

  /** Sends a code: with the session of a person, or without one. */
  verify = (params: object, person?: Person): Promise<Answer> =>
    this.stage.call('POST', '/functions/factorsVerifyAddress', params, person?.session);

  /** Asks for a code, and reads it in the message. */
  async codeFor(params: object, person?: Person): Promise<string> {
    const box = 'field' in params ? this.stage.sms : this.stage.mail;
    await this.resets.settled();
    box.messages.length = 0;
    expect(await this.ask(params, person)).toMatchObject({ status: 200, body: { result: { status: 'sent' } } });
    await this.resets.settled();
    expect(box.messages).toHaveLength(1);
    return this.stage.lastCode(box);
  }

  /** Changes a user in their session. */
  put = (person: Person, fields: object, headers: Record<string, string> = person.session): Promise<Answer> =>
    this.stage.call('PUT', `/users/${person.id}`, fields, headers);

  /** What stands in these fields of a user's row, as the master key reads it. */
  async fields(person: Person, ...names: readonly string[]): Promise<object> {
    const { body } = await this.stage.call('GET', `/users/${person.id}`, undefined, MASTER);
    return Object.fromEntries(names.map((name) => [name, body[name] as unknown]));
  }
}

/** A field of a person whose address is verified, and one whose is not. */
export const VERIFIED = { emailVerified: true };
export const UNVERIFIED = { emailVerified: false };
