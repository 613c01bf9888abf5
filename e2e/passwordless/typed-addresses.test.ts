import { addressId } from '@parse-factors/client';
import { EmailOtpFactor } from '@parse-factors/email-otp';
import { SmsOtpFactor } from '@parse-factors/sms-otp';
import { outbox } from '@parse-factors/core';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import type { Answer } from '@parse-factors/test-server/parse-server';
import { newApp } from '../support/client-stage.js';
import { slug, startStage, type Stage } from '../support/harness.js';
import { MINUTE } from '../support/time.js';

let stage: Stage;
beforeAll(async () => {
  const limits = { maxSendsPerIp: 100_000 };
  stage = await startStage({
    install: true,
    compose: { maxAttemptsPerIp: 100_000 },
    emailLogin: limits,
    phoneLogin: { ...limits, countries: ['AR', 'DE', 'FR', 'GB', 'SE', 'US'] },
  });
});
afterAll(() => stage.stop());

const NBSP = '\u00a0';
/** Numbers as people type them, and as they are sent to. */
const PHONES = [
  ['+44 (0)7400 123456', '+447400123456'],
  ['+49 (0) 1511 2345678', '+4915112345678'],
  ['+46 073-123 45 67', '+46731234567'],
  ['+54 11 15 2345 6789', '+5491123456789'],
  [` +33${NBSP}6 12 34 56 78 `, '+33612345678'],
  ['+1 415‑555‑2671', '+14155552671'],
] as const;
const EMAILS = [
  ['Ann@Example.com', 'ann@example.com'],
  ['bob@example.com ', 'bob@example.com'],
  [`${NBSP}cleo@Example.COM`, 'cleo@example.com'],
  ['dora@Bücher.example', 'dora@xn--bcher-kva.example'],
] as const;
const ALL = [
  ...PHONES.map(([typed, id]) => ({ key: 'phoneLogin', payload: { phone: typed }, id })),
  ...EMAILS.map(([typed, id]) => ({ key: 'emailLogin', payload: { email: typed }, id })),
];

const ask = (key: string, payload: unknown, headers?: Record<string, string>): Promise<Answer> => {
  stage.time.now += MINUTE;
  return stage.challenge({ challengeData: { [key]: payload } }, headers);
};
const replyOf = ({ body }: Answer, key: string): Record<string, string> => body['challengeData']?.[key] as Record<string, string>;
const codeOf = (key: string): string => stage.lastCode(key === 'phoneLogin' ? stage.sms : stage.mail);

describe('the id in the reply to a passwordless challenge', () => {
  it.each(ALL)(
    'the reply to a challenge has the normalised address of $payload as its id, which signs in',
    async ({ key, payload, id }) => {
      const asked = await ask(key, payload);
      expect(replyOf(asked, key)).toMatchObject({ status: 'sent', id });
      const authData = { [key]: { id, code: codeOf(key) } };
      expect((await stage.call('POST', '/users', { authData })).status).toBe(201);
      const again = replyOf(await ask(key, payload), key)['id'];
      expect(again).toBe(id);
      expect((await stage.call('POST', '/users', { authData: { [key]: { id: again, code: codeOf(key) } } })).status).toBe(200);
    },
  );

  it('the reply has an id when an address is added to an account, but only for an address that the request names', async () => {
    const person = await stage.signUp();
    const asked = await ask('emailLogin', { email: ' Eve@Example.com' }, person.session);
    expect(replyOf(asked, 'emailLogin')).toMatchObject({ id: 'eve@example.com' });
    const { id } = replyOf(asked, 'emailLogin');
    expect((await stage.save(person, { emailLogin: { id, code: codeOf('emailLogin') } })).status).toBe(200);
    const own = await ask('emailLogin', true, person.session);
    expect(replyOf(own, 'emailLogin')).toMatchObject({ status: 'sent' });
    expect(JSON.stringify(own.body)).not.toContain('eve');
  });

  it('the reply has no id where the factor stands beside a password', async () => {
    const person = await stage.signUp();
    const asked = await ask('email', { email: `${person.username}@example.com` }, person.session);
    expect(replyOf(asked, 'email')).not.toHaveProperty('id');
  });

  it('the id of the reply is still the only form that signs in', async () => {
    await ask('phoneLogin', { phone: '+44 7400 123457' });
    const authData = { phoneLogin: { id: '+44 (0)7400 123457', code: codeOf('phoneLogin') } };
    expect(slug(await stage.call('POST', '/users', { authData }))).toBe('invalid_input');
  });

  it.each(['ann@example.com\n', 'ann\u200b@example.com', '\ufeffann@example.com'])(
    'the reply has no id made of %j',
    async (email) => {
      expect(slug(await ask('emailLogin', { email }))).toBe('invalid_input');
    },
  );
});

describe('the client', () => {
  it.each(ALL)('the client signs in with $payload, typed the same way twice', async ({ key, payload, id }) => {
    const { passwordless } = newApp(stage.url).client;
    stage.time.now += MINUTE;
    expect(await passwordless.start(key, payload)).toMatchObject({ id });
    expect((await passwordless.finish(key, { ...payload, code: codeOf(key) })).status).toBe('session');
    stage.time.now += MINUTE;
    await passwordless.start(key, payload);
    expect((await passwordless.finish(key, { id, code: codeOf(key) })).status).toBe('session');
  });

  it('the client makes the same id as the server where the reply was lost', async () => {
    const email = new EmailOtpFactor({ channel: outbox(), policy: 'default' });
    const phone = new SmsOtpFactor({ channel: outbox(), policy: 'default', countries: ['DE', 'FR', 'GB', 'US'] });
    const known = ALL.filter(({ id }) => !/^\+(?:46|54)/.test(id));
    expect(known).toHaveLength(ALL.length - 2);
    for (const { key, payload, id } of known) {
      const { primary } = key === 'emailLogin' ? email : phone;
      expect(addressId(payload)).toBe(id);
      expect(primary?.identity?.enrolmentOf(Object.values(payload)[0] ?? '')).toEqual({ address: addressId(payload) });
    }
  });
});
