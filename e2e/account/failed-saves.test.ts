import { RecoveryCodesFactor } from '@parse-factors/recovery-codes';
import { TrustedDeviceFactor } from '@parse-factors/trusted-device';
import { afterAll, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import type { Answer, Person } from '@parse-factors/test-server/parse-server';
import { cloudCode } from '../support/cloud-code.js';
import { slug, type Stage } from '../support/harness.js';
import { PasskeyUser, startPasskeyStage } from '../support/passkey-stage.js';
import { DAY, MINUTE } from '../support/time.js';
import { countUsersBy, storedFactors } from '../support/rows.js';
import { enrolled, makeRecoveryCodes, trustDevice } from '../support/people.js';

/** Whatever a reply refuses has not happened: saves that Parse Server or the application refuses after our hooks. */

let stage: Stage;

beforeAll(async () => {
  const more = { recovery: new RecoveryCodesFactor(), device: new TrustedDeviceFactor() };
  stage = await startPasskeyStage({}, { more });
  const Parse = cloudCode();
  Parse.Cloud.beforeSave('_User', (request) => {
    if (request.object.get('nickname') === 'refused') throw new Parse.Error(142, 'The application refuses this.');
  });
  await stage.signUp({ email: 'taken@example.com' });
});
afterAll(() => stage.stop());
beforeEach(() => {
  stage.time.now += DAY;
  stage.events.length = 0;
});

/** What Parse Server, or the application, refuses about a save. */
const REFUSED: Readonly<Record<string, object>> = {
  'an e-mail address that is taken': { email: 'taken@example.com' },
  'a rule of the application': { nickname: 'refused' },
  'a provider that does not exist': { authData: { zzz: { id: '1' } } },
};

/** A user with every factor, in a session with a step-up proof, and another session of theirs. */
async function everyFactor() {
  const { person, secret } = await enrolled(stage);
  const passkeys = new PasskeyUser(stage, person);
  const key = await passkeys.add(undefined, 'first');
  await stage.save(person, { totp: stage.totp(secret) });
  await passkeys.add(undefined, 'second');
  const codes = await makeRecoveryCodes(stage, person);
  const token = await trustDevice(stage, person);
  stage.time.now += MINUTE;
  const other = await stage.another(person, { totp: stage.totp(secret) });
  stage.time.now += MINUTE;
  await stage.save(person, { totp: stage.totp(secret) });
  stage.events.length = 0;
  return { person, other, secret, key, passkeys, codes, token };
}

type Equipped = Awaited<ReturnType<typeof everyFactor>>;

/** Everything that is stored of a user's factors. */
const recordsOf = (person: Person): Promise<unknown> => storedFactors(stage, person);
const isAlive = async ({ session }: Person): Promise<boolean> =>
  (await stage.call('POST', '/functions/plain', {}, session)).status === 200;
const isFresh = async ({ session }: Person): Promise<boolean> =>
  (await stage.call('POST', '/functions/sensitive', {}, session)).status === 200;
const passkeysOf = async ({ session }: Person): Promise<{ id: string }[]> =>
  JSON.parse(String((await stage.call('GET', '/users/me', undefined, session)).body['authData'].passkey.passkeys)) as {
    id: string;
  }[];

/** What a save asks of the factors. */
const CHANGES: Readonly<Record<string, (user: Equipped) => Promise<object> | object>> = {
  'removing an authenticator': () => ({ totp: null }),
  'removing the recovery codes': () => ({ recovery: null }),
  'making new recovery codes': () => ({ recovery: { generate: 'true' } }),
  'trusting another device': () => ({ device: { remember: 'true', name: 'Phone' } }),
  'ending the trust in all devices': () => ({ device: { revoke: 'all' } }),
  'renaming a passkey': async ({ person }) => ({ passkey: { rename: (await passkeysOf(person))[0]?.id, name: 'renamed' } }),
  'removing a passkey': async ({ person }) => ({ passkey: { remove: (await passkeysOf(person))[0]?.id } }),
  'removing all passkeys': () => ({ passkey: null }),
  'adding a phone': async ({ person }) => {
    await stage.challenge({ challengeData: { otp: { phone: '+15557770001' } } }, person.session);
    return { otp: { phone: '+15557770001', code: stage.lastCode(stage.sms) } };
  },
  'replacing an authenticator': async ({ person }) => {
    const { body } = await stage.challenge({ challengeData: { totp: true } }, person.session);
    return { totp: stage.totp(body['challengeData'].totp.secret) };
  },
  'adding an address that signs in alone': async ({ person }) => {
    const email = `${person.username}@example.com`;
    await stage.challenge({ challengeData: { emailLogin: { email } } }, person.session);
    return { emailLogin: { id: email, code: stage.lastCode(stage.mail) } };
  },
};

/** Adding a passkey takes another credential each time. */
const CREDENTIALS: typeof CHANGES = {
  'adding a passkey': async ({ passkeys, key }) => {
    const { SoftAuthenticator } = await import('../support/soft-authenticator.js');
    const authenticator = new SoftAuthenticator('https://acme.example');
    expect(key).toBeDefined();
    return { passkey: { credential: authenticator.create(await passkeys.begin({ purpose: 'enrolment' })), name: 'third' } };
  },
};

const refuse = (person: Person, authData: object, refused: object): Promise<Answer> => {
  const body = { ...refused, authData: { ...authData, ...(refused as { authData?: object }).authData } };
  return stage.call('PUT', `/users/${person.id}`, body, person.session);
};

describe.each(Object.entries({ ...CHANGES, ...CREDENTIALS }))('a save that is refused after %s', (_name, change) => {
  it.each(Object.entries(REFUSED))('a save that is refused for %s changes nothing', async (_reason, refused) => {
    const user = await everyFactor();
    const authData = await change(user);
    const before = await recordsOf(user.person);
    stage.events.length = 0;
    const answer = await refuse(user.person, authData, refused);
    expect(answer.status).toBe(400);
    expect(await recordsOf(user.person)).toEqual(before);
    expect([await isAlive(user.other), await isFresh(user.person)]).toEqual([true, true]);
    const changed = ['enrolled', 'replaced', 'removed', 'sessions_revoked', 'device_revoked'];
    expect(stage.events.filter(({ type }) => changed.includes(type))).toEqual([]);
    expect((await stage.logIn(user.person, { recovery: user.codes[0] })).status).toBe(200);
    expect((await stage.logIn(user.person, { device: { token: user.token } })).status).toBe(200);
  });

  it('the same save succeeds when it is sent again without the fault', async () => {
    const user = await everyFactor();
    const before = await recordsOf(user.person);
    expect((await stage.save(user.person, await change(user))).status).toBe(200);
    expect(await recordsOf(user.person)).not.toEqual(before);
  });
});

describe('a new password that is refused', () => {
  it.each(Object.entries(REFUSED))(
    'a new password that is refused for %s ends no trust and no proof',
    async (_reason, refused) => {
      const { person, token } = await everyFactor();
      const answer = await stage.call('PUT', `/users/${person.id}`, { password: 'another', ...refused }, person.session);
      expect(answer.status).toBe(400);
      expect(await isFresh(person)).toBe(true);
      expect((await stage.logIn(person, { device: { token } })).status).toBe(200);
    },
  );
});

describe('a batch', () => {
  it('a batch stores what its accepted saves have asked for, and nothing of the refused ones', async () => {
    const { person, codes } = await everyFactor();
    const path = `/parse/users/${person.id}`;
    const requests = [
      { method: 'PUT', path, body: { email: 'taken@example.com', authData: { recovery: { generate: 'true' } } } },
      { method: 'PUT', path, body: { authData: { totp: null } } },
      { method: 'PUT', path, body: { nickname: 'refused', authData: { passkey: null } } },
      { method: 'PUT', path, body: { nickname: 'allowed', authData: {} } },
    ];
    const { body } = await stage.call('POST', '/batch', { requests }, person.session);
    expect(body.map((answer: { success?: object }) => answer.success !== undefined)).toEqual([false, true, false, true]);
    expect(Object.keys((await recordsOf(person)) as object).toSorted()).toEqual(['device', 'passkey', 'recovery']);
    expect((await stage.logIn(person, { recovery: codes[0] })).status).toBe(200);
  });
});

describe('a sign-up by a code that is refused', () => {
  const ask = async (email: string): Promise<string> => {
    await stage.challenge({ challengeData: { emailLogin: { email } } });
    return stage.lastCode(stage.mail);
  };
  const signUp = (email: string, code: string, fields: object = {}): Promise<Answer> =>
    stage.call('POST', '/users', { authData: { emailLogin: { id: email, code } }, ...fields });

  it.each([
    ['a user name that is taken', { username: 'person1' }],
    ['a rule of the application', { nickname: 'refused' }],
    ['an e-mail address that is taken', { email: 'taken@example.com' }],
  ])('a sign-up that is refused for %s leaves the code good for that address and one account', async (_reason, fields) => {
    const email = `new${stage.time.now}@example.com`;
    const code = await ask(email);
    expect((await signUp(email, code, fields)).status).toBe(400);
    expect(slug(await signUp('else@example.com', code))).toBe('code_rejected');
    const answers = await Promise.all(Array.from({ length: 10 }, () => signUp(email, code)));
    expect(answers.filter(({ status }) => status === 201)).toHaveLength(1);
    expect(await countUsersBy(stage, 'emailLogin', email)).toBe(1);
    expect(slug(await signUp(email, code))).toBe('code_rejected');
  });

  it('a refused sign-up counts as an attempt, so that refusals are no way to guess on', async () => {
    const email = 'guessed@example.com';
    const code = await ask(email);
    const wrong = code === '000000' ? '000001' : '000000';
    for (let guess = 0; guess < 5; guess += 1) await signUp(email, wrong, { nickname: 'refused' });
    expect(slug(await signUp(email, code))).toBe('code_rejected');
  });
});
