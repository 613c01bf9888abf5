// @slow
import { outbox, type AnyFactor } from '@parse-factors/core';
import { EmailOtpFactor } from '@parse-factors/email-otp';
import { SmsOtpFactor, type SmsOtpOptions } from '@parse-factors/sms-otp';
import { PasskeyFactor } from '@parse-factors/passkey';
import { factorSuite, lastCode, type FactorSuiteOptions } from '@parse-factors/testing';
import { TotpFactor } from '@parse-factors/totp';
import { afterAll, beforeAll, describe, it } from 'vitest';
import { authenticatorCode } from '../support/authenticator-code.js';
import { startFactorServer } from '../support/factor-server.js';
import { hotpButton, HotpFactor } from '../support/hotp-factor.js';
import { SoftAuthenticator } from '../support/soft-authenticator.js';

const start =
  (key: string, factor: AnyFactor): FactorSuiteOptions['start'] =>
  (clock) =>
    startFactorServer({ [key]: factor }, clock);

const runner = { describe, it, beforeAll, afterAll };
const wrongDigits = (code: string): string => String((Number(code) + 1) % 1_000_000).padStart(6, '0');

const sms = outbox({ name: 'sms' });
const phoneOptions: SmsOtpOptions = { channel: sms, countries: ['US'], allowFictional: true, maxSendsPerPrefix: 10_000 };
let phones = 0;
const ofPhones = (maxAuthenticators: number): FactorSuiteOptions => ({
  key: 'otp',
  start: start('otp', new SmsOtpFactor({ ...phoneOptions, maxAuthenticators })),
  async begin(user) {
    phones += 1;
    const phone = `+1555555${String(phones).padStart(4, '0')}`;
    await user.challenge({ phone });
    const code = lastCode(sms, phone);
    const right = async (ask: () => Promise<unknown>): Promise<string> => {
      await ask();
      return lastCode(sms, phone);
    };
    const answers = { right, wrong: () => wrongDigits(lastCode(sms, phone)) };
    return { confirmation: { phone, code }, wrongConfirmation: { phone, code: wrongDigits(code) }, answers };
  },
});
// A factor of which a user may have several keeps all the rules of one.
for (const max of [1, 3]) factorSuite(runner, ofPhones(max));

const mail = outbox({ name: 'email' });
factorSuite(runner, {
  key: 'email',
  start: start('email', new EmailOtpFactor({ channel: mail })),
  async begin(user) {
    const email = `${user.id.toLowerCase()}@example.com`;
    await user.challenge({ email });
    const code = lastCode(mail, email);
    const right = async (ask: () => Promise<unknown>): Promise<object> => {
      await ask();
      return { code: lastCode(mail, email) };
    };
    const answers = { right, wrong: () => ({ code: wrongDigits(lastCode(mail, email)) }) };
    return { confirmation: { email, code }, wrongConfirmation: { email, code: wrongDigits(code) }, answers };
  },
});

let totpClock: () => number = Date.now;
const ofApps = (maxAuthenticators: number): FactorSuiteOptions => ({
  key: 'totp',
  isChallenged: false,
  start: (clock) => {
    totpClock = clock;
    return start('totp', new TotpFactor({ issuer: 'Acme', maxAuthenticators }))(clock);
  },
  async begin(user) {
    const { secret = '' } = await user.challenge(true);
    const code = (): string => authenticatorCode(secret, totpClock());
    const answers = { right: code, wrong: () => wrongDigits(code()) };
    return { confirmation: code(), wrongConfirmation: wrongDigits(code()), answers };
  },
});
for (const max of [1, 3]) factorSuite(runner, ofApps(max));

factorSuite(runner, {
  key: 'token',
  isChallenged: false,
  answersExpire: false,
  start: start('token', new HotpFactor()),
  async begin(user) {
    const { secret = '' } = await user.challenge(true);
    const press = hotpButton(secret);
    return { confirmation: press(), wrongConfirmation: '000000', answers: { right: press, wrong: () => '000000' } };
  },
});

const ORIGIN = 'https://acme.example';
factorSuite(runner, {
  key: 'passkey',
  start: start('passkey', new PasskeyFactor({ rpId: 'acme.example', origins: [ORIGIN] })),
  async begin(user) {
    const { options = '' } = await user.challenge(true);
    const [own, another] = [new SoftAuthenticator(ORIGIN), new SoftAuthenticator(ORIGIN)];
    const right = async (ask: () => Promise<Readonly<Record<string, string>>>): Promise<object> => {
      const { options: asked = '' } = await ask();
      return { credential: own.get(asked) };
    };
    const answers = { right, wrong: () => ({ credential: another.get(options) }) };
    const wrongConfirmation = { credential: another.create(options, { origin: 'https://evil.example' }) };
    return { confirmation: { credential: own.create(options) }, wrongConfirmation, answers };
  },
});
