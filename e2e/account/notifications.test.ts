import { HelpCodeFactor, outbox, type Outbox } from '@parse-factors/core';
import type { Channel } from '@parse-factors/core/channel';
import { RecoveryCodesFactor } from '@parse-factors/recovery-codes';
import { TrustedDeviceFactor } from '@parse-factors/trusted-device';
import { afterEach, describe, expect, it, vi } from 'vitest';
import type { Answer, Person } from '@parse-factors/test-server/parse-server';
import { slug, startStage, type Stage, type StageOptions } from '../support/harness.js';
import { issueHelpCode } from '../support/help-rig.js';
import { MASTER } from '../support/requests.js';
import { HOUR, MINUTE } from '../support/time.js';

let stage: Stage;
const start = async (options: StageOptions = {}): Promise<void> => {
  stage = await startStage({
    install: { adminFunctions: true },
    more: { recovery: new RecoveryCodesFactor(), device: new TrustedDeviceFactor() },
    ...options,
    compose: { notices: true, ...options.compose },
  });
};
afterEach(() => stage.stop());

/** What was sent that has no code in it. */
const noticesIn = ({ messages }: Outbox): { to: string; text: string }[] =>
  messages.filter(({ text }) => !/\d{6}/.test(text)).map(({ to, text }) => ({ to, text }));
const notices = (): { to: string; text: string }[] => [...noticesIn(stage.mail), ...noticesIn(stage.sms)];
const told = (type: string): number => stage.events.filter((event) => event.type === 'notified' && event.reason === type).length;
const forget = (): void => {
  stage.mail.messages.length = 0;
  stage.sms.messages.length = 0;
  stage.events.length = 0;
};
const sent = async (expected: { to: string; text: string }[]): Promise<void> => {
  await vi.waitFor(() => expect(notices()).toEqual(expected));
  forget();
};
const setEmail = (person: Person, email: string, emailVerified: boolean): Promise<Answer> =>
  stage.call('PUT', `/users/${person.id}`, { email, emailVerified }, MASTER);
const codeIn = (box: Outbox): string =>
  /\d{6}/.exec(box.messages.findLast(({ text }) => /\d{6}/.test(text))?.text ?? '')?.[0] ?? '';

async function prove(person: Person, key: 'email' | 'otp'): Promise<void> {
  stage.time.now += MINUTE;
  expect((await stage.challenge({ challengeData: { [key]: true } }, person.session)).status).toBe(200);
  expect((await stage.save(person, { [key]: codeIn(key === 'email' ? stage.mail : stage.sms) })).status).toBe(200);
}

async function add(person: Person, email: string): Promise<void> {
  stage.time.now += MINUTE;
  expect((await stage.challenge({ challengeData: { email: { email } } }, person.session)).status).toBe(200);
  expect((await stage.save(person, { email: { email, code: codeIn(stage.mail) } })).status).toBe(200);
}

describe('a notice', () => {
  it('a notice goes to every address that was known before, and never to a new one alone', async () => {
    await start();
    const person = await stage.signUp();
    await add(person, 'first@example.com');
    expect(notices()).toEqual([]); // no other address is known
    forget();
    await stage.enrolPhone(person, '+15551110001');
    const added = 'A way to sign in was added to your account. If this was not you, change your password and contact us.';
    await sent([{ to: 'first@example.com', text: added }]);
    await prove(person, 'otp');
    forget();
    await add(person, 'second@example.com');
    const replaced = expect.stringContaining('was replaced') as string;
    await sent([
      { to: 'first@example.com', text: replaced },
      { to: '+15551110001', text: replaced },
    ]);
    await prove(person, 'otp');
    forget();
    await stage.save(person, { email: null });
    const removed = expect.stringContaining('was removed') as string;
    await sent([
      { to: 'second@example.com', text: removed },
      { to: '+15551110001', text: removed },
    ]);
  });

  it("a notice goes to the account's own address only if that is verified", async () => {
    await start();
    for (const [email, verified] of [
      ['known@example.com', true],
      ['claimed@example.com', false],
    ] as const) {
      const person = await stage.signUp();
      await setEmail(person, email, verified);
      await stage.enrolTotp(person);
    }
    await sent([{ to: 'known@example.com', text: expect.stringContaining('was added') as string }]);
  });

  it("a notice is sent about a recovery code, a lock and an administrator's change, but not about a trusted device", async () => {
    await start();
    const person = await stage.signUp();
    await stage.enrolEmail(person, 'ann@example.com');
    const made = await stage.save(person, { recovery: { generate: 'true' } });
    await sent([{ to: 'ann@example.com', text: expect.stringContaining('was added') as string }]);
    const [code] = String(made.body['authDataResponse'].recovery.codes).split(', ');
    const again = await stage.another(person, { recovery: code });
    await sent([{ to: 'ann@example.com', text: expect.stringContaining('A recovery code was used') as string }]);
    expect(slug(await stage.save(again, { device: { remember: 'true', name: 'x' } }))).toBe('fresh_proof_required');
    await prove(person, 'email');
    forget();
    expect((await stage.save(person, { device: { remember: 'true', name: 'x' } })).status).toBe(200);
    for (let guess = 0; guess < 12; guess += 1) await stage.logIn(person, { email: '000000' });
    await sent([{ to: 'ann@example.com', text: expect.stringContaining('Too many wrong codes') as string }]);
    await stage.call('POST', '/functions/factorsReset', { userId: person.id }, MASTER);
    await vi.waitFor(() => expect(told('removed')).toBe(3));
    expect(new Set(notices().map(({ to }) => to))).toEqual(new Set(['ann@example.com']));
  });

  it('a notice at every known address tells of a help code when it is issued and when it is used, and never the code', async () => {
    await start({ more: { help: new HelpCodeFactor() } });
    const person = await stage.signUp();
    await stage.enrolEmail(person, 'ann@example.com');
    await stage.enrolPhone(person, '+15551110002');
    await vi.waitFor(() => expect(told('enrolled')).toBe(1));
    forget();
    const help = await issueHelpCode(stage, person);
    const everywhere = (part: string): { to: string; text: string }[] =>
      ['ann@example.com', '+15551110002'].map((to) => ({ to, text: expect.stringContaining(part) as string }));
    await sent(everywhere('An administrator issued a one-time code'));
    expect((await stage.logIn(person, { help })).status).toBe(200);
    await vi.waitFor(() => expect(told('help_used')).toBe(2));
    expect(JSON.stringify([stage.mail.messages, stage.sms.messages, stage.events])).not.toContain(help);
    await sent(everywhere('A one-time code from an administrator was used'));
  });

  it('a notice is in the language of the request and names the application', async () => {
    await start({ mail: { appName: 'Acme' } });
    const person = await stage.signUp();
    await stage.enrolEmail(person, 'ann@example.com');
    forget();
    const { body } = await stage.challenge({ challengeData: { totp: true } }, person.session);
    const totp = stage.totp(String(body['challengeData'].totp.secret));
    await stage.call('PUT', `/users/${person.id}`, { authData: { totp } }, { ...person.session, 'Accept-Language': 'de-AT' });
    await sent([{ to: 'ann@example.com', text: expect.stringMatching(/^Ihrem Konto bei Acme wurde/) as string }]);
  });

  it('a person who has proven nothing causes no notice', async () => {
    await start();
    const ask = { challengeData: { emailLogin: { email: 'ann@example.com' } } };
    await stage.challenge(ask);
    const signIn = (code: string): Promise<Answer> =>
      stage.call('POST', '/users', { authData: { emailLogin: { id: 'ann@example.com', code } } });
    expect((await signIn(codeIn(stage.mail))).status).toBe(201);
    forget();
    for (let guess = 0; guess < 12; guess += 1) await signIn('000000');
    expect(stage.events.filter(({ type }) => type === 'rejected')).toHaveLength(12);
    await new Promise(setImmediate);
    expect(notices()).toEqual([]);
  });

  it('a user gets at most 20 notices a day', async () => {
    await start();
    const person = await stage.signUp();
    await stage.enrolEmail(person, 'ann@example.com');
    const secret = await stage.enrolTotp(person);
    await vi.waitFor(() => expect(told('enrolled')).toBe(1));
    forget();
    for (let round = 0; round < 25; round += 1) {
      stage.time.now += MINUTE;
      await stage.save(person, { totp: stage.totp(secret) });
      expect((await stage.save(person, { recovery: { generate: 'true' } })).status).toBe(200);
    }
    await vi.waitFor(() => expect(told('enrolled') + told('replaced')).toBe(19)); // one told of the authenticator
    await new Promise(setImmediate);
    expect(notices()).toHaveLength(19);
  });

  it('notices count towards the budget of all messages and towards that of a range of numbers', async () => {
    await start({ mail: { budget: { limit: 2, windowMs: HOUR } }, sms: { maxSendsPerPrefix: 2 } });
    const person = await stage.signUp();
    await stage.enrolEmail(person, 'ann@example.com'); // one message, and one more is allowed
    await stage.enrolPhone(person, '+15551110002');
    await vi.waitFor(() => expect(noticesIn(stage.mail)).toHaveLength(1));
    stage.time.now += MINUTE;
    const { body } = await stage.challenge({ challengeData: { totp: true } }, person.session);
    expect((await stage.save(person, { totp: stage.totp(String(body['challengeData'].totp.secret)) })).status).toBe(200);
    const refused = (): number => stage.events.filter(({ reason }) => reason === 'cooldown').length;
    await vi.waitFor(() => expect([refused(), noticesIn(stage.sms).length, noticesIn(stage.mail).length]).toEqual([1, 1, 1]));
  });

  it('no notice is sent where notices are off, or where the channel is a function', async () => {
    await start({ compose: { notices: false } });
    const person = await stage.signUp();
    await stage.enrolEmail(person, 'ann@example.com');
    await stage.enrolTotp(person);
    await new Promise(setImmediate);
    expect(notices()).toEqual([]);
    await stage.stop();
    const box = outbox();
    await start({ mail: { channel: (delivery) => box.send(delivery) } });
    const other = await stage.signUp();
    await stage.challenge({ challengeData: { email: { email: 'bob@example.com' } } }, other.session);
    await stage.save(other, { email: { email: 'bob@example.com', code: codeIn(box) } });
    await stage.enrolTotp(other);
    await new Promise(setImmediate);
    expect(box.messages).toHaveLength(1);
  });

  it('a notice whose channel hangs, fails or throws changes nothing, and the failure is an event', async () => {
    let notify: NonNullable<Channel['notify']> = () => new Promise(() => undefined);
    const box = outbox();
    const channel: Channel = { name: 'fickle', send: box.send, notify: (notice) => notify(notice) };
    await start({ mail: { channel, deliveryTimeoutMs: 50 } });
    const person = await stage.signUp();
    await stage.challenge({ challengeData: { email: { email: 'ann@example.com' } } }, person.session);
    await stage.save(person, { email: { email: 'ann@example.com', code: codeIn(box) } });
    const secret = await stage.enrolTotp(person);
    const failures = (): unknown[] => stage.events.filter(({ type }) => type === 'delivery_failed').map(({ reason }) => reason);
    await vi.waitFor(() => expect(failures()).toEqual(['DeliveryTimeout']));
    const ways: (typeof notify)[] = [
      () => {
        throw new TypeError('at once');
      },
      () => Promise.reject(new RangeError('later')),
    ];
    const expected = ['DeliveryTimeout'];
    for (const [index, way] of ways.entries()) {
      notify = way;
      stage.time.now += MINUTE;
      await stage.save(person, { totp: stage.totp(secret) });
      expect((await stage.save(person, { recovery: { generate: 'true' } })).status).toBe(200);
      expected.push(['TypeError', 'RangeError'][index] ?? '');
      await vi.waitFor(() => expect(failures()).toEqual(expected));
    }
  });
});
