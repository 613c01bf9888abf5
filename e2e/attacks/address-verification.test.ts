// @compat-major
import { countStatements } from '@parse-factors/test-server/count-statements';
import type { Answer, Person } from '@parse-factors/test-server/parse-server';
import { afterEach, describe, expect, it } from 'vitest';
import { cloudCode } from '../support/cloud-code.js';
import { slug, type Stage, type StageOptions } from '../support/harness.js';
import { holdNextSave } from '../support/held-save.js';
import { enrolled, equipped } from '../support/people.js';
import { BADGE } from '../support/providers.js';
import { MASTER } from '../support/requests.js';
import { NEW, otherThan, type ResetRig } from '../support/reset-rig.js';
import { countSessions, storedKeys } from '../support/rows.js';
import { UNVERIFIED, VERIFIED, VerificationRig } from '../support/verification-rig.js';

let rig: VerificationRig;
let stage: Stage;
let resets: ResetRig;
afterEach(() => stage?.stop());

async function start(options: StageOptions = {}): Promise<void> {
  rig = await VerificationRig.start(options);
  ({ stage, resets } = rig);
}
const email = 'ann@example.com';
const named = { factor: 'email', email };
const wrong = { code: 210, error: 'code_rejected: The code is wrong.' };

/** Requests without a session whose replies must not tell whether an account has the address. */
const WAYS: readonly (readonly [string, (address: string) => Promise<Answer>])[] = [
  ['a request', (address) => rig.ask({ email: address })],
  ['a request in capitals', (address) => rig.ask({ email: address.toUpperCase() })],
  ['a request with spaces around', (address) => rig.ask({ email: ` ${address} ` })],
  ['a request with another field', (address) => rig.ask({ email: address, field: 'email' })],
  ['a request for a phone', (address) => rig.ask({ phone: address })],
  ['a request in a batch', (address) => batch('factorsRequestVerification', { email: address })],
  ['a request by GraphQL', (address) => graphql('factorsRequestVerification', { email: address })],
  ['a wrong code', (address) => rig.verify({ email: address, code: '000000', password: 'a guess' })],
  ['a wrong code with the password', (address) => rig.verify({ email: address, code: '000000', password: 'hunter2' })],
  ['a code of five digits', (address) => rig.verify({ email: address, code: '00000', password: 'hunter2' })],
  ['no password', (address) => rig.verify({ email: address, code: '000000' })],
  ['an empty password', (address) => rig.verify({ email: address, code: '000000', password: '' })],
  ['no code', (address) => rig.verify({ email: address, password: 'hunter2' })],
  ['another field', (address) => rig.verify({ email: address, code: '000000', password: 'hunter2', objectId: 'x' })],
  ['a code in a batch', (address) => batch('factorsVerifyAddress', { email: address, code: '000000', password: 'hunter2' })],
  ['a code by GraphQL', (address) => graphql('factorsVerifyAddress', { email: address, code: '000000', password: 'hunter2' })],
  ['a reset for it', (address) => resets.ask({ factor: 'email', email: address })],
  ['a reset with a wrong code', (address) => resets.set({ factor: 'email', email: address, code: '000000', password: NEW })],
];
const batch = (name: string, body: object): Promise<Answer> =>
  stage.call('POST', '/batch', { requests: [{ method: 'POST', path: `/parse/functions/${name}`, body }] });
async function graphql(functionName: string, params: object): Promise<Answer> {
  const query = 'mutation ($input: CallCloudCodeInput!) { callCloudCode(input: $input) { result } }';
  return { status: 200, body: await stage.graphql(query, { input: { functionName, params } }) };
}

describe('without a session', () => {
  it.each(WAYS)('%s is answered alike for every address, in body and statements', async (_name, send) => {
    await start();
    await stage.signUp({ email: 'unverified@example.com', password: 'hunter2' });
    await resets.withEmail('verified@example.com', { password: 'hunter2' });
    const live = await stage.signUp({ email: 'asked@example.com', password: 'hunter2' });
    expect(live.id).not.toBe('');
    await rig.codeFor({ email: 'asked@example.com' });
    await send('warm@example.com');
    const seen: string[] = [];
    for (const name of ['unverified', 'verified', 'asked', 'none']) {
      resets.later();
      await resets.settled();
      let answer: Answer | undefined;
      const statements = await countStatements(async () => (answer = await send(`${name}@example.com`)));
      const body = JSON.stringify(answer?.body).replaceAll(/[a-z]•••@|\d{4}-\d\d-\d\dT[\d:.]+Z/g, '');
      // What follows the reply is counted too where it is quick, and is not the same: a message is written to some.
      seen.push(JSON.stringify([answer?.status, body, /sent/.test(body) ? 0 : statements]));
    }
    expect(new Set(seen).size, seen.join('\n')).toBe(1);
  });

  it('a code is sent only to an unverified address, and a request for any address counts alike', async () => {
    await start();
    await resets.withEmail('verified@example.com');
    await stage.signUp({ email });
    await resets.settled();
    stage.mail.messages.length = 0;
    for (const address of ['verified@example.com', 'none@example.com', email]) {
      expect((await rig.ask({ email: address })).status).toBe(200);
      expect(slug(await rig.ask({ email: address }))).toBe('cooldown');
    }
    await resets.settled();
    expect(stage.mail.messages.map(({ to }) => to)).toEqual([email]);
  });

  it('a right code with a wrong password, and a wrong code with the right one, look the same; five use the code up', async () => {
    await start();
    const { password } = await stage.signUp({ email });
    const code = await rig.codeFor({ email });
    expect((await rig.verify({ email, code, password: 'a guess' })).body).toEqual(wrong);
    for (let guess = 0; guess < 4; guess += 1) {
      expect((await rig.verify({ email, code: otherThan(code), password })).body).toEqual(wrong);
    }
    expect((await rig.verify({ email, code, password })).body).toEqual(wrong);
  });

  it('a wrong code compares no password: a stranger learns nothing of it, and locks no account', async () => {
    await start({ server: { accountLockout: { duration: 5, threshold: 1 } } });
    const ann = await stage.signUp({ email });
    const code = await rig.codeFor({ email });
    for (let guess = 0; guess < 3; guess += 1) await rig.verify({ email, code: otherThan(code), password: 'a guess' });
    expect(await resets.opens(ann, ann.password)).toBe(true);
  });

  it('the owner of the mailbox verifies no account of a stranger, and the other way round', async () => {
    await start();
    const mallory = await stage.signUp({ email });
    const code = await rig.codeFor({ email });
    // Ann types the code with her own password.
    expect((await rig.verify({ email, code, password: 'of Ann' })).body).toEqual(wrong);
    // Mallory has the password, and the session, but not the code.
    expect((await rig.verify({ email, code: otherThan(code), password: mallory.password })).body).toEqual(wrong);
    expect((await rig.verify({ code }, mallory)).body).toEqual(wrong);
    expect(await rig.fields(mallory, 'emailVerified')).toEqual(UNVERIFIED);
  });

  it('a code does not verify the address for another user who gets it', async () => {
    await start();
    const ann = await stage.signUp({ email });
    const code = await rig.codeFor({ email });
    await rig.put(ann, { email: 'other@example.com' });
    const bob = await stage.signUp({ email });
    expect((await rig.verify({ email, code, password: bob.password })).body).toEqual(wrong);
    expect(await rig.fields(bob, 'emailVerified')).toEqual(UNVERIFIED);
  });

  it('a user without a password cannot verify', async () => {
    await start({ server: { auth: { badge: BADGE } } });
    const authData = { badge: { id: 'b1', secret: 'right' } };
    const { body } = await stage.call('POST', '/users', { authData });
    await stage.call('PUT', `/users/${String(body['objectId'])}`, { email }, MASTER);
    const code = await rig.codeFor({ email });
    for (const password of ['undefined', 'null', ' ']) expect((await rig.verify({ email, code, password })).body).toEqual(wrong);
  });
});

describe('an address that changes meanwhile', () => {
  it('is not verified by the code of the one before', async () => {
    await start();
    const ann = await stage.signUp({ email, phone: '+15551230001' });
    const code = await rig.codeFor({}, ann);
    await rig.put(ann, { email: 'victim@example.com', phone: '+15551230002' });
    expect((await rig.verify({ code }, ann)).body).toEqual(wrong);
    expect((await rig.verify({ field: 'phone', code }, ann)).body).toEqual(wrong);
    expect(await rig.fields(ann, 'emailVerified')).toEqual(UNVERIFIED);
  });

  it.each([
    ['email', 'victim@example.com'],
    ['phone', '+15551230002'],
  ])('while the code is being checked, is not verified: %s', async (field, other) => {
    await start();
    const ann = await stage.signUp({ email, phone: '+15551230001' });
    const code = await rig.codeFor(field === 'email' ? {} : { field }, ann);
    const held = holdNextSave();
    const running = rig.verify({ field, code }, ann);
    await held.arrived;
    await stage.rows.update('_User', { objectId: ann.id }, { [field]: other });
    held.open();
    expect((await running).body).toEqual(wrong);
    expect(await rig.fields(ann, `${field}Verified`)).not.toEqual({ [`${field}Verified`]: true });
  });

  it('by a save that began before another address was verified is not verified either', async () => {
    await start();
    const victim = '+15551230009';
    const ann = await stage.signUp({ phone: victim });
    await rig.put(ann, { phone: victim }); // makes the column
    const held = holdNextSave();
    const slow = rig.put(ann, { phone: victim });
    await held.arrived;
    await rig.put(ann, { phone: '+15551230001' });
    const code = await rig.codeFor({ field: 'phone' }, ann);
    expect((await rig.verify({ field: 'phone', code }, ann)).status).toBe(200);
    held.open();
    await slow;
    expect(await rig.fields(ann, 'phone', 'phoneVerified')).toEqual({ phone: victim, phoneVerified: false });
  });

  it('together with a factor loses its mark, which Parse Server leaves there', async () => {
    await start();
    const { person, secret } = await enrolled(stage);
    await resets.verify(person, { email });
    const authData = { totp: stage.totp(secret) };
    expect((await rig.put(person, { email: 'victim@example.com', authData })).status).toBe(200);
    expect(await rig.fields(person, 'email', 'emailVerified')).toEqual({ email: 'victim@example.com', ...UNVERIFIED });
  });

  it('in a batch with the code is verified for neither', async () => {
    await start();
    const ann = await stage.signUp({ email });
    const code = await rig.codeFor({}, ann);
    const requests = [
      { method: 'PUT', path: `/parse/users/${ann.id}`, body: { email: 'victim@example.com' } },
      { method: 'POST', path: '/parse/functions/factorsVerifyAddress', body: { code } },
    ];
    await stage.call('POST', '/batch', { requests }, ann.session);
    const after = (await rig.fields(ann, 'email', 'emailVerified')) as { email: string; emailVerified: boolean };
    expect(after).not.toEqual({ email: 'victim@example.com', emailVerified: true });
  });
});

describe('a code', () => {
  it('that 20 requests send at the same moment verifies once; five are looked at', async () => {
    await start();
    const ann = await stage.signUp({ email });
    const code = await rig.codeFor({}, ann);
    const answers = await Promise.all(Array.from({ length: 20 }, () => rig.verify({ code }, ann)));
    expect(answers.filter(({ status }) => status === 200)).toHaveLength(1);
    expect(stage.events.filter(({ type }) => type === 'address_verified')).toHaveLength(1);
    expect(await rig.fields(ann, 'emailVerified')).toEqual(VERIFIED);
  });

  it('is sent once where 20 requests ask at the same moment, with a session and without', async () => {
    await start();
    const ann = await stage.signUp({ email });
    await resets.settled();
    stage.mail.messages.length = 0;
    await Promise.all(Array.from({ length: 20 }, () => rig.ask({}, ann)));
    expect(stage.mail.messages).toHaveLength(1);
    await Promise.all(Array.from({ length: 20 }, () => rig.ask({ email })));
    await resets.settled();
    expect(stage.mail.messages).toHaveLength(2);
  });

  it('for one purpose, user, or way is refused for any other', async () => {
    await start();
    const ann = await stage.signUp({ email });
    const bob = await stage.signUp({ email: 'bob@example.com' });
    const code = await rig.codeFor({}, ann);
    expect((await rig.verify({ code }, bob)).body).toEqual(wrong);
    expect((await rig.verify({ email, code, password: ann.password })).body).toEqual(wrong);
    expect((await resets.set({ ...named, code, password: NEW })).body).toEqual(wrong);
    expect(slug(await stage.call('POST', '/users', { authData: { emailLogin: { id: email, code } } }))).toBe('code_rejected');
    expect(slug(await stage.save(ann, { emailLogin: { id: email, code } }))).toBe('code_rejected');
    await stage.challenge({ challengeData: { emailLogin: { email } } });
    expect((await rig.verify({ code: stage.lastCode(stage.mail) }, ann)).body).toEqual(wrong);
    expect((await rig.verify({ code }, ann)).status).toBe(200);
  });

  it('of a session that has ended verifies nothing', async () => {
    await start();
    const ann = await stage.signUp({ email });
    const code = await rig.codeFor({}, ann);
    const held = holdNextSave();
    const running = rig.verify({ code }, ann);
    await held.arrived;
    await stage.call('POST', '/logout', {}, ann.session);
    held.open();
    expect((await running).body['code']).toBe(209);
    expect(await rig.fields(ann, 'emailVerified')).toEqual(UNVERIFIED);
  });

  it('cannot be asked for by one user for many addresses', async () => {
    await start();
    const ann = await stage.signUp({ email });
    let sent = 0;
    for (let each = 0; each < 8; each += 1) {
      await rig.put(ann, { email: `victim-${each}@example.com` });
      stage.time.now += 61_000;
      sent += Number((await rig.ask({}, ann)).status === 200);
    }
    expect(sent).toBe(5);
  });
});

describe('an account that a stranger has opened with an address', () => {
  const server = { auth: { badge: BADGE } };
  const prepared = async (): Promise<{ mallory: Person; secret: string; token: string; codes: string[] }> => {
    const { person: mallory, ...rest } = await equipped(stage);
    await stage.rows.update('_User', { objectId: mallory.id }, { email, emailVerified: false });
    await stage.enrolPhone(mallory, '+15551230005');
    const badge = { id: 'of Mallory', secret: 'right' };
    expect((await stage.save(mallory, { badge })).status).toBe(200);
    resets.later();
    return { mallory, ...rest };
  };

  it('is taken over cleanly by the owner of the address', async () => {
    await start({ server });
    const { mallory, secret, token, codes } = await prepared();
    const code = await resets.codeFor(named);
    await resets.settled();
    stage.mail.messages.length = stage.sms.messages.length = 0;
    expect(await resets.set({ ...named, code, password: NEW })).toEqual({ status: 200, body: { result: { status: 'reset' } } });
    expect(await rig.fields(mallory, 'email', 'emailVerified')).toEqual({ email, ...VERIFIED });
    expect(await storedKeys(stage, mallory)).toEqual([]);
    expect(await countSessions(stage, mallory)).toBe(0);
    expect((await stage.call('GET', '/users/me', undefined, mallory.session)).body['code']).toBe(209);
    for (const authData of [undefined, { totp: stage.totp(secret) }, { device: { token } }, { recovery: codes[0] }]) {
      expect(await resets.opens(mallory, mallory.password, authData)).toBe(false);
    }
    const again = await stage.call('POST', '/users', { authData: { badge: { id: 'of Mallory', secret: 'right' } } });
    expect(again.body['objectId']).not.toBe(mallory.id);
    expect((await stage.logIn({ ...mallory, password: NEW })).status).toBe(200);
    await resets.settled();
    expect(stage.events.filter(({ type }) => type === 'account_taken_over')).toEqual([
      expect.objectContaining({ factor: 'email', userId: mallory.id }),
    ]);
    expect(stage.events.some(({ type }) => type === 'password_reset')).toBe(false);
    expect(stage.mail.messages.map(({ to, text }) => `${to}: ${text}`)).toEqual([
      expect.stringMatching(/^ann@example\.com: The email address of your account was verified for the first time\./),
    ]);
    expect(stage.sms.messages.map(({ to }) => to)).toEqual(['+15551230005']);
  });

  it('also where the code is of a factor that signs in; never by a user name', async () => {
    await start();
    const mallory = await stage.signUp({ email });
    await resets.ask({ factor: 'emailLogin', username: mallory.username });
    await resets.settled();
    expect(stage.mail.messages.filter(({ text }) => /reset your/.test(text))).toEqual([]);
    const login = { factor: 'emailLogin', email };
    expect((await resets.set({ ...login, code: await resets.codeFor(login), password: NEW })).status).toBe(200);
    expect(await resets.opens(mallory, NEW)).toBe(true);
  });

  it('stays where the option is off, where the server verifies no emails, and where the address is linked elsewhere', async () => {
    await start({ compose: { takeOver: false } });
    await stage.signUp({ email });
    const mailsAfter = async (): Promise<number> => {
      stage.mail.messages.length = 0;
      await resets.ask(named);
      await resets.settled();
      return stage.mail.messages.length;
    };
    expect(await mailsAfter()).toBe(0);
    await stage.stop();
    await start({ server: { verifyUserEmails: false } });
    await stage.signUp({ email });
    expect(await mailsAfter()).toBe(0);
  });

  it('is not taken over once its address is verified: not by an earlier code, and not while that is checked', async () => {
    await start();
    const { person, secret } = await enrolled(stage);
    await stage.rows.update('_User', { objectId: person.id }, { email, emailVerified: false });
    const code = await resets.codeFor(named);
    const held = holdNextSave();
    const running = resets.set({ ...named, code, password: NEW });
    await held.arrived;
    await stage.rows.update('_User', { objectId: person.id }, { emailVerified: true });
    held.open();
    expect(slug(await running)).toBe('factor_required');
    expect(await storedKeys(stage, person)).toEqual(['totp']);
    expect(await resets.opens(person, person.password, { totp: stage.totp(secret) })).toBe(true);
    expect(slug(await resets.set({ ...named, code, password: NEW }))).toBe('factor_required');
    resets.later();
    const next = await resets.codeFor(named);
    expect((await resets.set({ ...named, code: next, password: NEW })).body['error']).toContain('totp');
  });

  it('is decided again in the statement of the write', async () => {
    await start();
    const { person } = await enrolled(stage);
    await stage.rows.update('_User', { objectId: person.id }, { email, emailVerified: false });
    const code = await resets.codeFor(named);
    // After the last look at the row, and before the write: when the sessions end.
    let isWaiting = true;
    cloudCode().Cloud.beforeSave('_User', async (request: unknown) => {
      const { database } = (request as { readonly config: { readonly database: { destroy(...given: unknown[]): unknown } } })
        .config;
      const { destroy } = database;
      database.destroy = async (...given: unknown[]) => {
        if (isWaiting) await stage.rows.update('_User', { objectId: person.id }, { emailVerified: true });
        isWaiting = false;
        return destroy.apply(database, given);
      };
    });
    const answer = await resets.set({ ...named, code, password: NEW });
    expect(isWaiting).toBe(false);
    expect(slug(answer)).toBe('factor_required');
    expect(await storedKeys(stage, person)).toEqual(['totp']);
    expect(stage.events.some(({ type }) => type === 'account_taken_over')).toBe(false);
  });

  it.each([{ totp: '123456' }, { recovery: 'abcd' }])('takes no answers of its factors: %j', async (authData) => {
    await start();
    const { person } = await equipped(stage);
    await stage.rows.update('_User', { objectId: person.id }, { email, emailVerified: false });
    const code = await resets.codeFor(named);
    expect(slug(await resets.set({ ...named, code, password: NEW, authData }))).toBe('invalid_input');
    expect(slug(await resets.set({ ...named, code, challengeData: { totp: true } }))).toBe('not_enrolled');
    expect((await resets.set({ ...named, code, password: NEW })).status).toBe(200);
  });

  it.each<[string, (mallory: Person) => object]>([
    ['a provider', () => ({ authData: { badge: { id: 'of Mallory', secret: 'right' } } })],
    ['another email', () => ({ email: 'mallory@example.com' })],
    ['a password', () => ({ password: 'of Mallory' })],
  ])('is not won back by a save of the stranger that was under way: %s', async (_name, fields) => {
    await start({ server });
    const mallory = await stage.signUp({ email });
    const code = await resets.codeFor(named);
    const held = holdNextSave();
    const slow = rig.put(mallory, fields(mallory));
    await held.arrived;
    expect((await resets.set({ ...named, code, password: NEW })).status).toBe(200);
    held.open();
    expect((await slow).status).toBeGreaterThanOrEqual(400);
    expect(await rig.fields(mallory, 'email', 'emailVerified')).toEqual({ email, ...VERIFIED });
    expect(await storedKeys(stage, mallory)).toEqual([]);
    expect(await resets.opens(mallory, 'of Mallory')).toBe(false);
    expect(await resets.opens(mallory, NEW)).toBe(true);
  });

  it('of five takers at the same moment, exactly one gets it', async () => {
    await start();
    const mallory = await stage.signUp({ email });
    const code = await resets.codeFor(named);
    const passwords = Array.from({ length: 5 }, (_, each) => `password ${each}`);
    const answers = await Promise.all(passwords.map((password) => resets.set({ ...named, code, password })));
    const won = answers.findIndex(({ status }) => status === 200);
    expect(answers.filter(({ status }) => status === 200)).toHaveLength(1);
    expect(await resets.opens(mallory, passwords[won] ?? '')).toBe(true);
  });
});

describe('the factors of an account', () => {
  /** Asks for a reset by the thief's address, which sends nothing and changes nothing. */
  async function expectKept(person: Person, secret: string): Promise<void> {
    stage.mail.messages.length = 0;
    expect((await resets.ask({ factor: 'email', email: 'thief@example.com' })).status).toBe(200);
    await resets.settled();
    expect(stage.mail.messages).toEqual([]);
    expect(await storedKeys(stage, person)).toEqual(['totp']);
    expect(await resets.opens(person, person.password, { totp: stage.totp(secret) })).toBe(true);
  }

  it('are not gone around by an email that a stolen session changed before the user had any', async () => {
    await start();
    const person = await stage.signUp();
    await resets.verify(person, { email });
    expect((await rig.put(person, { email: 'thief@example.com' })).status).toBe(200);
    const secret = await stage.enrolTotp(person);
    resets.later();
    await expectKept(person, secret);
  });

  it('are not gone around by a stolen session that changes the email', async () => {
    await start();
    const { person, secret } = await enrolled(stage);
    await resets.verify(person, { email });
    expect((await rig.put(person, { email: 'thief@example.com' })).status).toBe(200);
    expect(slug(await rig.put(person, { emailChanged: false }))).toBe('invalid_input');
    await stage.call('POST', '/verificationEmailRequest', { email: 'thief@example.com' });
    await resets.settled();
    await expectKept(person, secret);
  });

  it('are not gone around where one of them has proven that mailbox', async () => {
    await start();
    const ann = await stage.signUp({ email: 'Ann+news@example.com' });
    await stage.enrolEmail(ann, 'ann@example.com');
    resets.later();
    await resets.settled();
    stage.mail.messages.length = 0;
    await resets.ask({ factor: 'email', email: 'ann+news@example.com' });
    await resets.settled();
    expect(stage.mail.messages).toEqual([]);
  });
});
