// @slow
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { FACTOR_ERRORS } from '@parse-factors/core';
import type { Answer, Person } from '@parse-factors/test-server/parse-server';
import { startStage, type Stage } from '../support/harness.js';
import { LOG_IN } from '../support/requests.js';
import { MINUTE } from '../support/time.js';
import { allStoredFactors } from '../support/rows.js';

let stage: Stage;
let person: Person;
let fresh: Person;
let secret: string;
beforeAll(async () => {
  stage = await startStage();
  person = await stage.signUp();
  await stage.enrolPhone(person, '+15554440001');
  await stage.enrolEmail(person);
  secret = await stage.enrolTotp(person);
  fresh = await stage.signUp();
});
afterAll(() => stage.stop());

const long = 'x'.repeat(1_000_000);
const raw = (json: string): unknown => JSON.parse(json);
/** Everything that is not a code; JSON, so that `__proto__` arrives as a key of its own. */
const CODES: readonly unknown[] = [
  '',
  ' ',
  '12345',
  '1234567',
  '12345a',
  '١٢٣٤٥',
  '１２３４５６７',
  '123\u200b45',
  '\u200b1234567',
  '12345\n',
  ' 12345 ',
  '12 34 5',
  '123456\u0000',
  '123.456',
  '123,456',
  '一二三四五六',
  `123456${' '.repeat(59)}`,
  '-12345',
  '1e5   ',
  '0x1234',
  '+12345',
  long,
  123456,
  123456.5,
  true,
  [],
  ['123456'],
  [123456],
  {},
  { code: '' },
  { code: 123456 },
  { code: ['123456'] },
  { code: { $gt: '' } },
  { code: null },
  { code: long },
  { code: '123456', extra: '1' },
  { Code: '123456' },
  { $where: '1' },
  { code: '12345', $or: [] },
  { __op: 'Delete' },
  { __op: 'Increment', amount: 1 },
  { __type: 'Date', iso: 'x' },
  raw('{"__proto__":{"code":"123456"}}'),
  raw('{"code":"123456","__proto__":{}}'),
  raw('{"constructor":{"prototype":{}}}'),
  { code: '123456', constructor: 'x' },
  { 'a.b': 'c' },
  { otp: '123456' },
  { status: 'enabled', x: 'y' },
  { id: '1', code: '123456' },
  { secret: 'JBSWY3DPEHPK3PXP', token: '123456' },
];

const ADDRESSES: readonly unknown[] = [
  '',
  ' ',
  long,
  5,
  null,
  true,
  [],
  ['+15554440009'],
  { $ne: null },
  '15554440009',
  '+',
  '+1',
  '+0555',
  '+1555444000x',
  '+１５５５４４４０００９',
  '+1 555\u200b4440009',
  '+15554440009,+15554440010',
  '+15554440009\r\nBcc: x',
  'tel:+15554440009',
  '0033612345678',
  '+999123456789012345',
  '+19005551234',
  '+18005551234',
  '+881612345678',
  '+442012345678',
  '+4915112345678',
  '+12025550123 ext 5',
];

const EMAILS: readonly unknown[] = [
  '',
  ' ',
  long,
  5,
  null,
  [],
  ['a@b.c'],
  { $ne: '' },
  'a',
  'a@',
  '@b.c',
  'a@b',
  'a@b.',
  'a@.c',
  'a@b..c',
  'a..b@b.c',
  '.a@b.c',
  'a.@b.c',
  'a@b@c.d',
  'a＠b.c',
  'ａ@b.c',
  'a@b.c,d@e.f',
  'a@b.c;d@e.f',
  'A <a@b.c>',
  '<a@b.c>',
  '"a"@b.c',
  '"a b"@b.c',
  'a b@b.c',
  'a@b c.d',
  'a@b.c\r\nBcc: d@e.f',
  'a@b.c\n',
  'a\u0000@b.c',
  'a\u200b@b.c',
  'а@b.c',
  'a@[127.0.0.1]',
  'a@127.0.0.1',
  'a@b.c.',
  'a(x)@b.c',
  `${'a'.repeat(65)}@b.c`,
  `a@${'b'.repeat(64)}.c`,
  `a@${'b.'.repeat(130)}c`,
  'a@-b.c',
  'a@b-.c',
  'a@b_c.d',
  'a@b%2ec.d',
  'a@b/c.d',
  'mailto:a@b.c',
];

const slugs = Object.keys(FACTOR_ERRORS);
const show = (value: unknown): string => JSON.stringify(value)?.slice(0, 80) ?? 'undefined';

/** A 4xx with one of our errors, or core's own before a factor is asked; never a 500. */
function expectRefused(answer: Answer, value: unknown, isOurs = true): void {
  expect([show(value), answer.status >= 400 && answer.status < 500]).toEqual([show(value), true]);
  const text = String(answer.body['error']);
  if (isOurs)
    expect([show(value), slugs.includes(text.split(':')[0] ?? ''), answer.body['code'] === 142]).toEqual([
      show(value),
      true,
      true,
    ]);
  if (typeof value === 'string' && value.length > 4) expect(text).not.toContain(value);
}

const authDataOf = (): Promise<unknown> => allStoredFactors(stage);

describe('malformed input', () => {
  it.each(['otp', 'email', 'totp'])(
    'a malformed code of %s at a login is refused, and costs no attempt',
    async (key) => {
      for (const value of CODES) expectRefused(await stage.logIn(person, { [key]: value }), value, Boolean(value));
      expect((await stage.logIn(person, { totp: stage.totp(secret) })).status).toBe(200);
      stage.time.now += MINUTE;
    },
    120_000,
  );

  it.each(['otp', 'email', 'totp'])('a malformed fresh proof of %s is refused and stores nothing', async (key) => {
    const before = await authDataOf();
    for (const value of CODES) expectRefused(await stage.save(person, { [key]: value }), value);
    expect(await authDataOf()).toEqual(before);
  });

  it.each(['otp', 'email', 'totp'])('a malformed confirmation of %s is refused and stores nothing', async (key) => {
    const before = await authDataOf();
    const field = key === 'otp' ? { phone: '+15554440002' } : key === 'email' ? { email: 'a@b.c' } : {};
    for (const value of CODES) {
      expectRefused(await stage.save(fresh, { [key]: value }), value);
      if (typeof value === 'string') expectRefused(await stage.save(fresh, { [key]: { ...field, code: value } }), value);
    }
    expect(await authDataOf()).toEqual(before);
  });

  it.each([
    ['phone', 'otp', ADDRESSES],
    ['email', 'email', EMAILS],
  ] as const)('a malformed %s to enrol is refused, and reaches no channel', async (field, key, values) => {
    const before = stage.sms.messages.length + stage.mail.messages.length;
    for (const value of values)
      expectRefused(await stage.challenge({ challengeData: { [key]: { [field]: value } } }, fresh.session), value);
    expectRefused(
      await stage.challenge({ challengeData: { [key]: { [field]: 'a@b.c', other: 'x' } } }, fresh.session),
      'unknown key',
    );
    expect(stage.sms.messages.length + stage.mail.messages.length).toBe(before);
  });

  it.each(['otp', 'email', 'totp'])('a malformed challengeData.%s is refused', async (key) => {
    const before = stage.sms.messages.length + stage.mail.messages.length;
    const { username, password } = person;
    const values = [
      null,
      false,
      0,
      1,
      '',
      'true',
      long,
      [],
      [true],
      {},
      { a: 1 },
      { phone: { $gt: '' } },
      { __op: 'Delete' },
      raw('{"__proto__":{"phone":"+15554440003"}}'),
    ];
    for (const value of values) {
      for (const [body, headers] of [
        [{}, fresh.session],
        [{}, person.session],
        [{ username, password }, {}],
        [{}, {}],
      ] as const) {
        const answer = await stage.challenge({ ...body, challengeData: { [key]: value } }, headers);
        expect([show(value), answer.status >= 400 && answer.status < 500]).toEqual([show(value), true]);
        expect(slugs).toContain(String(answer.body['error']).split(':')[0]);
      }
    }
    expect(stage.sms.messages.length + stage.mail.messages.length).toBe(before);
  });

  it('malformed input gets the same errors by GraphQL', async () => {
    const { username, password } = person;
    for (const value of CODES.filter((code) => Boolean(code) && JSON.stringify(code).length < 50_000)) {
      // its own limit on bodies is lower
      const { errors, data } = await stage.graphql(LOG_IN, { input: { username, password, authData: { totp: value } } });
      expect([show(value), errors?.[0].extensions.code, data.logIn]).toEqual([show(value), 142, null]);
    }
  });
});
