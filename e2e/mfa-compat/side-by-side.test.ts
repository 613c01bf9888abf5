// @compat-major @slow
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, inject, it, vi } from 'vitest';
import type { Answer, Person } from '@parse-factors/test-server/parse-server';
import { MOBILE, OTHER_SECRET, pass, SECRET, startBuiltIn, startCompat, totp, type MfaRig } from '../support/mfa-rig.js';
import { MASTER } from '../support/requests.js';
import { MINUTE } from '../support/time.js';
import { onPostgres } from '@parse-factors/test-server/database/test-database';

// The built-in adapter makes a key of the number, and keys on MongoDB have no dot.
const TYPED_NUMBER = onPostgres ? '+1 555-123 45.67' : '+1 555-123 45-67';

/** What a client can tell of an answer: that it is let in or served, or the sentence of the refusal without our slug. */
const told = ({ status, body }: Answer): string =>
  status < 300
    ? 'ok'
    : String(body['error'])
        .replace(/^[a-z]+(?:_[a-z]+)*: /, '')
        .replace(/ Please retry after .*/, '');

interface Behaviour {
  readonly name: string;
  readonly run: (rig: MfaRig) => Promise<unknown>;
  /** What both adapters give. */
  readonly same?: unknown;
  /** What each gives, and why. */
  readonly differs?: { readonly builtIn: unknown; readonly ours: unknown; readonly because: string };
}

const setUp = { secret: SECRET };
const enrolled = async (rig: MfaRig): Promise<{ person: Person; codes: readonly string[] }> => {
  const person = await rig.signUp();
  return { person, codes: await rig.enrolTotp(person) };
};
const withMobile = async (rig: MfaRig): Promise<Person> => {
  const person = await rig.signUp();
  await rig.enrolMobile(person);
  return person;
};
/** Asks for a code at a login, and gives what was told. */
const request = async (rig: MfaRig, person: Person): Promise<string> => told(await rig.logIn(person, { token: 'request' }));
const allTold = async (answers: readonly Promise<Answer>[]): Promise<string[]> => (await Promise.all(answers)).map(told);

const AUTHENTICATOR: readonly Behaviour[] = [
  {
    name: 'sets up an authenticator with the secret of the client, and gives two recovery codes of 30 characters, once',
    run: async (rig) => {
      const person = await rig.signUp();
      const { status, body } = await rig.save(person, { ...setUp, token: totp(SECRET) });
      const { mfa } = body['authDataResponse'];
      const codes = String(mfa.recovery).replaceAll(/[0-9A-Za-z]{30}/g, 'code');
      return [status, Object.keys(mfa as object), codes, await rig.shown(person)];
    },
    same: [200, ['recovery'], 'code, code', { status: 'enabled' }],
  },
  {
    name: 'sets up with a secret in small letters, with spaces and padding, and logs in with it',
    run: async (rig) => {
      const secret = 'jbswy3dp ehpk3pxp jbswy3dp ehpk3===';
      const canonical = 'JBSWY3DPEHPK3PXPJBSWY3DPEHPK3'; // and one bit that makes no byte
      const person = await rig.signUp();
      const first = told(await rig.save(person, { secret, token: totp(canonical) }));
      pass(MINUTE);
      return [first, told(await rig.logIn(person, { token: totp(canonical) }))];
    },
    same: ['ok', 'ok'],
  },
  {
    name: 'refuses to set up with a wrong token',
    run: async (rig) => told(await rig.save(await rig.signUp(), { ...setUp, token: '000000' })),
    same: 'Invalid MFA token',
  },
  {
    name: 'refuses to set up without a token, without a secret, or with one of less than 20 characters',
    run: async (rig) => {
      const person = await rig.signUp();
      const short = SECRET.slice(0, 19);
      return allTold(
        [setUp, { token: '123456' }, { secret: short, token: totp(SECRET) }, {}].map((mfa) => rig.save(person, mfa)),
      );
    },
    same: ['Invalid MFA data', 'Invalid MFA data', 'Invalid MFA data', 'Invalid MFA data'],
  },
  {
    name: 'refuses to set up with a secret that is no Base32, or no text',
    run: async (rig) => {
      const person = await rig.signUp();
      const bad = ['0189'.repeat(8), { $gt: '' }, Array.from(SECRET)];
      return allTold(bad.map((secret) => rig.save(person, { secret, token: '123456' })));
    },
    differs: {
      builtIn: ['Invalid character found: 0', 'str.replace is not a function', 'str.replace is not a function'],
      ours: ['Invalid MFA data', 'Invalid MFA data', 'Invalid MFA data'],
      because: 'it let out the texts of other software',
    },
  },
  {
    name: 'asks a user with an authenticator for it, with the password alone',
    run: async (rig) => {
      const { person } = await enrolled(rig);
      const { status, body } = await rig.logIn(person);
      return [status, body];
    },
    same: [400, { code: -1, error: 'Missing additional authData mfa' }],
  },
  {
    name: 'logs in with the current token, the one before and the one after',
    run: async (rig) => {
      const answers: string[] = [];
      for (const ahead of [-1, 0, 1])
        answers.push(told(await rig.logIn((await enrolled(rig)).person, { token: totp(SECRET, ahead) })));
      return answers;
    },
    same: ['ok', 'ok', 'ok'],
  },
  {
    name: 'refuses a token two steps away, a wrong one, and none',
    run: async (rig) => {
      const { person } = await enrolled(rig);
      return allTold(
        [{ token: totp(SECRET, 2) }, { token: totp(SECRET, -2) }, { token: '000000' }, {}].map((mfa) => rig.logIn(person, mfa)),
      );
    },
    same: ['Invalid MFA token', 'Invalid MFA token', 'Invalid MFA token', 'Invalid MFA token'],
  },
  {
    name: 'refuses a token that is a number, of too few digits or too many',
    run: async (rig) => {
      const { person } = await enrolled(rig);
      return allTold([Number(totp(SECRET)), '12345', '1234567', null].map((token) => rig.logIn(person, { token })));
    },
    same: ['Invalid MFA token', 'Invalid MFA token', 'Invalid MFA token', 'Invalid MFA token'],
  },
  {
    name: 'shows `enabled`, and nothing of the secret, to its owner',
    run: async (rig) => rig.shown((await enrolled(rig)).person),
    same: { status: 'enabled' },
  },
  {
    name: 'answers a refusal with this status, code and text',
    run: async (rig) => {
      const { status, body } = await rig.logIn((await enrolled(rig)).person, { token: '000000' });
      return [status, body];
    },
    differs: {
      builtIn: [400, { code: 141, error: 'Invalid MFA token' }],
      ours: [400, { code: 210, error: 'code_rejected: Invalid MFA token' }],
      because: 'all factors answer with the same table of errors; its sentences stay, behind a slug',
    },
  },
  {
    name: 'logs in with the token that has just set it up, and with one that was used before',
    run: async (rig) => {
      const person = await rig.signUp();
      const token = totp(SECRET);
      await rig.save(person, { ...setUp, token });
      const first = told(await rig.logIn(person, { token }));
      pass(MINUTE);
      const login = { token: totp(SECRET) };
      return [first, told(await rig.logIn(person, login)), told(await rig.logIn(person, login))];
    },
    differs: {
      builtIn: ['ok', 'ok', 'ok'],
      ours: ['Invalid MFA token', 'ok', 'Invalid MFA token'],
      because: 'an attacker who has seen a token could log in with it too (RFC 6238, section 5.2)',
    },
  },
  {
    name: 'lets 20 wrong tokens be tried, and the right one after them',
    run: async (rig) => {
      const { person } = await enrolled(rig);
      for (let guess = 0; guess < 20; guess += 1) await rig.logIn(person, { token: '000000' });
      return told(await rig.logIn(person, { token: totp(SECRET) }));
    },
    differs: { builtIn: 'ok', ours: 'Too many failed attempts.', because: 'six digits can be guessed' },
  },
];

/** What clients send beside a token: what they were shown, what they have set up with, and fields that they leave empty. */
const BESIDE: readonly object[] = [
  { id: 'x' },
  { status: 'enabled' },
  { secret: SECRET },
  { old: '123456' },
  { mobile: MOBILE },
  { id: null, secret: null, old: null, mobile: null, status: null },
  { id: 'x', status: 'enabled', secret: SECRET, old: null },
];
const filledIn = async (answers: readonly (() => Promise<Answer>)[]): Promise<string[]> => {
  const heard: string[] = [];
  for (const answer of answers) {
    heard.push(told(await answer()));
    pass(MINUTE);
  }
  return heard;
};

const BESIDE_A_TOKEN: readonly Behaviour[] = [
  {
    name: 'logs in with a token, whatever else of its fields stands beside it',
    run: async (rig) => {
      const { person } = await enrolled(rig);
      return filledIn(BESIDE.map((beside) => () => rig.logIn(person, { ...beside, token: totp(SECRET) })));
    },
    same: BESIDE.map(() => 'ok'),
  },
  {
    name: 'logs in with a recovery code, whatever else of its fields stands beside it',
    run: async (rig) => {
      const { person, codes } = await enrolled(rig);
      return filledIn(
        [{ id: 'x', secret: null }, { status: 'enabled' }].map(
          (beside, index) => () => rig.logIn(person, { ...beside, token: codes[index] }),
        ),
      );
    },
    same: ['ok', 'ok'],
  },
  {
    name: 'sends and takes a code by SMS, whatever else of its fields stands beside the token',
    run: async (rig) => {
      const person = await withMobile(rig);
      const heard: string[] = [];
      for (const beside of BESIDE) {
        heard.push(told(await rig.logIn(person, { ...beside, token: 'request' })));
        heard.push(told(await rig.logIn(person, { ...beside, token: rig.lastToken() })));
        pass(10 * MINUTE);
      }
      return heard;
    },
    same: BESIDE.flatMap(() => ['Please enter the token', 'ok']),
  },
  {
    name: 'sets up and replaces an authenticator where fields are empty or sent along, and `old` too when there is none yet',
    run: async (rig) => {
      const person = await rig.signUp();
      const along = { id: 'x', status: 'enabled', mobile: null };
      const save = (mfa: () => object) => (): Promise<Answer> => rig.save(person, { ...along, ...mfa() });
      return filledIn([
        save(() => ({ old: '123456', secret: SECRET, token: totp(SECRET) })),
        save(() => ({ old: totp(SECRET), secret: OTHER_SECRET, token: totp(OTHER_SECRET) })),
      ]);
    },
    same: ['ok', 'ok'],
  },
  {
    name: 'sets up a number where fields are empty or sent along',
    run: async (rig) => {
      const along = { id: 'x', status: 'disabled', secret: null, old: null };
      const person = await rig.signUp();
      const begun = told(await rig.save(person, { ...along, token: null, mobile: MOBILE }));
      const wrong = told(await rig.save(person, { ...along, mobile: MOBILE, token: '12345' }));
      return [begun, wrong, told(await rig.save(person, { ...along, mobile: MOBILE, token: rig.lastToken() }))];
    },
    same: ['ok', 'Invalid MFA token', 'ok'],
  },
  {
    name: 'refuses unknown fields, and a value that is no text beside a token',
    run: async (rig) => {
      const { person } = await enrolled(rig);
      const beside = [{ extra: 'x' }, { status: { is: 'enabled' } }, { secret: [SECRET] }];
      return filledIn(beside.map((other) => () => rig.logIn(person, { ...other, token: totp(SECRET) })));
    },
    differs: {
      builtIn: ['ok', 'ok', 'ok'],
      ours: ['Invalid MFA token', 'Invalid MFA token', 'Invalid MFA token'],
      because: 'every field is checked, and unknown ones are refused',
    },
  },
  {
    name: 'answers a misshapen token as a wrong one, wherever it is sent',
    run: async (rig) => {
      const { person } = await enrolled(rig);
      const [mobile, fresh] = [await withMobile(rig), await rig.signUp()];
      await rig.save(fresh, { mobile: MOBILE });
      const setUp = { old: totp(SECRET), secret: OTHER_SECRET };
      const answers = [
        ...['12345', 'abcdef', 123456, {}].map((token) => rig.logIn(person, { token })),
        ...['12345', 123456].map((token) => rig.logIn(mobile, { token })),
        ...['12345', 123456].map((token) => rig.save(fresh, { mobile: MOBILE, token })),
        ...['12345', 'abcdef'].map((token) => rig.save(person, { ...setUp, token })),
        ...['12345', 123456].map((old) => rig.save(person, { old, secret: OTHER_SECRET, token: totp(OTHER_SECRET) })),
      ];
      const heard = (await Promise.all(answers)).map(({ body }) => `${body['code']} ${body['error']}`);
      return [...new Set(heard)].toSorted();
    },
    differs: {
      builtIn: ['141 Invalid MFA token', '141 Invalid MFA token 1'],
      ours: ['210 code_rejected: Invalid MFA token'],
      because: 'one word for every wrong token',
    },
  },
  {
    name: 'takes a wrong token at a login with the master key, and keeps it in place of the factor',
    run: async (rig) => {
      const { person } = await enrolled(rig);
      const { username, password } = person;
      const body = { username, password, authData: { mfa: { token: '000000' } } };
      const answer = told(await rig.call('POST', '/login', body, MASTER));
      return [answer, Object.keys((await rig.stored(person)) ?? {}).toSorted()];
    },
    differs: {
      builtIn: ['ok', ['token']],
      ours: ['Invalid MFA token', ['mobile', 'sealed', 'secret']],
      because: 'a login with the master key would replace the factor by what was typed',
    },
  },
  {
    name: 'shows the secret to the master key',
    run: async (rig) => {
      const { person } = await enrolled(rig);
      const { body } = await rig.call('GET', `/users/${person.id}`, undefined, MASTER);
      return [body['authData'].mfa.secret, body['authData'].mfa.mobile];
    },
    differs: { builtIn: [SECRET, undefined], ours: ['-', '-'], because: 'secrets are sealed; a dash stands in their place' },
  },
];

const RECOVERY: readonly Behaviour[] = [
  {
    name: 'logs in with each recovery code, once',
    run: async (rig) => {
      const { person, codes } = await enrolled(rig);
      const answers: string[] = [];
      for (const token of [codes[0], codes[0], codes[1], codes[1]]) answers.push(told(await rig.logIn(person, { token })));
      return answers;
    },
    same: ['ok', 'Invalid MFA token', 'ok', 'Invalid MFA token'],
  },
  {
    name: 'goes on taking tokens once a recovery code was used, and when all are used',
    run: async (rig) => {
      const { person, codes } = await enrolled(rig);
      await rig.logIn(person, { token: codes[0] });
      const first = told(await rig.logIn(person, { token: totp(SECRET) }));
      await rig.logIn(person, { token: codes[1] });
      return [first, told(await rig.logIn(person, { token: totp(SECRET, 1) }))];
    },
    same: ['ok', 'ok'],
  },
  {
    name: 'minds the case of a recovery code',
    run: async (rig) => {
      const { person, codes } = await enrolled(rig);
      const swapped = (codes[0] ?? '').replaceAll(/[a-z]/gi, (letter) =>
        letter === letter.toUpperCase() ? letter.toLowerCase() : letter.toUpperCase(),
      );
      return told(await rig.logIn(person, { token: swapped }));
    },
    same: 'Invalid MFA token',
  },
  {
    name: 'takes a recovery code for the old token when the authenticator is replaced',
    run: async (rig) => {
      const { person, codes } = await enrolled(rig);
      return told(await rig.save(person, { old: codes[0], secret: OTHER_SECRET, token: totp(OTHER_SECRET) }));
    },
    differs: {
      builtIn: 'ok',
      ours: 'This sign-in method works only at a login. Use another one.',
      because: 'a code on paper would hand the account over; an administrator resets the factor instead',
    },
  },
];

const CHANGING: readonly Behaviour[] = [
  {
    name: 'replaces the authenticator with a token of the old one: then the new one logs in, and the old one does not',
    run: async (rig) => {
      const { person, codes } = await enrolled(rig);
      const mfa = { old: totp(SECRET), secret: OTHER_SECRET, token: totp(OTHER_SECRET) };
      const { body } = await rig.save(person, mfa);
      const fresh = String(body['authDataResponse'].mfa.recovery).split(', ');
      pass(MINUTE);
      const tokens = [totp(OTHER_SECRET), totp(SECRET), codes[0], fresh[0]];
      const answers: string[] = [];
      for (const token of tokens) answers.push(told(await rig.logIn(person, { token })));
      return answers;
    },
    same: ['ok', 'Invalid MFA token', 'Invalid MFA token', 'ok'],
  },
  {
    name: 'refuses to replace it with a wrong token of the old one, or of the new one',
    run: async (rig) => {
      const { person } = await enrolled(rig);
      const wrongOld = { old: '000000', secret: OTHER_SECRET, token: totp(OTHER_SECRET) };
      const wrongNew = { old: totp(SECRET), secret: OTHER_SECRET, token: '000000' };
      const answers = [told(await rig.save(person, wrongOld)), told(await rig.save(person, wrongNew))];
      pass(MINUTE);
      return [...answers, told(await rig.logIn(person, { token: totp(SECRET) }))];
    },
    same: ['Invalid MFA token', 'Invalid MFA token', 'ok'],
  },
  {
    name: 'refuses to replace it without a token of the old one',
    run: async (rig) => {
      const { person } = await enrolled(rig);
      pass(10 * MINUTE);
      return told(await rig.save(person, { secret: OTHER_SECRET, token: totp(OTHER_SECRET) }));
    },
    differs: {
      builtIn: 'Invalid MFA token',
      ours: 'Verify one of your sign-in methods again, then retry.',
      because: 'a proof may also be given in a request of its own before',
    },
  },
  {
    name: 'is removed by any session of the user',
    run: async (rig) => {
      const { person } = await enrolled(rig);
      pass(10 * MINUTE);
      return [told(await rig.save(person, null)), told(await rig.logIn(person))];
    },
    differs: {
      builtIn: ['ok', 'ok'],
      ours: ['Verify one of your sign-in methods again, then retry.', 'Missing additional authData mfa'],
      because: 'an attacker who steals a session could remove the factor',
    },
  },
  {
    name: 'is removed right after a token was given on the user',
    run: async (rig) => {
      const { person } = await enrolled(rig);
      pass(10 * MINUTE);
      const proof = told(await rig.save(person, { token: totp(SECRET) }));
      return [proof, told(await rig.save(person, null)), told(await rig.logIn(person)), await rig.shown(person)];
    },
    differs: {
      builtIn: ['Invalid MFA token', 'ok', 'ok', undefined],
      ours: ['ok', 'ok', 'ok', undefined],
      because: 'this is how a client of it gives the proof that removing needs',
    },
  },
  {
    name: 'is set up by signing up, and by logging in with the password alone',
    run: async (rig) => {
      const mfa = { secret: SECRET, token: totp(SECRET) };
      const signUp = await rig.call('POST', '/users', { username: `new${Date.now()}`, password: 'x', authData: { mfa } });
      return [told(signUp), told(await rig.logIn(await rig.signUp(), mfa))];
    },
    differs: {
      builtIn: ['ok', 'ok'],
      ours: [
        'Sign in first, then send this request with your session token.',
        'Sign in first, then send this request with your session token.',
      ],
      because: 'an attacker who knows a password could lock its owner out; a policy that requires a factor allows it at a login',
    },
  },
  {
    name: 'does not change for another user',
    run: async (rig) => {
      const { person } = await enrolled(rig);
      const other = await rig.signUp();
      const path = `/users/${person.id}`;
      const mfa = { secret: OTHER_SECRET, token: totp(OTHER_SECRET) };
      const answers = [
        await rig.call('PUT', path, { authData: { mfa } }, other.session),
        await rig.call('PUT', path, { authData: { mfa: null } }, other.session),
      ];
      return [answers.map(({ status }) => status), told(await rig.logIn(person, { token: totp(SECRET) }))];
    },
    same: [[400, 400], 'ok'],
  },
];

const SMS: readonly Behaviour[] = [
  {
    name: 'sends a code of six digits to a number that is to be set up, which lets the password alone log in until then',
    run: async (rig) => {
      const person = await rig.signUp();
      const answer = told(await rig.save(person, { mobile: MOBILE }));
      const { token = '', mobile } = rig.sms.at(-1) ?? {};
      return [answer, token.replaceAll(/[0-9]/g, '9'), mobile, told(await rig.logIn(person))];
    },
    same: ['ok', '999999', MOBILE, 'ok'],
  },
  {
    name: 'shows a number that waits for its code as this',
    run: async (rig) => {
      const person = await rig.signUp();
      await rig.save(person, { mobile: MOBILE });
      return rig.shown(person);
    },
    differs: {
      builtIn: { status: 'disabled' },
      ours: undefined,
      because: 'nothing is written on the user until it is confirmed',
    },
  },
  {
    name: 'sets the number up with the code that went there',
    run: async (rig) => {
      const person = await rig.signUp();
      await rig.save(person, { mobile: MOBILE });
      const answer = told(await rig.save(person, { mobile: MOBILE, token: rig.lastToken() }));
      return [answer, await rig.shown(person), told(await rig.logIn(person))];
    },
    same: ['ok', { status: 'enabled' }, 'Missing additional authData mfa'],
  },
  {
    name: 'refuses a wrong code, and the right one with another number',
    run: async (rig) => {
      const person = await rig.signUp();
      await rig.save(person, { mobile: MOBILE });
      const wrong = told(await rig.save(person, { mobile: MOBILE, token: '000000' }));
      return [wrong, told(await rig.save(person, { mobile: '+15557654321', token: rig.lastToken() }))];
    },
    differs: {
      builtIn: ['Invalid MFA token', 'This number is not pending'],
      ours: ['Invalid MFA token', 'Invalid MFA token'],
      because: 'only a digest of number and code is kept',
    },
  },
  {
    name: 'refuses a number that waits for nothing',
    run: async (rig) => told(await rig.save(await rig.signUp(), { mobile: MOBILE, token: '123456' })),
    differs: {
      builtIn: 'ok',
      ours: 'This number is not pending',
      because: 'it took this for a new number, and sent a message; what waits for nothing is told as it was on other accounts',
    },
  },
  {
    name: 'refuses a number that is none',
    run: async (rig) => allTold(['call me', '+x', '+1555;1'].map(async (mobile) => rig.save(await rig.signUp(), { mobile }))),
    same: ['Invalid mobile number.', 'Invalid mobile number.', 'Invalid mobile number.'],
  },
  {
    name: 'takes a number with spaces, dashes and brackets, and sends to this',
    run: async (rig) => [told(await rig.save(await rig.signUp(), { mobile: TYPED_NUMBER })), rig.sms.at(-1)?.mobile],
    differs: {
      builtIn: ['ok', TYPED_NUMBER],
      ours: ['ok', '+15551234567'],
      because: 'one number is one number to every limit: its E.164 form',
    },
  },
  {
    name: 'takes a number without its country code, and one of a premium service',
    run: async (rig) => allTold(['0612345678', '+19005551234'].map(async (mobile) => rig.save(await rig.signUp(), { mobile }))),
    differs: {
      builtIn: ['ok', 'ok'],
      ours: ['Invalid mobile number.', 'Invalid mobile number.'],
      because: 'messages to premium numbers pay the attacker who requests them, and a number without a country is not unique',
    },
  },
  {
    name: 'sends a code at a login that asks for it with "request", refuses that login, and lets the code in',
    run: async (rig) => {
      const person = await withMobile(rig);
      const before = rig.sms.length;
      const asked = await request(rig, person);
      return [asked, rig.sms.length - before, rig.sms.at(-1)?.mobile, told(await rig.logIn(person, { token: rig.lastToken() }))];
    },
    same: ['Please enter the token', 1, MOBILE, 'ok'],
  },
  {
    name: 'answers "request" with this status, code and text',
    run: async (rig) => {
      const { status, body } = await rig.logIn(await withMobile(rig), { token: 'request' });
      return [status, body];
    },
    differs: {
      builtIn: [400, { code: 141, error: 'Please enter the token' }],
      ours: [400, { code: 211, error: 'factor_required: Please enter the token' }],
      because: 'all factors answer with the same table of errors; its sentences stay, behind a slug',
    },
  },
  {
    name: 'sends nothing for a wrong password',
    run: async (rig) => {
      const person = await withMobile(rig);
      const before = rig.sms.length;
      const answer = await rig.logIn({ ...person, password: 'wrong' }, { token: 'request' });
      return [answer.status, rig.sms.length - before];
    },
    same: [404, 0],
  },
  {
    name: 'refuses a wrong code, and one that was not asked for',
    run: async (rig) => {
      const person = await withMobile(rig);
      const early = told(await rig.logIn(person, { token: '123456' }));
      await request(rig, person);
      return [early, told(await rig.logIn(person, { token: '000000' }))];
    },
    differs: {
      builtIn: ['Invalid MFA token 1', 'Invalid MFA token 1'],
      ours: ['Invalid MFA token', 'Invalid MFA token'],
      because: 'the numbers were for debugging',
    },
  },
  {
    name: 'lets a code in once',
    run: async (rig) => {
      const person = await withMobile(rig);
      await request(rig, person);
      const login = { token: rig.lastToken() };
      return [told(await rig.logIn(person, login)), (await rig.logIn(person, login)).status];
    },
    same: ['ok', 400],
  },
  {
    name: 'lets a code in for the length of `period`, 30 seconds',
    run: async (rig) => {
      const person = await withMobile(rig);
      await request(rig, person);
      pass(29_000);
      const inTime = told(await rig.logIn(person, { token: rig.lastToken() }));
      pass(MINUTE);
      await request(rig, person);
      pass(31_000);
      const late = (await rig.logIn(person, { token: rig.lastToken() })).status;
      pass(MINUTE);
      await request(rig, person);
      pass(61_000);
      return [inTime, late, (await rig.logIn(person, { token: rig.lastToken() })).status];
    },
    differs: {
      builtIn: ['ok', 400, 400],
      ours: ['ok', 200, 400],
      because: 'another code may be asked for after a minute, so one lives that long at least',
    },
  },
  {
    name: 'sends again at once when asked again, without end',
    run: async (rig) => {
      const person = await withMobile(rig);
      const before = rig.sms.length;
      for (let ask = 0; ask < 20; ask += 1) await request(rig, person);
      return rig.sms.length - before;
    },
    differs: { builtIn: 20, ours: 1, because: 'messages cost money, and bury a phone' },
  },
  {
    name: 'does not set up a number beside one',
    run: async (rig) => told(await rig.save(await withMobile(rig), { mobile: '+15557654321' })),
    same: 'MFA is already set up on this account',
  },
];

const BEHAVIOURS: readonly Behaviour[] = [...AUTHENTICATOR, ...BESIDE_A_TOKEN, ...RECOVERY, ...CHANGING, ...SMS];

describe.each([
  ['the built-in adapter', 'builtIn', startBuiltIn],
  ['mfaCompat', 'ours', startCompat],
] as const)('%s', (_name, which, start) => {
  let rig: MfaRig;
  beforeAll(async () => {
    rig = await start(inject('database'));
  });
  afterAll(() => rig.stop());
  let tests = 0;
  const startedAt = Date.now();
  beforeEach(() => {
    tests += 1;
    vi.useFakeTimers({ toFake: ['Date'] });
    vi.setSystemTime(startedAt + tests * 24 * 3_600_000);
  });
  afterEach(() => vi.useRealTimers());

  for (const { name, run, same, differs } of BEHAVIOURS) {
    it(`mfa ${name}${differs === undefined ? '' : ` (differs: ${differs.because})`}`, async () => {
      expect(await run(rig)).toEqual(differs === undefined ? same : differs[which]);
    });
  }
});
