import { FactorError } from '@parse-factors/core';
import { digitsRule, readFields, type Command, type FieldRule, type PayloadSource } from '@parse-factors/core/factor';
import { canonicalBase32 } from './base32.js';
import {
  CONFIRM_MESSAGES,
  DATA_MESSAGES,
  invalidData,
  MOBILE_MESSAGES,
  TOKEN_MESSAGES,
  withBuiltInMessages,
} from './built-in-messages.js';
import type { MfaAnswer, MfaConfirmation } from './mfa-answer.js';
import { isMobile, type MfaEnrolment } from './mfa-enrolment.js';
import type { ResolvedMfaOptions } from './mfa-options.js';
import { readMfaPayload, tokenOf, type MfaPayload } from './mfa-payload.js';
import type { MobileCodes } from './mobile-codes.js';
import { isRecoveryToken } from './recovery-tokens.js';

/** The word that requests a code by SMS, sent as the token. */
const REQUEST = 'request';
const SECRET: FieldRule = { maxLength: 256, pattern: /^[A-Za-z2-7 ]+=*$/, accepts: 'a Base32 string' };
/** The built-in adapter's minimum: 100 bits. */
const MIN_SECRET = 20;
/** Accepts any text; the function that uses the field checks it. */
const ANY: FieldRule = { maxLength: 320, pattern: /^/, accepts: 'a string' };

/** What a payload asks of the factor. */
export type MfaCommand = Command<MfaAnswer, MfaConfirmation, string>;

/** Reads what a client sends, with the messages of the built-in adapter for what it cannot read. */
export class MfaReader {
  readonly #options: ResolvedMfaOptions;
  readonly #mobile: MobileCodes;

  constructor(options: ResolvedMfaOptions, mobile: MobileCodes) {
    this.#options = options;
    this.#mobile = mobile;
  }

  /**
   * Reads a payload. At a challenge, `{ mobile }` sends a code there.
   * Elsewhere `{ mobile }` also sends a code, `{ mobile, token }` confirms it, and `{ secret, token }` enrols an authenticator
   * app. A token alone is an answer. `old` is a token of the current enrolment, which a replacement needs.
   */
  async read(payload: unknown, { at, enrolment }: PayloadSource<MfaEnrolment>): Promise<MfaCommand> {
    if (at === 'sign-in' && enrolment !== undefined) return { do: 'answer', answer: await this.#readAnswer(payload, enrolment) };
    const given = this.#readPayload(payload);
    const { mobile, token, secret, old } = given ?? {};
    if (enrolment !== undefined && mobile !== undefined && token === undefined) {
      throw new FactorError('already_enrolled', { sentence: 'MFA is already set up on this account' });
    }
    const isSetUp = enrolment === undefined || (mobile ?? secret ?? old) !== undefined;
    if (at === 'challenge') return isSetUp ? { do: 'begin', begin: await this.#readMobile(mobile) } : { do: 'challenge' };
    if (!isSetUp) return { do: 'answer', answer: await this.#readAnswer(payload, enrolment) };
    const proof = old === undefined || enrolment === undefined ? undefined : await this.#readAnswer({ token: old }, enrolment);
    const confirmation = await this.#readConfirmation(given);
    return { do: 'enrol', confirmation: { ...confirmation, ...(proof !== undefined && { proof }) } };
  }

  /** Reads the payload, and ignores `mobile` if SMS is not offered. */
  #readPayload(payload: unknown): MfaPayload | undefined {
    const given = readMfaPayload(payload);
    if (given === undefined || this.#options.options.includes('SMS')) return given;
    const { mobile: _mobile, ...others } = given;
    return others;
  }

  #readAnswer(payload: unknown, enrolment: MfaEnrolment): Promise<MfaAnswer> {
    return withBuiltInMessages(TOKEN_MESSAGES, async () => {
      const token = tokenOf(payload);
      if (isRecoveryToken(token)) return { kind: 'recovery', token };
      if (!isMobile(enrolment)) {
        return { kind: 'totp', code: readFields({ token }, { token: digitsRule(enrolment.digits) }).token };
      }
      return token === REQUEST ? { kind: 'request' } : { kind: 'code', code: this.#mobile.readAnswer(token) };
    });
  }

  #readMobile(mobile: unknown): Promise<string> {
    if (mobile === undefined) throw invalidData();
    return withBuiltInMessages(MOBILE_MESSAGES, async () => this.#mobile.readNumber(mobile));
  }

  async #readConfirmation(given: MfaPayload | undefined): Promise<MfaConfirmation> {
    if (given === undefined) throw invalidData();
    const { mobile, token, secret } = given;
    if (mobile === undefined) return this.#readAuthenticator(secret, token);
    const number = await this.#readMobile(mobile);
    if (token === undefined) return { kind: 'number', mobile: number };
    const answer = await withBuiltInMessages(CONFIRM_MESSAGES, async () => this.#mobile.readAnswer(token));
    return { kind: 'code', answer: { ...answer, address: number } };
  }

  async #readAuthenticator(given: unknown, token: unknown): Promise<MfaConfirmation> {
    if (!this.#options.options.includes('TOTP')) throw invalidData();
    const rules = { secret: SECRET, token: ANY };
    const fields = await withBuiltInMessages(DATA_MESSAGES, async () => readFields({ secret: given, token }, rules));
    const secret = canonicalBase32(fields.secret);
    if (secret.length < MIN_SECRET) throw invalidData();
    return { kind: 'authenticator', secret, token: fields.token };
  }
}
