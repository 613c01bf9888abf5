// @compat-major
import { hasTransactions } from '@parse-factors/test-server/database/test-database';
import type { Answer, Person } from '@parse-factors/test-server/parse-server';
import { loadParseSdk } from '@parse-factors/test-server/parse-sdk';
import { afterEach, describe, expect, it } from 'vitest';
import { cloudCode } from '../support/cloud-code.js';
import { slug, type Stage, type StageOptions } from '../support/harness.js';
import { enrolled, enrolledLongAgo } from '../support/people.js';
import { MASTER, sessionHeaders, UPDATE_USER } from '../support/requests.js';
import { NEW, otherThan } from '../support/reset-rig.js';
import { UNVERIFIED, VERIFIED, VerificationRig } from '../support/verification-rig.js';

let rig: VerificationRig;
let stage: Stage;
afterEach(() => stage?.stop());

async function start(options: StageOptions = {}): Promise<void> {
  rig = await VerificationRig.start(options);
  ({ stage } = rig);
}
const withEmail = (email = 'Ann@Example.com', fields: object = {}): Promise<Person> => stage.signUp({ email, ...fields });
const texts = (box: Stage['mail']): string[] => box.messages.map(({ to, text }) => `${to}: ${text}`);

/** What Parse Server keeps for its own link. */
async function tokenOf({ id }: Person): Promise<unknown> {
  const [row] = await stage.rows.find('_User', { objectId: id });
  return row?.['_email_verify_token'] ?? undefined;
}

describe('with a session, a code verifies', () => {
  it('the email, as the link of Parse Server does, whose link then is void', async () => {
    await start({ server: { emailVerifyTokenValidityDuration: 3600 } });
    const ann = await withEmail();
    expect(await tokenOf(ann)).toEqual(expect.any(String));
    const saved: unknown[] = [];
    cloudCode().Cloud.afterSave('_User', ({ object }) => void saved.push(object.get('emailVerified')));
    const code = await rig.codeFor({}, ann);
    expect(stage.mail.messages[0]).toMatchObject({ to: 'ann@example.com' });
    expect(stage.mail.messages[0]?.text).toContain('to verify your contact details');
    expect(await rig.verify({ code }, ann)).toEqual({ status: 200, body: { result: { status: 'verified' } } });
    expect(await rig.fields(ann, 'email', 'emailVerified')).toEqual({ email: 'Ann@Example.com', ...VERIFIED });
    expect(await tokenOf(ann)).toBeUndefined();
    expect(saved.at(-1)).toBe(true);
    expect(stage.events).toContainEqual(
      expect.objectContaining({ type: 'address_verified', reason: 'email', factor: 'emailLogin', userId: ann.id }),
    );
    expect(await rig.ask({ field: 'email' }, ann)).toEqual({ status: 200, body: { result: { status: 'verified' } } });
  });

  it('a phone number', async () => {
    await start();
    const ann = await withEmail('ann@example.com', { phone: '+15551230001' });
    expect(await rig.ask({ field: 'phone' }, ann)).toMatchObject({
      status: 200,
      body: { result: { status: 'sent', destination: '•••• 0001' } },
    });
    expect((await rig.verify({ field: 'phone', code: stage.lastCode(stage.sms) }, ann)).status).toBe(200);
    expect(await rig.fields(ann, 'phoneVerified', 'emailVerified')).toEqual({ phoneVerified: true, ...UNVERIFIED });
  });

  it('over GraphQL and the Parse JS SDK', async () => {
    await start();
    const ann = await withEmail('ann@example.com', { phone: '+15551230001' });
    const call = (functionName: string, params: object): Promise<object> =>
      stage.graphql(
        'mutation ($input: CallCloudCodeInput!) { callCloudCode(input: $input) { result } }',
        { input: { functionName, params } },
        ann.session,
      );
    await call('factorsRequestVerification', {});
    expect(await call('factorsVerifyAddress', { code: stage.lastCode(stage.mail) })).toEqual({
      data: { callCloudCode: { result: { status: 'verified' } } },
    });
    const Parse = loadParseSdk('test', stage.url);
    const sessionToken = ann.session['X-Parse-Session-Token'] ?? '';
    await Parse.Cloud.run('factorsRequestVerification', { field: 'phone' }, { sessionToken });
    const code = stage.lastCode(stage.sms);
    expect(await Parse.Cloud.run('factorsVerifyAddress', { field: 'phone', code }, { sessionToken })).toEqual({
      status: 'verified',
    });
    expect(await rig.fields(ann, 'phoneVerified', 'emailVerified')).toEqual({ phoneVerified: true, ...VERIFIED });
  });

  it('where the server verifies no emails itself; a change of the email takes the mark away', async () => {
    await start({ server: { verifyUserEmails: false } });
    const ann = await withEmail();
    const code = await rig.codeFor({}, ann);
    expect((await rig.verify({ code }, ann)).status).toBe(200);
    expect(await rig.fields(ann, 'emailVerified')).toEqual(VERIFIED);
    await rig.put(ann, { email: 'other@example.com' });
    expect(await rig.fields(ann, 'emailVerified')).toEqual(UNVERIFIED);
  });

  it('nothing without an address, in another field, or with fields that are not known', async () => {
    await start();
    const ann = await stage.signUp();
    for (const params of [{}, { field: 'phone' }, { field: 'username' }, { field: 'constructor' }, { email: 'a@b.example' }]) {
      expect(slug(await rig.ask(params, ann)), JSON.stringify(params)).toBe('invalid_input');
      expect(slug(await rig.verify({ ...params, code: '123456' }, ann)), JSON.stringify(params)).toBe('invalid_input');
    }
    const bob = await withEmail('bob@intranet'); // Parse Server accepts it
    expect(slug(await rig.ask({}, bob))).toBe('invalid_input');
  });
});

describe('without a session, a user who cannot log in yet', () => {
  const server = { preventLoginWithUnverifiedEmail: true };
  const signUp = async (email = 'ann@example.com') => {
    const { body } = await stage.call('POST', '/users', { username: 'ann', password: 'hunter2', email });
    expect(body['sessionToken']).toBeUndefined();
    return { id: String(body['objectId']), username: 'ann', password: 'hunter2', session: {} };
  };

  it('verifies the email with the code and the password, and then logs in', async () => {
    await start({ server });
    const ann = await signUp();
    expect((await stage.logIn(ann)).body['code']).toBe(205);
    const code = await rig.codeFor({ email: 'ANN@example.com' });
    expect(stage.mail.messages[0]?.to).toBe('ann@example.com');
    const { password } = ann;
    expect(slug(await rig.verify({ email: 'ann@example.com', code, password: 'wrong' }))).toBe('code_rejected');
    expect(await rig.verify({ email: 'ann@example.com', code, password })).toEqual({
      status: 200,
      body: { result: { status: 'verified' } },
    });
    expect((await stage.logIn(ann)).status).toBe(200);
  });

  it('has wrong passwords counted by the account lockout of the server, which then refuses the right one too', async () => {
    await start({ server: { ...server, accountLockout: { duration: 5, threshold: 2 } } });
    const { password } = await signUp();
    const sent = { email: 'ann@example.com', code: await rig.codeFor({ email: 'ann@example.com' }) };
    for (const wrong of ['one', 'two']) expect(slug(await rig.verify({ ...sent, password: wrong }))).toBe('code_rejected');
    expect((await rig.verify({ ...sent, password })).body).toEqual({ code: 210, error: 'code_rejected: The code is wrong.' });
    expect(await rig.fields({ id: (await stage.rows.find('_User'))[0]?.['objectId'] } as Person, 'emailVerified')).toEqual(
      UNVERIFIED,
    );
  });
});

describe('a changed address', () => {
  it('is told to the old one, which was verified, and to the new one', async () => {
    await start();
    const ann = await rig.resets.withEmail('ann@example.com');
    await rig.resets.settled();
    stage.mail.messages.length = 0;
    expect((await rig.put(ann, { email: 'new@example.com' })).status).toBe(200);
    await rig.resets.settled();
    expect(texts(stage.mail).toSorted()).toEqual([
      expect.stringMatching(/^ann@example\.com: An email address or phone number of your account was changed\./),
      expect.stringMatching(/^new@example\.com: An email address or phone number of your account was changed\./),
    ]);
    expect(stage.events).toContainEqual(
      expect.objectContaining({ type: 'address_changed', reason: 'email', userId: ann.id, factor: 'emailLogin' }),
    );
  });

  it('is told by GraphQL, for a phone, and to the address of a factor; an unverified old one gets nothing', async () => {
    await start();
    const ann = await stage.signUp({ email: 'old@example.com', phone: '+15551230001' });
    await stage.enrolEmail(ann, 'factor@example.com');
    await rig.resets.settled();
    stage.mail.messages.length = 0;
    const input = { id: Buffer.from(`_User:${ann.id}`).toString('base64'), fields: { email: 'new@example.com' } };
    await stage.graphql(UPDATE_USER, { input }, ann.session);
    await rig.resets.settled();
    expect(stage.mail.messages.map(({ to }) => to).toSorted()).toEqual(['factor@example.com', 'new@example.com']);
    const code = await rig.codeFor({ field: 'phone' }, ann);
    expect((await rig.verify({ field: 'phone', code }, ann)).status).toBe(200);
    stage.sms.messages.length = 0;
    await rig.put(ann, { phone: '+15551230002' });
    await rig.resets.settled();
    expect(stage.sms.messages.map(({ to }) => to).toSorted()).toEqual(['+15551230001', '+15551230002']);
  });

  it('is told five times a day to one new address, and twenty times to one user', async () => {
    await start();
    for (let each = 0; each < 7; each += 1) {
      const person = await stage.signUp({ email: `user-${each}@example.com` });
      await rig.put(person, { email: 'flooded@example.com' });
      await rig.put(person, { email: `user-${each}@example.com` });
    }
    await rig.resets.settled();
    expect(stage.mail.messages.filter(({ to }) => to === 'flooded@example.com')).toHaveLength(5);
  });

  it('is not told where it stays, nor where the save is refused', async () => {
    await start();
    const ann = await rig.resets.withEmail('ann@example.com');
    await stage.signUp({ email: 'taken@example.com' });
    await rig.resets.settled();
    stage.mail.messages.length = 0;
    await rig.put(ann, { email: 'ann@example.com' });
    expect((await rig.put(ann, { email: 'taken@example.com' })).body['code']).toBe(203);
    await rig.resets.settled();
    expect(texts(stage.mail)).toEqual([]);
  });
});

describe.runIf(hasTransactions)('in a transaction', () => {
  it('an email changes, and codes are neither asked for nor checked', async () => {
    await start();
    const ann = await stage.signUp({ email: 'ann@example.com' });
    const put = { method: 'PUT', path: `/parse/users/${ann.id}`, body: { email: 'new@example.com' } };
    const ask = { method: 'POST', path: '/parse/functions/factorsRequestVerification', body: {} };
    const send = (requests: object[]): Promise<Answer> =>
      stage.call('POST', '/batch', { transaction: true, requests }, ann.session);
    expect((await send([put])).status).toBe(200);
    expect((await send([ask])).status).toBe(500);
    expect(await rig.fields(ann, 'email', 'emailVerified')).toEqual({ email: 'new@example.com', ...UNVERIFIED });
  });
});

describe('the mark of a phone as verified', () => {
  it('cannot be written by clients, and goes with a change of the number', async () => {
    await start();
    const phone = '+15551230001';
    const named = { username: 'eve', password: 'hunter2', phone, phoneVerified: true };
    expect(slug(await stage.call('POST', '/users', named))).toBe('invalid_input');
    const ann = await stage.signUp({ phone });
    const input = { id: Buffer.from(`_User:${ann.id}`).toString('base64'), fields: { phoneVerified: true } };
    expect((await stage.call('PUT', `/users/${ann.id}`, { phone: '+15551230009' }, MASTER)).status).toBe(200); // makes the column
    await rig.put(ann, { phone });
    const path = `/classes/_User/${ann.id}`;
    const batch = { requests: [{ method: 'PUT', path: `/parse${path}`, body: { phoneVerified: true } }] };
    await stage.call('PUT', path, { phoneVerified: true }, ann.session);
    await stage.call('POST', '/batch', batch, ann.session);
    await stage.graphql(UPDATE_USER, { input }, ann.session);
    for (const fields of [
      { phoneVerified: true },
      { phoneVerified: true, phone: '+15551230002' },
      { phoneVerified: { __op: 'Delete' } },
    ]) {
      expect(slug(await rig.put(ann, fields))).toBe('invalid_input');
    }
    expect(await rig.fields(ann, 'phone', 'phoneVerified')).toEqual({ phone, phoneVerified: false });
    await rig.put(ann, { phoneVerified: true }, MASTER);
    await rig.put(ann, { phone });
    expect(await rig.fields(ann, 'phoneVerified')).toEqual({ phoneVerified: true });
    await rig.put(ann, { phone: '+15551230003' });
    expect(await rig.fields(ann, 'phoneVerified')).toEqual({ phoneVerified: false });
    await rig.put(ann, { phone, phoneVerified: true }, MASTER);
    await rig.put(ann, { phone: { __op: 'Delete' } });
    expect(await rig.fields(ann, 'phoneVerified')).toEqual({ phoneVerified: false });
  });

  it('is not set by a login that sends it along', async () => {
    await start();
    const ann = await stage.signUp({ phone: '+15551230001' });
    await rig.put(ann, { phoneVerified: false }, MASTER);
    const login = { username: ann.username, password: ann.password, phoneVerified: true };
    expect((await stage.call('POST', '/login', login)).status).toBe(200);
    await stage.challenge({ challengeData: { emailLogin: { email: 'ann@example.com' } } }, ann.session);
    const linked = { id: 'ann@example.com', code: stage.lastCode(stage.mail) };
    expect((await stage.save(ann, { emailLogin: linked })).status).toBe(200);
    rig.resets.later();
    await stage.challenge({ challengeData: { emailLogin: { email: 'ann@example.com' } } });
    const authData = { emailLogin: { id: 'ann@example.com', code: stage.lastCode(stage.mail) } };
    const signedIn = await stage.call('POST', '/users', { authData, phoneVerified: true, phone: '+15551230007' });
    expect(signedIn.body['objectId'] ?? slug(signedIn)).toBeDefined();
    expect(await rig.fields(ann, 'phone', 'phoneVerified')).toEqual({ phone: '+15551230001', phoneVerified: false });
  });
});

describe('the option freshProofFor', () => {
  const compose = { freshProofFor: ['password', 'email', 'phone', 'username'] };

  it.each([{ password: NEW }, { email: 'new@example.com' }, { phone: '+15551230002' }, { username: 'another' }])(
    'asks a session of a user with a second factor for a fresh proof before %j',
    async (fields) => {
      await start({ compose });
      const { person, secret } = await enrolledLongAgo(stage);
      expect(slug(await rig.put(person, fields))).toBe('fresh_proof_required');
      const path = `/classes/_User/${person.id}`;
      expect(slug(await stage.call('PUT', path, fields, person.session))).toBe('fresh_proof_required');
      const input = { id: Buffer.from(`_User:${person.id}`).toString('base64'), fields };
      if (!('phone' in fields)) {
        expect(JSON.stringify(await stage.graphql(UPDATE_USER, { input }, person.session))).toContain('fresh_proof_required');
      }
      await stage.save(person, { totp: stage.totp(secret) });
      expect((await rig.put(person, fields)).status).toBe(200);
    },
  );

  it('asks for none without a second factor, of the master key, at a reset by a code, and for other fields', async () => {
    await start({ compose });
    const bob = await stage.signUp();
    expect((await rig.put(bob, { email: 'bob@example.com' })).status).toBe(200);
    const { person, secret } = await enrolled(stage);
    await rig.resets.verify(person, { email: 'ann@example.com' });
    stage.time.now += 10 * 60_000;
    expect((await rig.put(person, { nickname: 'Ann', email: 'ann@example.com' })).status).toBe(200);
    await rig.resets.verify(person);
    const named = { factor: 'email', email: 'ann@example.com' };
    const code = await rig.resets.codeFor(named);
    const reset = await rig.resets.set({ ...named, code, password: NEW, authData: { totp: stage.totp(secret) } });
    expect(reset.status).toBe(200);
  });

  it('takes no recovery code, and no proof of another session', async () => {
    await start({ compose });
    const { person, secret } = await enrolledLongAgo(stage);
    await stage.save(person, { totp: stage.totp(secret) });
    stage.time.now += 60_000;
    const other = { ...person, session: sessionHeaders(await stage.logIn(person, { totp: stage.totp(secret) })) };
    expect(slug(await rig.put(other, { email: 'thief@example.com' }))).toBe('fresh_proof_required');
    expect((await rig.put(person, { email: 'ann@example.com' })).status).toBe(200);
  });
});

describe('the option addressVerification', () => {
  it('defines no functions if it names no field', async () => {
    await start({ compose: { addressVerification: {} }, server: { appId: 'without-verification' } });
    expect((await rig.ask({ email: 'ann@example.com' })).body['code']).toBe(141);
  });

  it('without email, asks for a session', async () => {
    await start({ compose: { addressVerification: { phone: 'phoneLogin' } } });
    expect(slug(await rig.ask({ email: 'ann@example.com' }))).toBe('session_required');
    expect(slug(await rig.verify({ email: 'ann@example.com', code: '123456', password: 'x' }))).toBe('session_required');
  });

  it('counts guesses: the sixth is refused even if it is right', async () => {
    await start();
    const ann = await withEmail();
    const code = await rig.codeFor({}, ann);
    for (let guess = 0; guess < 5; guess += 1) {
      expect(slug(await rig.verify({ code: otherThan(code) }, ann))).toBe('code_rejected');
    }
    expect(slug(await rig.verify({ code }, ann))).toBe('code_rejected');
  });
});
