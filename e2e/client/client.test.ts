// @compat-major
import { randomUUID } from 'node:crypto';
import { FactorClientError, type EnrolmentNeeded, type FactorsNeeded, type LoginResult } from '@parse-factors/client';
import { HelpCodeFactor, MemoryOtpStore } from '@parse-factors/core';
import { RecoveryCodesFactor } from '@parse-factors/recovery-codes';
import { TrustedDeviceFactor } from '@parse-factors/trusted-device';
import { afterAll, afterEach, beforeAll, describe, expect, it } from 'vitest';
import { freePort } from '@parse-factors/test-server/postgres';
import { newApp, type ClientUser, type TestApp } from '../support/client-stage.js';
import { startStage, type Stage } from '../support/harness.js';
import { issueHelpCode } from '../support/help-rig.js';
import { MINUTE } from '../support/time.js';
import { DEFAULT_BADGE } from '../support/providers.js';

/** The client over the Parse JS SDK, as in a browser or on a phone, against a real server. */

let stage: Stage;
let app: TestApp;
/** Whatever must never be stored. */
let secrets: string[] = [];

const start = async (options: Parameters<typeof startStage>[0] = {}): Promise<void> => {
  stage = await startStage({
    install: { adminFunctions: true },
    emailLogin: { maxSendsPerIp: 100_000 },
    more: { recovery: new RecoveryCodesFactor(), device: new TrustedDeviceFactor(), help: new HelpCodeFactor() },
    server: { auth: { badge: DEFAULT_BADGE } },
    ...options,
  });
};
const secret = (text: string | undefined): string => {
  expect(text).toEqual(expect.stringMatching(/.{6}/));
  secrets.push(text ?? '');
  return text ?? '';
};

/** Nothing of what was typed in or handed out is anywhere in the SDK, nor ever was in its storage. */
const expectNoTrace = (...apps: readonly TestApp[]): void => {
  for (const { sdk, written } of apps) {
    const user = sdk.User.current();
    const kept = [...written, JSON.stringify(user)];
    expect(kept.filter((text) => secrets.some((each) => text.includes(each)))).toEqual([]);
    expect(user?.get('authDataResponse')).toBe(undefined);
    expect(Object.keys(user?.toJSON() ?? {}).filter((name) => name.startsWith('_'))).toEqual([]); // older SDKs put the response there
    for (const shown of Object.values(user?.get('authData') ?? {})) {
      expect(shown).toMatchObject({ status: 'enabled' });
      expect(Object.keys(shown as object)).not.toContain('sealed');
    }
  }
};

/** A user who is logged in with a password alone. */
async function newUser(on = app): Promise<{ username: string; password: string; user: ClientUser }> {
  const [username, password] = [`ann-${randomUUID()}`, secret(`password of ${randomUUID()}`)];
  const user = await on.sdk.User.signUp(username, password);
  return { username, password, user };
}

async function enrolTotp(on = app): Promise<string> {
  const begun = await on.client.enrol('totp');
  const seed = secret(begun.secret);
  await on.client.confirm('totp', secret(stage.totp(seed)));
  stage.time.now += MINUTE;
  return seed;
}

async function enrolPhone(phone: string): Promise<void> {
  await app.client.enrol('otp', { phone });
  await app.client.confirm('otp', { phone, code: secret(stage.lastCode(stage.sms)) });
  stage.time.now += MINUTE;
}

function asFactors<User>(result: LoginResult<User>): FactorsNeeded<User> {
  if (result.status !== 'factors') throw new Error(`expected factors, not ${result.status}`);
  return result;
}
function asEnrolment<User>(result: LoginResult<User>): EnrolmentNeeded<User> {
  if (result.status !== 'enrolment') throw new Error(`expected an enrolment, not ${result.status}`);
  return result;
}
const errorOf = async (work: Promise<unknown>): Promise<FactorClientError> => {
  const error: unknown = await work.then(
    () => undefined,
    (fault: unknown) => fault,
  );
  expect(error).toBeInstanceOf(FactorClientError);
  return error as FactorClientError;
};

const fresh = (storage?: 'sync' | 'async'): void => {
  app = newApp(stage.url, 'test', storage);
  secrets = [];
};
/** A test's own server. */
const only = async (options: Parameters<typeof startStage>[0]): Promise<void> => {
  await stage.stop();
  await start(options);
  fresh();
};

beforeAll(() => start());
afterAll(() => stage.stop());

describe.each(['sync', 'async'] as const)('over an SDK with %s storage', (storage) => {
  it('the client logs in with a password alone where the user has no factor', async () => {
    fresh(storage);
    const { username, password, user } = await newUser();
    await app.sdk.User.logOut();
    const result = await app.client.logIn(username, password);
    expect(result).toMatchObject({ status: 'session', isNew: false, replies: {} });
    if (result.status !== 'session') return;
    expect(result.user.id).toBe(user.id);
    expect(result.user.get('username')).toBe(username);
    expect((await app.sdk.User.currentAsync())?.getSessionToken()).toBe(result.user.getSessionToken());
    expectNoTrace(app);
    await expect(app.client.logIn(username, 'not it')).rejects.toMatchObject({ code: 101 });
    await expect(app.client.logIn(username, 'not it')).rejects.not.toBeInstanceOf(FactorClientError);
  });

  it('the client learns which factors a login needs and where codes go, asks for a code, and logs in with it', async () => {
    fresh(storage);
    const { username, password, user } = await newUser();
    await enrolPhone('+15558880001');
    await enrolTotp();
    expect(user.get('authData')).toEqual({ otp: { status: 'enabled', destination: '•••• 0001' }, totp: { status: 'enabled' } });
    expectNoTrace(app);
    // A user who is logged in with another account can still log in.
    const login = asFactors(await app.client.logIn(username, password));
    expect(login).toMatchObject({ needs: ['otp', 'totp'], count: 1, destinations: { otp: '•••• 0001' } });
    const before = stage.sms.messages.length;
    const sent = await login.challenge('otp');
    expect(sent).toMatchObject({ status: 'sent', destination: '•••• 0001' });
    expect(stage.sms.messages).toHaveLength(before + 1);
    const code = secret(stage.lastCode(stage.sms));
    const wrong = await errorOf(login.answer('otp', code === '000000' ? '000001' : '000000'));
    expect(wrong).toMatchObject({ slug: 'code_rejected', code: 210, retryAt: undefined, missing: [] });
    const result = await login.answer('otp', code);
    expect(result).toMatchObject({ status: 'session', isNew: false });
    expect(app.sdk.User.current()?.getSessionToken()).not.toBe('');
    await app.sdk.User.current()?.fetch();
    expectNoTrace(app);
    // What the SDK saves afterwards carries nothing of it either, and is let through.
    app.sdk.User.current()?.set('nickname', 'Ann');
    await app.sdk.User.current()?.save();
    expectNoTrace(app);
  });

  it('the client logs in with a help code, and replaces the lost factor', async () => {
    fresh(storage);
    const { username, password, user } = await newUser();
    await enrolTotp();
    stage.time.now += 6 * MINUTE;
    const help = secret(await issueHelpCode(stage, { id: user.id ?? '' }));
    const login = asFactors(await app.client.logIn(username, password));
    expect(login.needs.toSorted()).toEqual(['help', 'totp']);
    expect(await errorOf(login.answer('help', 'AAAA-AAAA-AAAA'))).toMatchObject({ slug: 'code_rejected' });
    expect((await login.answer('help', help)).status).toBe('session');
    await enrolTotp();
    expect(await app.client.enrolled()).toEqual({ totp: { status: 'enabled' } });
    expectNoTrace(app);
    expect(asFactors(await app.client.logIn(username, password, { help })).needs).toEqual(['totp']);
  });

  it('the client gives a fresh proof, makes recovery codes, trusts a device, and removes a factor', async () => {
    fresh(storage);
    const { username, password, user } = await newUser();
    const seed = await enrolTotp();
    stage.time.now += 6 * MINUTE;
    expect(await errorOf(app.client.recoveryCodes())).toMatchObject({ slug: 'fresh_proof_required', code: 119 });
    const { freshUntil } = await app.client.freshen('totp', secret(stage.totp(seed)));
    expect(freshUntil.getTime()).toBe(stage.time.now + 5 * MINUTE);
    const codes = await app.client.recoveryCodes();
    expect(codes).toHaveLength(10);
    for (const code of codes) secret(code);
    const token = secret(await app.client.trustDevice('Laptop'));
    expectNoTrace(app);

    const byDevice = await app.client.logIn(username, password, { device: { token } });
    if (byDevice.status !== 'session') throw new Error(byDevice.status);
    const next = secret(byDevice.replies['device']?.['token']);
    expect(next).not.toBe(token);
    expectNoTrace(app);
    const enrolled = await app.client.enrolled();
    expect(Object.keys(enrolled).toSorted()).toEqual(['device', 'recovery', 'totp']);
    const [{ id } = { id: '' }] = JSON.parse(enrolled['device']?.['devices'] ?? '[]') as { id: string }[];
    await app.client.distrustDevice(id);
    expect((await errorOf(app.client.logIn(username, password, { device: { token: next } }))).slug).toBe('code_rejected');

    const login = asFactors(await app.client.logIn(username, password));
    expect((await login.answer('recovery', codes[0] ?? '')).status).toBe('session');
    stage.time.now += MINUTE;
    expect((await errorOf(app.client.remove('totp'))).slug).toBe('fresh_proof_required');
    expect((await errorOf(app.client.enrol('totp'))).slug).toBe('fresh_proof_required');
    await app.client.freshen('totp', secret(stage.totp(seed)));
    await app.client.remove('totp');
    expect(await app.client.enrolled()).toEqual({});
    expectNoTrace(app);
    expect((await app.client.logIn(username, password)).status).toBe('session');
    expect(app.sdk.User.current()?.id).toBe(user.id);
  });

  it('the client signs up and logs in without a password', async () => {
    fresh(storage);
    const name = randomUUID();
    const { passwordless } = app.client;
    const spelled = { email: ` ${name.toUpperCase()}@Bücher.Example ` };
    stage.time.now += MINUTE;
    await passwordless.start('emailLogin', { email: spelled.email.trim() });
    const finish = (): Promise<LoginResult<ClientUser>> =>
      passwordless.finish('emailLogin', { ...spelled, code: secret(stage.lastCode(stage.mail)) });
    const signedUp = await finish();
    expect(signedUp).toMatchObject({ status: 'session', isNew: true });
    expectNoTrace(app);
    expect((await errorOf(finish())).slug).toBe('code_rejected');
    stage.time.now += MINUTE;
    await passwordless.start('emailLogin', { email: `${name}@xn--bcher-kva.example` });
    expect(await finish()).toMatchObject({ status: 'session', isNew: false });
    secrets.push(name); // no other user may see the address
    expectNoTrace(app);
    // By phone, as people type numbers.
    await passwordless.start('phoneLogin', { phone: '+1 (555) 888-0002' });
    const code = secret(stage.lastCode(stage.sms));
    expect((await passwordless.finish('phoneLogin', { phone: '+1 (555) 888-0002', code })).status).toBe('session');
    expectNoTrace(app);
  });
});

describe('a login without a password', () => {
  it('the client resets a password with a code and a second factor that it asks for', async () => {
    await only({ compose: { passwordReset: ['emailLogin'] } });
    const { passwordReset } = app.client;
    const { username } = await newUser();
    const email = `${username}@example.com`;
    await app.client.enrol('emailLogin', { email });
    await app.client.confirm('emailLogin', { id: email, code: stage.lastCode(stage.mail) });
    await enrolPhone('+15551230009');
    stage.time.now += 11 * MINUTE;
    stage.mail.messages.length = 0;
    const name = { email: email.toUpperCase() };
    expect((await passwordReset.start('emailLogin', name)).status).toBe('sent');
    await expect.poll(() => stage.mail.messages.length).toBe(1);
    const code = secret(stage.lastCode(stage.mail));
    const password = secret('quite another password');
    const refused = await errorOf(passwordReset.finish('emailLogin', { ...name, code, password }));
    expect([refused.slug, refused.missing]).toEqual(['factor_required', ['otp']]);
    expect((await passwordReset.challenge('emailLogin', { ...name, code }, 'otp')).status).toBe('sent');
    await passwordReset.finish('emailLogin', { ...name, code, password }, { otp: stage.lastCode(stage.sms) });
    expect((await app.client.logIn(username, password)).status).toBe('factors');
  });

  it('the client verifies an email with a session, and without one', async () => {
    await only({ compose: { addressVerification: { email: 'emailLogin' } } });
    const { addressVerification } = app.client;
    const { username, password, user } = await newUser();
    const email = `${username}@example.com`;
    const change = async (to: string): Promise<void> => {
      user.set('email', to);
      await user.save();
    };
    expect((await errorOf(addressVerification.start())).slug).toBe('invalid_input');
    await change(email);
    expect((await addressVerification.start()).status).toBe('sent');
    await addressVerification.finish({ code: secret(stage.lastCode(stage.mail)) });
    expect(await addressVerification.start({ field: 'email' })).toEqual({ status: 'verified' });
    await change(`other-${email}`);
    await app.sdk.User.logOut();
    expect((await errorOf(addressVerification.start())).slug).toBe('session_required');
    stage.mail.messages.length = 0;
    const name = { email: `OTHER-${email}` };
    expect((await addressVerification.start(name)).status).toBe('sent');
    await expect.poll(() => stage.mail.messages.length).toBe(1);
    const code = secret(stage.lastCode(stage.mail));
    const refused = await errorOf(addressVerification.finish({ ...name, code, password: 'another' }));
    expect(refused.slug).toBe('code_rejected');
    await addressVerification.finish({ ...name, code, password });
    const [row] = await stage.rows.find('_User', { username });
    expect(row).toMatchObject({ emailVerified: true });
  });

  it("the client is asked for second factors after a passwordless login, and each step uses one of the code's attempts", async () => {
    fresh();
    const email = `${randomUUID()}@example.com`;
    const { passwordless } = app.client;
    const code = async (): Promise<string> => {
      stage.time.now += MINUTE;
      await passwordless.start('emailLogin', { email });
      return secret(stage.lastCode(stage.mail));
    };
    await passwordless.finish('emailLogin', { email, code: await code() });
    const seed = await enrolTotp();
    const login = asFactors(await passwordless.finish('emailLogin', { email, code: await code() }));
    expect(login).toMatchObject({ needs: ['totp'], count: 1, destinations: {} });
    for (const wrong of ['000000', '111111']) expect((await errorOf(login.answer('totp', wrong))).slug).toBe('code_rejected');
    expect((await login.answer('totp', secret(stage.totp(seed)))).status).toBe('session');
    stage.time.now += MINUTE;
    // Known beforehand, it goes along.
    const both = await passwordless.finish('emailLogin', { email, code: await code() }, { totp: secret(stage.totp(seed)) });
    expect(both.status).toBe('session');
    expectNoTrace(app);
  });

  it('the client is asked for second factors after a login by another provider', async () => {
    fresh();
    const badge = { id: randomUUID(), secret: 'right' };
    expect(await app.client.logInWith({ badge })).toMatchObject({ status: 'session', isNew: true });
    secrets.push(badge.id);
    expectNoTrace(app);
    await enrolPhone('+15558880003');
    const login = asFactors(await app.client.logInWith({ badge }));
    expect(login).toMatchObject({ needs: ['otp'], destinations: { otp: '•••• 0003' } });
    await login.challenge('otp');
    expect(await login.answer('otp', secret(stage.lastCode(stage.sms)))).toMatchObject({ status: 'session', isNew: false });
    expectNoTrace(app);
    // Parse Server names the factors before it looks at the badge; nothing else is told without it.
    const forged = asFactors(await app.client.logInWith({ badge: { ...badge, secret: 'wrong' } }));
    expect(forged).toMatchObject({ needs: ['otp'], destinations: {} });
    await expect(forged.challenge('otp')).rejects.toMatchObject({ code: 101 });
    await expect(forged.answer('otp', '000000')).rejects.not.toBeInstanceOf(FactorClientError);
  });
});

describe('two applications of one user', () => {
  it("two applications of one user end each other's sessions when a factor is set up, but not each other's clients", async () => {
    fresh();
    const { username, password } = await newUser();
    const other = newApp(stage.url);
    await other.client.logIn(username, password);
    const seed = await enrolTotp();
    await expect(other.client.enrolled()).rejects.toMatchObject({ code: 209 });
    const login = asFactors(await other.client.logIn(username, password));
    expect((await login.answer('totp', secret(stage.totp(seed)))).status).toBe('session');
    expect(Object.keys(await other.client.enrolled())).toEqual(['totp']);
    expectNoTrace(app, other);
  });

  it('two applications on a server work for users of their own, without a current user', async () => {
    fresh();
    const [one, two] = [await newUser(), await newUser()];
    const [first, second] = [app.clientOf({ user: one.user }), app.clientOf({ user: two.user })];
    const begun = await first.enrol('totp');
    await first.confirm('totp', secret(stage.totp(secret(begun.secret))));
    expect(await second.enrolled()).toEqual({});
    expect(await first.enrolled()).toEqual({ totp: { status: 'enabled' } });
    expect(app.sdk.User.current()?.id).toBe(two.user.id);
    expectNoTrace(app);
    // Where the SDK has no current user at all, a login gives one to go on with.
    app.sdk.User.disableUnsafeCurrentUser();
    const writes = app.written.length;
    const login = asFactors(await app.client.logIn(one.username, one.password));
    stage.time.now += MINUTE;
    const result = await login.answer('totp', secret(stage.totp(begun.secret ?? '')));
    if (result.status !== 'session') throw new Error(result.status);
    expect(await app.clientOf({ user: result.user }).enrolled()).toEqual({ totp: { status: 'enabled' } });
    expect((await errorOf(app.client.enrolled())).slug).toBe('session_required');
    expect(app.written).toHaveLength(writes);
  });
});

describe('what the SDK itself leaves behind', () => {
  it('the client clears what the SDK leaves behind of a factor when it uses that factor', async () => {
    fresh();
    const { user } = await newUser();
    const phone = '+15558880004';
    await app.client.enrol('otp', { phone });
    const code = stage.lastCode(stage.sms);
    await user.linkWith('otp', { authData: { phone, code } });
    expect(app.written.at(-1)).toContain(code); // this is what the client is for
    stage.time.now += MINUTE;
    await app.client.challenge('otp');
    const proof = secret(stage.lastCode(stage.sms));
    await app.client.freshen('otp', proof);
    expect(app.written.at(-1)).not.toContain(code);
    expect(app.written.at(-1)).not.toContain(phone);
    expect(user.get('authDataResponse')).toBe(undefined);
  });
});

describe('the sessions of a user', () => {
  it('the client lists the sessions with how they were opened, and ends one or all others', async () => {
    fresh();
    const { username, password } = await newUser();
    const other = newApp(stage.url, 'test', 'sync');
    await other.client.logIn(username, password);
    await newApp(stage.url, 'test', 'sync').client.logIn(username, password);
    const listed = await app.client.sessions.list();
    expect(listed.map(({ isCurrent }) => isCurrent)).toEqual([false, false, true]);
    expect(listed[2]).toMatchObject({ amr: ['pwd'], aal: 1, methods: [{ method: 'password', kind: 'password' }] });
    expect(listed[2]?.createdAt).toBeInstanceOf(Date);
    expect(listed[2]?.methods[0]?.at.getTime()).toBe(stage.time.now);
    expect(await app.client.sessions.end(listed[1]?.id ?? '')).toBe(true);
    expect(await app.client.sessions.end(listed[1]?.id ?? '')).toBe(false);
    await expect(other.client.sessions.list()).rejects.toMatchObject({ code: 209 });
    expect(await app.client.sessions.endOthers()).toBe(1);
    expect(await app.client.sessions.list()).toHaveLength(1);
  });

  it('the client has no sessions without a user', async () => {
    fresh();
    await expect(app.client.sessions.list()).rejects.toMatchObject({ slug: 'session_required' });
  });
});

describe('an error', () => {
  it('an error of the client says when to retry', async () => {
    fresh();
    const { username, password } = await newUser();
    await enrolPhone('+15558880005');
    const login = asFactors(await app.client.logIn(username, password));
    await login.challenge('otp');
    const { slug, retryAt } = await errorOf(login.challenge('otp'));
    expect([slug, retryAt]).toEqual(['cooldown', new Date(stage.time.now + MINUTE)]);
    for (let guess = 0; guess < 5; guess += 1) await errorOf(login.answer('otp', '000000'));
    expect((await errorOf(login.answer('otp', '000000'))).slug).toBe('code_expired');
    const seed = await enrolTotp();
    const again = asFactors(await app.client.logIn(username, password));
    for (let guess = 0; guess < 10; guess += 1) await errorOf(again.answer('totp', '000000'));
    const locked = await errorOf(again.answer('totp', stage.totp(seed)));
    expect([locked.slug, locked.code]).toEqual(['locked', 155]);
    expect(locked.retryAt?.getTime()).toBe(stage.time.now + 15 * MINUTE);
    secrets = secrets.filter((text) => text !== '000000');
    expectNoTrace(app);
  });

  it('an error of input, addresses or enrolment has its slug', async () => {
    fresh();
    expect(await errorOf(app.client.enrol('otp', { phone: '+15558880006' }))).toMatchObject({
      slug: 'session_required',
      code: 206,
    });
    const { username, password } = await newUser();
    const { client } = app;
    expect((await errorOf(client.enrol('otp', { phone: '+447400123456' }))).slug).toBe('address_refused');
    expect((await errorOf(client.enrol('otp', { phone: 'x' }))).slug).toBe('invalid_input');
    expect((await errorOf(client.enrol('nosuch'))).slug).toBe('invalid_input');
    expect((await errorOf(client.challenge('otp'))).slug).toBe('not_enrolled');
    expect((await errorOf(client.recoveryCodes())).slug).toBe('enrolment_required');
    await enrolPhone('+15558880006');
    expect((await errorOf(client.enrol('otp', { phone: '+15558880006' }))).slug).toBe('already_enrolled');
    const login = asFactors(await client.logIn(username, password));
    expect((await errorOf(login.challenge('totp'))).slug).toBe('not_enrolled');
  });

  it("an error of the network or of an absent server is the SDK's own", async () => {
    fresh();
    const away = newApp(`http://127.0.0.1:${await freePort()}/parse`);
    const error: unknown = await away.client.logIn('ann', 'secret').catch((fault: unknown) => fault);
    expect(error).not.toBeInstanceOf(FactorClientError);
    expect(error).toMatchObject({ code: 100 });
  });

  it('an error of a channel or a store has its slug', async () => {
    await only({
      sms: {
        channel: {
          name: 'broken',
          send: async () => {
            throw new Error('down');
          },
        },
      },
    });
    await newUser();
    expect(await errorOf(app.client.enrol('otp', { phone: '+15558880007' }))).toMatchObject({
      slug: 'delivery_failed',
      code: 141,
    });
    const store = new MemoryOtpStore({ clock: () => stage.time.now });
    await only({ compose: { store } });
    await newUser();
    store.issue = () => Promise.reject(new Error('down'));
    expect(await errorOf(app.client.enrol('email', { email: 'ann@example.com' }))).toMatchObject({
      slug: 'unavailable',
      code: 1,
    });
  });
});

describe('where a policy asks for more', () => {
  afterEach(() => {
    secrets = [];
  });

  it('the client answers all factors that a policy needs, one after the other or at once', async () => {
    await only({ compose: { policy: 'all' } });
    const { username, password } = await newUser();
    await enrolPhone('+15558880008');
    const seed = await enrolTotp();
    const first = asFactors(await app.client.logIn(username, password));
    expect([first.needs, first.count]).toEqual([['otp', 'totp'], 1]); // Parse Server asks for any at first
    await first.challenge('otp');
    const code = secret(stage.lastCode(stage.sms));
    const second = asFactors(await first.answer('otp', code));
    expect([second.needs, second.count]).toEqual([['totp'], 1]);
    expectNoTrace(app);
    expect((await second.answer('totp', secret(stage.totp(seed)))).status).toBe('session');
    stage.time.now += MINUTE;
    const login = asFactors(await app.client.logIn(username, password));
    await login.challenge('otp');
    const answers = { otp: secret(stage.lastCode(stage.sms)), totp: secret(stage.totp(seed)) };
    expect((await login.answer(answers)).status).toBe('session');
    expectNoTrace(app);
  });

  it('the client answers two of three factors where a policy needs two', async () => {
    await only({ compose: { policy: { atLeast: 2 } } });
    const { username, password } = await newUser();
    await enrolPhone('+15558880009');
    await app.client.enrol('email', { email: 'two@example.com' });
    await app.client.confirm('email', { email: 'two@example.com', code: stage.lastCode(stage.mail) });
    const seed = await enrolTotp();
    const login = asFactors(await app.client.logIn(username, password));
    const more = asFactors(await login.answer('totp', secret(stage.totp(seed))));
    expect([more.needs.toSorted(), more.count]).toEqual([['email', 'otp'], 1]);
    await more.challenge('otp');
    expect((await more.answer('otp', secret(stage.lastCode(stage.sms)))).status).toBe('session');
  });

  it('the client sets up a factor with the password alone, and that logs in', async () => {
    await only({ compose: { enrolment: { requiredFor: 'everybody' } } });
    const { username, password } = await newUser();
    const login = asEnrolment(await app.client.logIn(username, password));
    expect([login.needs, login.count]).toEqual([['otp', 'email', 'totp'], 1]);
    const { secret: seed = '' } = await login.enrol('totp');
    secret(seed);
    expect((await errorOf(login.confirm('totp', '000000'))).slug).toBe('code_rejected');
    expect((await login.confirm('totp', secret(stage.totp(seed)))).status).toBe('session');
    expectNoTrace(app);
  });

  it('the client sets up a second factor while it answers the first one', async () => {
    await only({ compose: { policy: { atLeast: 2 } } });
    const { username, password } = await newUser();
    const seed = await enrolTotp();
    const login = asFactors(await app.client.logIn(username, password));
    const more = asEnrolment(await login.answer('totp', secret(stage.totp(seed))));
    expect(more.count).toBe(2);
    const phone = '+15558880010';
    await more.enrol('otp', { phone });
    expect((await more.confirm('otp', { phone, code: secret(stage.lastCode(stage.sms)) })).status).toBe('session');
    expectNoTrace(app);
  });

  it('the client sets up a factor after a login by another provider or a code, and answers it at once', async () => {
    await only({ compose: { enrolment: { requiredFor: 'everybody' } }, server: { auth: { badge: DEFAULT_BADGE } } });
    const badge = { id: randomUUID(), secret: 'right' };
    await app.client.logInWith({ badge });
    const login = asEnrolment(await app.client.logInWith({ badge }));
    const { secret: seed = '' } = await login.enrol('totp');
    const next = asFactors(await login.confirm('totp', secret(stage.totp(secret(seed)))));
    expect(next.needs).toEqual(['totp']);
    expect((await next.answer('totp', secret(stage.totp(seed, 1)))).status).toBe('session');
    // The code of a login without a password is good for all of it.
    const email = 'alone@example.com';
    const { passwordless } = app.client;
    await passwordless.start('emailLogin', { email });
    await passwordless.finish('emailLogin', { email, code: stage.lastCode(stage.mail) });
    stage.time.now += MINUTE;
    await passwordless.start('emailLogin', { email });
    const alone = asEnrolment(await passwordless.finish('emailLogin', { email, code: secret(stage.lastCode(stage.mail)) }));
    const phone = '+15558880011';
    await alone.enrol('otp', { phone });
    const asked = asFactors(await alone.confirm('otp', { phone, code: secret(stage.lastCode(stage.sms)) }));
    stage.time.now += MINUTE;
    await asked.challenge('otp');
    expect((await asked.answer('otp', secret(stage.lastCode(stage.sms)))).status).toBe('session');
    expectNoTrace(app);
  });
});
