import { composeFactors, defineFactor, generateKey } from '@parse-factors/core';
import { digitsRule } from '@parse-factors/core/factor';
import { initializeOtpAdapter } from '@parse-factors/email-otp';
import { FieldsFactor } from '@parse-factors/fields';
import { mfaCompat } from '@parse-factors/mfa-compat';
import { RecoveryCodesFactor } from '@parse-factors/recovery-codes';
import { afterAll, beforeAll, beforeEach, describe, expect, it, vi } from 'vitest';
import type { Answer, Person } from '@parse-factors/test-server/parse-server';
import { authenticatorCode } from '../support/authenticator-code.js';
import { slug, startStage, type Stage } from '../support/harness.js';
import { LOG_IN, MASTER } from '../support/requests.js';
import { HOUR, MINUTE } from '../support/time.js';

/** Whose app shows it in the digits of their script. */
const inDigits = (zero: number) => (code: string) =>
  [...code].map((digit) => String.fromCodePoint(zero + Number(digit))).join('');
/** A code as it is typed or pasted. */
const SPELLINGS: readonly (readonly [name: string, spell: (code: string) => string])[] = [
  ['with a space', (code) => `${code.slice(0, 3)} ${code.slice(3)}`],
  ['with a hyphen', (code) => `${code.slice(0, 3)}-${code.slice(3)}`],
  ['with a line end', (code) => `${code}\r\n`],
  ['between no-break and zero-width spaces', (code) => `\u00a0${code.slice(0, 2)}\u200b${code.slice(2)}\ufeff`],
  ['in full-width digits', inDigits(0xff10)],
  ['in Arabic-Indic digits', inDigits(0x660)],
];
/** A secret of six digits that stands for itself. */
const PIN = defineFactor<{ readonly pin: string }>({
  answer: digitsRule(6),
  begin: (_context, payload) => ({ expected: String(payload), enrolment: { pin: String(payload) } }),
  challenge: (_context, { pin }) => ({ expected: pin }),
});

let stage: Stage;
let person: Person;
const sentByOldAdapter: string[] = [];
beforeAll(async () => {
  stage = await startStage({
    install: true,
    compose: { maxAttemptsPerIp: 100_000 },
    more: {
      recovery: new RecoveryCodesFactor(),
      pin: PIN,
      member: new FieldsFactor({ find: 'memberNumber', match: ['postcode'] }),
    },
    server: {
      auth: {
        old: initializeOtpAdapter({
          otpValidityInMs: 300_000,
          maxAttempts: 3,
          sendEmail: async (_to, otp) => void sentByOldAdapter.push(otp),
        }),
      },
    },
  });
});
afterAll(() => stage.stop());
beforeEach(async () => {
  stage.time.now += 24 * HOUR;
  person = await stage.signUp();
});

const ask = async (key: string, payload: unknown = true, headers = person.session): Promise<Record<string, string>> => {
  stage.time.now += MINUTE;
  const { status, body } = await stage.challenge({ challengeData: { [key]: payload } }, headers);
  expect([status, body]).toMatchObject([200, { challengeData: {} }]);
  return body['challengeData'][key] as Record<string, string>;
};
const expectOk = (answer: Answer): void => expect([200, 201], JSON.stringify(answer.body)).toContain(answer.status);
const askWithPassword = async (key: string): Promise<void> => {
  stage.time.now += MINUTE;
  const { username, password } = person;
  expectOk(await stage.challenge({ username, password, challengeData: { [key]: true } }));
};

describe.each(SPELLINGS)('a code %s', (_name, spell) => {
  it.each([
    ['otp', 'phone', '+15554440001', 'sms'],
    ['email', 'email', 'ann@example.com', 'mail'],
  ] as const)('a typed code of %s enrols, logs in, and is a fresh proof', async (key, field, address, box) => {
    const code = (): string => spell(stage.lastCode(stage[box]));
    await ask(key, { [field]: address });
    expectOk(await stage.save(person, { [key]: { [field]: address, code: code() } }));
    await askWithPassword(key);
    expectOk(await stage.logIn(person, { [key]: code() }));
    await ask(key);
    expectOk(await stage.save(person, { [key]: { code: code() } }));
  });

  it('a typed code of an authenticator enrols, logs in, also by GraphQL, and is a fresh proof', async () => {
    const { secret = '' } = await ask('totp');
    const code = (): string => {
      stage.time.now += 30_000;
      return spell(stage.totp(secret));
    };
    expectOk(await stage.save(person, { totp: code() }));
    expectOk(await stage.logIn(person, { totp: code() }));
    expectOk(await stage.save(person, { totp: { code: code() } }));
    const { username, password } = person;
    const { data } = await stage.graphql(LOG_IN, { input: { username, password, authData: { totp: code() } } });
    expect(data).toMatchObject({ logIn: { viewer: { sessionToken: expect.any(String) } } });
  });

  it('a typed code signs in alone, and by the older adapter', async () => {
    const id = `${person.username}@example.com`;
    for (const field of ['code', 'otp']) {
      await ask('emailLogin', { email: id }, {});
      expectOk(
        await stage.call('POST', '/users', { authData: { emailLogin: { id, [field]: spell(stage.lastCode(stage.mail)) } } }),
      );
    }
    await ask('old', { email: id }, {});
    const otp = spell(sentByOldAdapter.at(-1) ?? '');
    expectOk(await stage.call('POST', '/users', { authData: { old: { id, email: id, otp } } }));
  });

  it('a typed code signs in after fields', async () => {
    const fields = { memberNumber: person.username, postcode: 'SW1A' };
    await stage.call('PUT', `/users/${person.id}`, fields, MASTER);
    await stage.enrolPhone(person, '+15554440002');
    const sent = stage.sms.messages.length;
    await ask('member', { ...fields, factor: 'otp' }, {});
    await vi.waitFor(() => expect(stage.sms.messages.length).toBe(sent + 1)); // the reply does not wait for it
    const authData = { member: fields, otp: spell(stage.lastCode(stage.sms)) };
    expectOk(await stage.call('POST', '/users', { authData }));
  });

  it('a defined factor reads a typed code in ASCII', async () => {
    await ask('pin', '123456');
    expectOk(await stage.save(person, { pin: spell('123456') }));
    await askWithPassword('pin');
    expectOk(await stage.logIn(person, { pin: { code: spell('123456') } }));
  });

  it('a typed code is exactly six digits, and anything else does not count as a guess', async () => {
    await stage.enrolPhone(person, '+15554440003');
    await askWithPassword('otp');
    const code = stage.lastCode(stage.sms);
    for (let guess = 0; guess < 12; guess += 1)
      expect(slug(await stage.logIn(person, { otp: spell(guess % 2 === 0 ? code.slice(1) : `${code}0`) }))).toBe('invalid_input');
    expectOk(await stage.logIn(person, { otp: spell(code) }));
  });
});

describe('a recovery code', () => {
  it.each([
    [
      'in full-width letters',
      (code: string) => [...code].map((c) => (c === '-' ? c : String.fromCodePoint(c.charCodeAt(0) + 0xfee0))).join(''),
    ],
    ['with a line end', (code: string) => `${code}\n`],
    ['with invisible characters and other dashes', (code: string) => `\u200b${code.replaceAll('-', '\u2011\u00ad')}\ufeff`],
    ['in lower case with no-break spaces', (code: string) => code.toLowerCase().replaceAll('-', '\u00a0')],
  ])('a recovery code typed %s logs in', async (_name, spell) => {
    await stage.enrolPhone(person, '+15554440004');
    const { body } = await stage.save(person, { recovery: { generate: 'true' } });
    const [code = ''] = String(body['authDataResponse']?.recovery.codes).split(', ');
    expectOk(await stage.logIn(person, { recovery: spell(code) }));
    expect(slug(await stage.logIn(person, { recovery: code }))).toBe('code_rejected');
  });
});

describe('a token of mfaCompat', () => {
  it.each(SPELLINGS)('a token of mfaCompat typed %s sets up and logs in', async (_name, spell) => {
    const codes: string[] = [];
    const mfa = mfaCompat({ options: ['TOTP', 'SMS'], countries: ['US'], sendSMS: (code) => void codes.push(code) });
    const now = (): number => stage.time.now;
    const composed = composeFactors({ keys: generateKey('mfa'), clock: now, selfCheck: false, notices: false, factors: { mfa } });
    stage.auth['mfa'] = composed.auth['mfa'];
    const secret = 'JBSWY3DPEHPK3PXPJBSWY3DPEHPK3PXP';
    const token = (): string => {
      stage.time.now += 30_000;
      return spell(authenticatorCode(secret, stage.time.now));
    };
    const setUp = await stage.save(person, { mfa: { secret, token: token() } });
    expectOk(setUp);
    expectOk(await stage.logIn(person, { mfa: { token: token() } }));
    expectOk(await stage.logIn(person, { mfa: token() }));
    const [recovery = ''] = String(setUp.body['authDataResponse']?.mfa.recovery).split(', ');
    expectOk(await stage.logIn(person, { mfa: { token: ` ${recovery}\n` } }));
    const other = await stage.signUp();
    const mobile = '+1 415 555 2671';
    await stage.save(other, { mfa: { mobile } });
    expectOk(await stage.save(other, { mfa: { mobile, token: spell(codes.at(-1) ?? '') } }));
  });
});
