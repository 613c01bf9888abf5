import { MemoryOtpStore } from '@parse-factors/core';
import type { OtpStore } from '@parse-factors/core/store';
import type { Answer } from '@parse-factors/test-server/parse-server';
import { afterEach, describe, expect, it } from 'vitest';
import { cloudCode } from '../support/cloud-code.js';
import { holdNextSave } from '../support/held-save.js';
import { enrolled, equipped } from '../support/people.js';
import { MASTER } from '../support/requests.js';
import { NEW, otherThan, ResetRig } from '../support/reset-rig.js';
import { VerificationRig } from '../support/verification-rig.js';
import { countSessions, storeFactor } from '../support/rows.js';

/** What an independent attack on the reset of passwords by a code has found, and what it must not find again. */

let rig: ResetRig;
afterEach(() => rig?.stage.stop());

const named = { factor: 'email', email: 'ann@example.com' };

const batch = (requests: object[], headers?: Record<string, string>): Promise<Answer> =>
  rig.stage.call('POST', '/batch', { requests }, headers);
const reset = (params: object): object => ({ method: 'POST', path: '/parse/functions/factorsResetPassword', body: params });

/** Holds up the next saves of users in a trigger of the application. */
function holdSaves(count: number): { readonly arrived: Promise<void>; readonly open: () => void } {
  let [open, arrive] = [(): void => undefined, (): void => undefined];
  const opened = new Promise<void>((resolve) => (open = resolve));
  const arrived = new Promise<void>((resolve) => (arrive = resolve));
  let left = count;
  cloudCode().Cloud.beforeSave('_User', async () => {
    if (left === 0) return;
    left -= 1;
    if (left === 0) arrive();
    await opened;
  });
  return { arrived, open: () => open() };
}

describe('resets in one batch', () => {
  it('each verify the second factor', async () => {
    rig = await ResetRig.start();
    const { person, secret } = await enrolled(rig.stage);
    await rig.verify(person, { email: 'ann@example.com' });
    const code = await rig.codeFor(named);
    const authData = { totp: otherThan(rig.stage.totp(secret)) };
    await batch(['one', 'two', 'three'].map((password) => reset({ ...named, code, password, authData })));
    const totp = rig.stage.totp(secret);
    for (const password of ['one', 'two', 'three']) expect(await rig.opens(person, password, { totp })).toBe(false);
    expect(await rig.opens(person, person.password, { totp })).toBe(true);
    expect(rig.stage.events.filter(({ type }) => type === 'password_reset')).toEqual([]);
  });

  it('use a code up once, with one event', async () => {
    rig = await ResetRig.start();
    const ann = await rig.withEmail('ann@example.com');
    const code = await rig.codeFor(named);
    const { body } = await batch([0, 1, 2, 3].map((each) => reset({ ...named, code, password: `password ${each}` })));
    expect(JSON.stringify(body).match(/"reset"/g)).toHaveLength(1);
    expect(rig.stage.events.filter(({ type }) => type === 'password_reset')).toHaveLength(1);
    expect(await rig.opens(ann, ann.password)).toBe(false);
  });

  it('and new passwords of a stolen session that are under way in one do not win over a reset', async () => {
    rig = await ResetRig.start();
    const ann = await rig.withEmail('ann@example.com');
    const code = await rig.codeFor(named);
    const held = holdSaves(2);
    const put = { method: 'PUT', path: `/parse/users/${ann.id}`, body: { password: 'of a thief' } };
    const stolen = batch([put, put], ann.session);
    await held.arrived;
    expect((await rig.set({ ...named, code, password: NEW })).status).toBe(200);
    held.open();
    await stolen;
    expect(await rig.opens(ann, 'of a thief')).toBe(false);
    expect(await rig.opens(ann, NEW)).toBe(true);
  });
});

describe('a reset', () => {
  it('leaves no code, answer or password in the log of Parse Server', async () => {
    const logged: string[] = [];
    const log = (_level: string, ...more: unknown[]): void => void logged.push(JSON.stringify(more));
    rig = await ResetRig.start({ server: { silent: false, logLevel: 'info', loggerAdapter: { log, query: () => undefined } } });
    const { person, secret, codes } = await equipped(rig.stage);
    await rig.verify(person, { email: 'ann@example.com' });
    const code = await rig.codeFor(named);
    logged.length = 0;
    const [recovery] = codes;
    const wrong = { recovery, totp: otherThan(rig.stage.totp(secret)) };
    expect((await rig.set({ ...named, code, password: 'my "new" secret password', authData: wrong })).status).toBe(400);
    const right = { totp: rig.stage.totp(secret) };
    expect((await rig.set({ ...named, code, password: 'my other password', authData: right })).status).toBe(200);
    expect(logged.join('\n')).toContain('factorsResetPassword');
    for (const hidden of [code, recovery, 'secret password', 'other password', 'ann@example.com"'])
      expect(logged.filter((line) => line.includes('factorsResetPassword')).join('\n')).not.toContain(hidden);
  });

  it('sends no code to an email that was changed and not verified without takeOver, nor where the server verifies none', async () => {
    rig = await ResetRig.start({ compose: { takeOver: false } });
    const ann = await rig.withEmail('ann@example.com');
    await rig.stage.call('PUT', `/users/${ann.id}`, { email: 'other@example.com' }, ann.session);
    await rig.ask({ factor: 'email', email: 'other@example.com' });
    await rig.ask({ factor: 'email', username: ann.username });
    await rig.settled();
    expect(rig.stage.mail.messages).toHaveLength(0);
    const idle = async (): Promise<unknown[]> =>
      (await rig.stage.factors.check()).filter(({ reason }) => reason === 'reset_finds_no_email').map(({ factor }) => factor);
    expect(await idle()).toEqual([]);
    await rig.stage.stop();
    rig = await ResetRig.start({ server: { verifyUserEmails: false } });
    expect(await idle()).toEqual(['email']);
    await rig.withEmail('ann@example.com');
    expect((await rig.ask(named)).status).toBe(200);
    await rig.settled();
    expect(rig.stage.mail.messages).toHaveLength(0);
  });

  it('sends codes to an email that a code has verified, where the server verifies none, and to no changed or unverified one', async () => {
    const box = (): number => rig.stage.mail.messages.length;
    const verification = await VerificationRig.start({ server: { verifyUserEmails: false } });
    rig = verification.resets;
    const ann = await rig.stage.signUp({ email: 'ann@example.com' });
    const reset = async (email: string): Promise<number> => {
      rig.later();
      await rig.settled(); // notices of the change
      rig.stage.mail.messages.length = 0;
      for (const factor of ['email', 'emailLogin']) expect((await rig.ask({ factor, email })).status).toBe(200);
      await rig.settled();
      return box();
    };
    expect(await reset('ann@example.com')).toBe(0); // and it is not taken over
    const code = await verification.codeFor({ email: 'ann@example.com' });
    expect((await verification.verify({ email: 'ann@example.com', code, password: ann.password })).status).toBe(200);
    expect(await reset('ann@example.com')).toBe(2);
    for (const headers of [ann.session, MASTER]) {
      expect((await verification.put(ann, { email: 'other@example.com' }, headers)).status).toBe(200);
      expect(await reset('other@example.com')).toBe(0);
      expect(await reset('ann@example.com')).toBe(0);
    }
  });

  it.each([{ sealed: 'forged' }, {}])('finds no user by a record that the factor has not sealed: %j', async (more) => {
    rig = await ResetRig.start();
    const ann = await rig.stage.signUp();
    await storeFactor(rig.stage, ann, 'emailLogin', { id: 'mallory@example.com', ...more });
    await rig.ask({ factor: 'emailLogin', email: 'mallory@example.com' });
    await rig.ask({ factor: 'emailLogin', username: ann.username });
    await rig.settled();
    expect(rig.stage.mail.messages).toHaveLength(0);
  });

  it('answers a user name alike: with allow, for an address that the factor refuses, and with codes for the address', async () => {
    rig = await ResetRig.start({ mail: { allow: (address) => address.endsWith('@example.com') } });
    const ann = await rig.withEmail('ann@example.com');
    const bob = await rig.withEmail('bob@intranet'); // Parse Server accepts it
    for (const username of [ann.username, bob.username, 'unknown']) {
      expect(await rig.ask({ factor: 'email', username })).toMatchObject({ status: 200, body: { result: { status: 'sent' } } });
    }
    for (const email of ['ann@example.com', 'carl@example.com']) expect((await rig.ask({ ...named, email })).status).toBe(200);
  });

  it('of strangers uses up neither the budget nor the sign-in messages of users', async () => {
    rig = await ResetRig.start({ mail: { budget: { limit: 3, windowMs: 60 * 60_000 } } });
    const ann = await rig.stage.signUp();
    await rig.stage.enrolEmail(ann);
    rig.later();
    for (let each = 0; each < 8; each += 1) await rig.ask({ factor: 'email', email: `none-${each}@example.com` });
    const { username, password } = ann;
    expect((await rig.stage.challenge({ username, password, challengeData: { email: true } })).status).toBe(200);
  });

  it('of one network is limited', async () => {
    rig = await ResetRig.start();
    const asked: number[] = [];
    for (let each = 0; each < 21; each += 1) asked.push((await rig.ask({ ...named, email: `a${each}@example.com` })).status);
    expect(asked).toEqual([...Array.from({ length: 20 }, () => 200), 400]);
  });

  it('waives no second factor on another spelling of the mailbox, and takes none beside a better one', async () => {
    rig = await ResetRig.start();
    const { person, secret } = await enrolled(rig.stage);
    await rig.verify(person, { email: 'ann@example.com' });
    await rig.stage.enrolEmail(person, 'ann+codes@example.com');
    rig.later();
    const code = await rig.codeFor(named);
    expect((await rig.set({ ...named, code, challengeData: { email: true } })).body['error']).toContain('not_enrolled');
    expect((await rig.set({ ...named, code, password: NEW })).body['error']).toContain('totp');
    expect((await rig.set({ ...named, code, password: NEW, authData: { totp: rig.stage.totp(secret) } })).status).toBe(200);
    const bob = await rig.withEmail('bob@example.com');
    await rig.stage.enrolEmail(bob, 'bob+codes@example.com');
    rig.later();
    const bobs = { factor: 'email', email: 'bob@example.com' };
    const second = await rig.codeFor(bobs);
    expect((await rig.set({ ...bobs, code: second, password: NEW })).body['error']).toContain('Also required: email');
  });

  it('and a login do not take the codes that were sent for the other', async () => {
    rig = await ResetRig.start();
    const ann = await rig.withEmail('ann@example.com');
    await rig.stage.enrolPhone(ann, '+15551230002');
    rig.later();
    const first = await rig.codeFor(named);
    await rig.set({ ...named, code: first, challengeData: { otp: true } });
    expect(await rig.opens(ann, ann.password, { otp: rig.stage.lastCode(rig.stage.sms) })).toBe(false);
    rig.later();
    await rig.stage.challenge({ username: ann.username, password: ann.password, challengeData: { otp: true } });
    const otp = rig.stage.lastCode(rig.stage.sms);
    const code = await rig.codeFor(named);
    expect((await rig.set({ ...named, code, password: NEW, authData: { otp } })).status).toBe(400);
  });
});

describe('a request for a code', () => {
  it('is answered alike when the store fails to keep the code; an event tells of it', async () => {
    const memory = new MemoryOtpStore({ clock: () => rig.stage.time.now });
    const store: OtpStore = Object.assign(Object.create(memory) as MemoryOtpStore, {
      issue: async () => Promise.reject(new Error('ECONNREFUSED')),
      count: memory.count.bind(memory),
    });
    rig = await ResetRig.start({ compose: { store } });
    await rig.withEmail('ann@example.com');
    expect(await rig.ask(named)).toMatchObject({ status: 200, body: { result: { status: 'sent' } } });
    await rig.settled();
    expect(rig.stage.events).toContainEqual(expect.objectContaining({ type: 'fault', factor: 'email' }));
    expect(rig.stage.mail.messages).toHaveLength(0);
  });
});

describe('while a reset is under way', () => {
  it('a factor that is set up makes it fail', async () => {
    rig = await ResetRig.start();
    const ann = await rig.withEmail('ann@example.com');
    const code = await rig.codeFor(named);
    const held = holdNextSave();
    const running = rig.set({ ...named, code, password: NEW });
    await held.arrived;
    const { body } = await rig.stage.challenge({ challengeData: { totp: true } }, ann.session);
    const { secret } = body['challengeData'].totp as { secret: string };
    expect((await rig.stage.save(ann, { totp: rig.stage.totp(secret) })).status).toBe(200);
    held.open();
    expect((await running).body['error']).toContain('factor_required');
    rig.stage.time.now += 60_000;
    expect(await rig.opens(ann, ann.password, { totp: rig.stage.totp(secret) })).toBe(true);
  });

  it('an address that changes makes it fail', async () => {
    rig = await ResetRig.start();
    const ann = await rig.withEmail('ann@example.com');
    const code = await rig.codeFor(named);
    const held = holdNextSave();
    const running = rig.set({ ...named, code, password: NEW });
    await held.arrived;
    await rig.stage.call('PUT', `/users/${ann.id}`, { email: 'safe@example.com' }, MASTER);
    held.open();
    expect((await running).body['error']).toContain('factor_required');
    expect(await rig.opens(ann, ann.password)).toBe(true);
  });

  it('a trigger of the application that takes the password out makes it fail', async () => {
    rig = await ResetRig.start();
    const ann = await rig.withEmail('ann@example.com');
    let isDropping = true;
    cloudCode().Cloud.beforeSave('_User', async (request: unknown) => {
      const { object } = request as { readonly object: { op(field: string): unknown; revert(field: string): void } };
      if (isDropping && object.op('password') !== undefined) object.revert('password');
    });
    const code = await rig.codeFor(named);
    expect((await rig.set({ ...named, code, password: NEW })).body['error']).toContain('unavailable');
    isDropping = false; // triggers outlast the server of a test
    expect(await rig.opens(ann, ann.password)).toBe(true);
  });

  it('sessions that cannot be ended make it fail, and the password stays', async () => {
    rig = await ResetRig.start();
    const ann = await rig.withEmail('ann@example.com');
    const code = await rig.codeFor(named);
    let isFailing = true;
    cloudCode().Cloud.beforeSave('_User', async (request: unknown) => {
      const { database } = (request as { readonly config: { readonly database: { destroy(name: string): Promise<unknown> } } })
        .config;
      if (isFailing) database.destroy = async () => Promise.reject(new Error('ECONNRESET'));
    });
    expect((await rig.set({ ...named, code, password: NEW })).body['error']).toContain('unavailable');
    isFailing = false;
    expect([await rig.opens(ann, NEW), await rig.opens(ann, ann.password)]).toEqual([false, true]);
    expect(await countSessions(rig.stage, ann)).toBeGreaterThan(0);
  });
});
