// @compat
import { HelpCodeFactor } from '@parse-factors/core';
import { RecoveryCodesFactor } from '@parse-factors/recovery-codes';
import type { Answer, Person } from '@parse-factors/test-server/parse-server';
import { afterAll, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import { slug, type Stage } from '../support/harness.js';
import { issueHelpCode } from '../support/help-rig.js';
import { ORIGIN, PasskeyUser, startPasskeyStage } from '../support/passkey-stage.js';
import { LOG_IN_WITH, MASTER, personOf } from '../support/requests.js';
import { allStoredFactors, storedFactors, storedKeys, storeFactors } from '../support/rows.js';
import { SoftAuthenticator } from '../support/soft-authenticator.js';
import { DAY, MINUTE } from '../support/time.js';

/** Signing up with a passkey and nothing else, and getting back in without it. */

const GENERATE = { generate: 'true' };

let stage: Stage;
beforeAll(async () => {
  const recovery = new RecoveryCodesFactor({ changesFactors: { afterMs: DAY } });
  stage = await startPasskeyStage({ signUp: true, rpName: 'Acme' }, { install: { adminFunctions: true }, more: { recovery } });
});
afterAll(() => stage.stop());
beforeEach(() => {
  stage.time.now += 30 * DAY;
  stage.events.length = 0;
});

async function begin(payload: object = { purpose: 'sign-up' }): Promise<string> {
  const { body } = await stage.challenge({ challengeData: { passkey: payload } });
  return String(body['challengeData'].passkey.options);
}

/** The body of a sign-up with an answer to those options. */
const bodyFor = (passkey: SoftAuthenticator, options: string, fields: object = {}) => {
  const credential = passkey.create(options);
  return { ...fields, authData: { passkey: { id: passkey.handle, credential }, recovery: GENERATE } };
};
const signUp = async (passkey: SoftAuthenticator, fields: object = {}): Promise<Answer> =>
  stage.call('POST', '/users', bodyFor(passkey, await begin(), fields));

interface Newcomer {
  readonly person: Person;
  readonly user: PasskeyUser;
  readonly passkey: SoftAuthenticator;
  readonly username: string;
  readonly codes: readonly string[];
}

async function newcomer(fields: object = {}): Promise<Newcomer> {
  const passkey = new SoftAuthenticator(ORIGIN);
  const { status, body } = await signUp(passkey, fields);
  if (status !== 201) throw new Error(`${status} ${JSON.stringify(body)}`);
  const person = personOf({ status, body });
  const codes = String(body['authDataResponse'].recovery.codes).split(', ');
  const me = await stage.call('GET', '/users/me', undefined, person.session);
  return { person, user: new PasskeyUser(stage, person), passkey, username: String(me.body['username']), codes };
}
const users = async (): Promise<number> => Object.keys(await allStoredFactors(stage)).length;

describe('a sign-up with a passkey alone', () => {
  it('opens an account with one passkey and ten recovery codes, which are shown once', async () => {
    const passkey = new SoftAuthenticator(ORIGIN);
    const { status, body } = await signUp(passkey, { username: 'ann' });
    expect(status).toBe(201);
    expect(String(body['authDataResponse'].recovery.codes).split(', ')).toHaveLength(10);
    expect(JSON.stringify(body)).not.toContain('sealed');
    const { id, session } = personOf({ status, body });
    const me = await stage.call('GET', '/users/me', undefined, session);
    expect(me.body['username']).toBe('ann');
    expect(me.body['authData'].recovery).toEqual({ status: 'enabled', remaining: '10' });
    expect(JSON.parse(me.body['authData'].passkey.passkeys as string)).toHaveLength(1);
    expect(await storedKeys(stage, { id })).toEqual(['passkey', 'recovery']);
    expect(stage.events.filter(({ type }) => type === 'enrolled').map((event) => [event.factor, event.userId])).toEqual(
      expect.arrayContaining([
        ['passkey', id],
        ['recovery', id],
      ]),
    );
    const alone = await new PasskeyUser(stage, personOf({ status, body })).logInAlone(passkey);
    expect([alone.status, alone.body['objectId']]).toEqual([200, id]);
  });
});

describe('a sign-up with a passkey is refused', () => {
  it.each<readonly [string, (authData: Record<string, unknown>) => object]>([
    ['without recovery codes', ({ passkey }) => ({ authData: { passkey } })],
    ['with the codes of an own making', (authData) => ({ authData: { ...authData, recovery: 'AAAA-AAAA-AAAA-AAAA' } })],
    ['with a password beside', (authData) => ({ username: 'bob', password: 'secret', authData })],
    ['with another provider beside', (authData) => ({ authData: { ...authData, anonymous: { id: 'a' } } })],
    ['with another factor beside', (authData) => ({ authData: { ...authData, totp: '123456' } })],
    [
      'with the id of another handle',
      ({ passkey, ...rest }) => ({ authData: { passkey: { ...(passkey as object), id: 'AAAA' }, ...rest } }),
    ],
    [
      'without an id',
      ({ passkey, ...rest }) => {
        const { id: _, ...bare } = passkey as { readonly id: string };
        return { authData: { passkey: bare, ...rest } };
      },
    ],
  ])('%s, and stores nothing', async (_how, change) => {
    const before = await users();
    const { authData } = bodyFor(new SoftAuthenticator(ORIGIN), await begin());
    const answer = await stage.call('POST', '/users', change(authData));
    expect(answer.status).toBeGreaterThanOrEqual(400);
    expect(answer.status).toBeLessThan(500);
    expect(await users()).toBe(before);
  });

  it.each<readonly [string, object]>([
    ['of another origin', { origin: 'https://evil.example' }],
    ['of another domain', { rpId: 'evil.example' }],
    ['without user verification', { userVerified: false }],
    ['for a challenge of an own making', { challenge: Buffer.from('x'.repeat(90)).toString('base64url') }],
    ['in a frame of another site', { crossOrigin: true }],
  ])('with an answer %s', async (_how, forgery) => {
    const passkey = new SoftAuthenticator(ORIGIN);
    const credential = passkey.create(await begin(), forgery);
    const answer = await stage.call('POST', '/users', {
      authData: { passkey: { id: passkey.handle, credential }, recovery: GENERATE },
    });
    expect(slug(answer)).toBe('code_rejected');
  });

  it('with a challenge that has expired, is for a session, or is for a sign-in', async () => {
    const late = new SoftAuthenticator(ORIGIN);
    const body = bodyFor(late, await begin());
    stage.time.now += 5 * MINUTE;
    expect(slug(await stage.call('POST', '/users', body))).toBe('code_rejected');
    const { user } = await newcomer();
    const other = new SoftAuthenticator(ORIGIN);
    const { challenge } = JSON.parse(await user.beginAlone()) as { challenge: string };
    const crossed = JSON.stringify({ ...(JSON.parse(await begin()) as object), challenge });
    expect(slug(await stage.call('POST', '/users', bodyFor(other, crossed)))).toBe('code_rejected');
  });

  it('when the user name is taken, and the same passkey can try another name', async () => {
    await newcomer({ username: 'taken' });
    const passkey = new SoftAuthenticator(ORIGIN);
    const body = bodyFor(passkey, await begin());
    expect((await stage.call('POST', '/users', { ...body, username: 'taken' })).body['code']).toBe(202);
    expect((await stage.call('POST', '/users', { ...body, username: 'free' })).status).toBe(201);
  });
});

describe('one answer of a passkey', () => {
  it('sent 20 times in parallel opens one account', async () => {
    const before = await users();
    const body = bodyFor(new SoftAuthenticator(ORIGIN), await begin());
    const answers = await Promise.all(Array.from({ length: 20 }, () => stage.call('POST', '/users', body)));
    expect(answers.filter(({ status }) => status === 201)).toHaveLength(1);
    expect(answers.every(({ status }) => status < 500)).toBe(true);
    expect(await users()).toBe(before + 1);
  });

  it('sent 20 times in a batch opens one account, and by GraphQL another', async () => {
    const before = await users();
    const body = bodyFor(new SoftAuthenticator(ORIGIN), await begin());
    const requests = Array.from({ length: 20 }, () => ({ method: 'POST', path: '/parse/users', body }));
    const batch = (await stage.call('POST', '/batch', { requests })).body as unknown as { success?: object }[];
    expect(batch.filter(({ success }) => success)).toHaveLength(1);
    const { authData } = bodyFor(new SoftAuthenticator(ORIGIN), await begin());
    const { data } = await stage.graphql(LOG_IN_WITH, { input: { authData } });
    expect(data.logInWith.viewer.sessionToken).toEqual(expect.any(String));
    expect(await users()).toBe(before + 2);
  });

  it('cannot be replayed later, nor after the account is gone', async () => {
    const passkey = new SoftAuthenticator(ORIGIN);
    const body = bodyFor(passkey, await begin());
    const { body: signedUp } = await stage.call('POST', '/users', body);
    expect((await stage.call('POST', '/users', body)).status).toBe(400);
    await stage.call('DELETE', `/users/${String(signedUp['objectId'])}`, undefined, MASTER);
    expect(slug(await stage.call('POST', '/users', body))).toBe('code_rejected');
  });

  it('stores records that open for their own user only', async () => {
    const [ann, bob] = [await newcomer(), await newcomer()];
    const copied = await storedFactors(stage, ann.person);
    await storeFactors(stage, ann.person, {});
    await storeFactors(stage, bob.person, copied);
    expect(slug(await ann.user.logInAlone(ann.passkey))).toBe('unavailable');
  });
});

describe('a user who has lost the only passkey', () => {
  const recover = (params: object): Promise<Answer> => stage.call('POST', '/functions/factorsRecover', params);
  const complete = async (username: string, code: string | undefined, passkey = new SoftAuthenticator(ORIGIN)) => {
    const credential = passkey.create(await begin());
    return recover({ username, authData: { recovery: code, passkey: { id: passkey.handle, credential } } });
  };

  it('asks with a recovery code, waits, replaces the passkey with another code, and signs in with the new one', async () => {
    const { person, user, passkey, username, codes } = await newcomer();
    const begun = await recover({ username, authData: { recovery: codes[0] } });
    expect(begun.body['result']).toEqual({ status: 'pending', availableAt: new Date(stage.time.now + DAY).toISOString() });
    expect(stage.events.map(({ type }) => type)).toContain('recovery_begun');
    stage.time.now += DAY - MINUTE;
    // Until then, codes stay unused.
    expect((await complete(username, codes[1])).body['result'].status).toBe('pending');
    stage.time.now += MINUTE;
    expect((await recover({ username, authData: { recovery: codes[1] } })).body['result']).toEqual({ status: 'verified' });
    const found = new SoftAuthenticator(ORIGIN);
    expect((await complete(username, codes[1], found)).body['result']).toEqual({ status: 'recovered' });
    expect(stage.events.map(({ type }) => type)).toEqual(
      expect.arrayContaining(['replaced', 'recovery_proven', 'sessions_revoked']),
    );
    expect((await stage.call('GET', '/users/me', undefined, person.session)).body['code']).toBe(209);
    expect(slug(await user.logInAlone(passkey))).toBe('code_rejected');
    const again = await user.logInAlone(found);
    expect([again.status, again.body['objectId']]).toEqual([200, person.id]);
    const me = await stage.call('GET', '/users/me', undefined, personOf(again).session);
    expect(me.body['authData'].recovery.remaining).toBe('8');
  });

  it('is not recovered once the owner has signed in with the passkey', async () => {
    const { user, passkey, username, codes } = await newcomer();
    await recover({ username, authData: { recovery: codes[0] } });
    expect((await user.logInAlone(passkey)).status).toBe(200);
    expect(stage.events.map(({ type }) => type)).toContain('recovery_cancelled');
    stage.time.now += DAY;
    expect((await complete(username, codes[1])).body['result'].status).toBe('pending');
    expect((await user.logInAlone(passkey)).status).toBe(200);
  });

  it('20 parallel requests with one code replace the passkey once', async () => {
    const { username, codes } = await newcomer();
    await recover({ username, authData: { recovery: codes[0] } });
    stage.time.now += DAY;
    const answers = await Promise.all(Array.from({ length: 20 }, () => complete(username, codes[1])));
    expect(answers.filter(({ status }) => status === 200)).toHaveLength(1);
    expect(answers.every(({ status }) => status < 500)).toBe(true);
  });

  it('gets the same answer as a stranger, whatever is wrong, and is locked by none', async () => {
    const { username, codes } = await newcomer();
    const withPassword = await stage.signUp();
    const names = [username, withPassword.username, 'unknown'];
    for (const code of ['AAAA-AAAA-AAAA-AAAA', 'short', 7, null, { code: 'x' }, GENERATE]) {
      const answers: Answer[] = [];
      for (const name of names) answers.push(await recover({ username: name, authData: { recovery: code } }));
      expect(answers.map(({ status, body }) => [status, body])).toEqual(
        answers.map(() => [answers[0]?.status, answers[0]?.body]),
      );
      expect(answers[0]?.status).toBe(400);
    }
    for (let guess = 0; guess < 12; guess += 1) await recover({ username, authData: { recovery: 'AAAA-AAAA-AAAA-AAAA' } });
    expect((await recover({ username, authData: { recovery: codes[0] } })).body['result'].status).toBe('pending');
    // A wrong code does not learn of the wait.
    expect(slug(await recover({ username, authData: { recovery: 'AAAA-AAAA-AAAA-AAAA' } }))).toBe('code_rejected');
  });

  it('is not kept from recovering by a stolen session, which gives the account no password without the passkey', async () => {
    const { person, user, passkey, username, codes } = await newcomer();
    const setPassword = (): Promise<Answer> => stage.call('PUT', `/users/${person.id}`, { password: 'x' }, person.session);
    expect(slug(await setPassword())).toBe('fresh_proof_required');
    expect((await recover({ username, authData: { recovery: codes[0] } })).body['result'].status).toBe('pending');
    expect((await user.prove(passkey)).status).toBe(200);
    expect((await setPassword()).status).toBe(200);
  });

  it('is not kept from recovering by an address that a session links with another factor than the passkey', async () => {
    const { person, user, passkey, username, codes } = await newcomer();
    expect((await user.prove(passkey)).status).toBe(200);
    const secret = await stage.enrolTotp(person);
    stage.time.now += 5 * MINUTE;
    expect((await stage.save(person, { totp: stage.totp(secret) })).status).toBe(200);
    const ask = (): Promise<Answer> =>
      stage.challenge({ challengeData: { emailLogin: { email: 'thief@example.com' } } }, person.session);
    expect(slug(await ask())).toBe('fresh_proof_required');
    expect((await recover({ username, authData: { recovery: codes[0] } })).body['result'].status).toBe('pending');
    expect((await user.prove(passkey)).status).toBe(200);
    expect((await ask()).status).toBe(200);
    const emailLogin = { id: 'thief@example.com', code: stage.lastCode(stage.mail) };
    expect((await stage.save(person, { emailLogin })).status).toBe(200);
  });

  it('is recovered by no code if there is a password or another way in', async () => {
    const { person, username, codes } = await newcomer();
    await stage.call('PUT', `/users/${person.id}`, { password: 'secret' }, MASTER);
    expect(slug(await recover({ username, authData: { recovery: codes[0] } }))).toBe('code_rejected');
  });

  it('can be helped by an administrator, who sets a password and issues a help code', async () => {
    await stage.stop();
    const recovery = new RecoveryCodesFactor({ changesFactors: { afterMs: DAY } });
    const more = { recovery, help: new HelpCodeFactor() };
    stage = await startPasskeyStage({ signUp: true }, { install: { adminFunctions: true }, more });
    const { person, username } = await newcomer();
    await stage.call('PUT', `/users/${person.id}`, { password: 'secret' }, MASTER);
    const help = await issueHelpCode(stage, person);
    const login = await stage.logIn({ ...person, username, password: 'secret' }, { help });
    const user = new PasskeyUser(stage, personOf(login));
    const passkey = await user.add();
    expect((await user.logInAlone(passkey)).status).toBe(200);
  });

  it.each([
    {},
    { username: 7 },
    { username: 'a' },
    { username: 'a', authData: {} },
    { username: 'a', authData: { totp: '1' } },
    { username: 'a', authData: { recovery: 'x', totp: '1' } },
    { username: { $gt: '' }, authData: { recovery: 'x' } },
  ])('is told what is wrong with a malformed request: %#', async (params) =>
    expect(slug(await recover(params))).toBe('invalid_input'),
  );
});

describe('an account with no way in but passkeys', () => {
  /** A user with an authenticator app as well, whose session has just proven the app, and long ago the passkey. */
  async function provenByApp(): Promise<Newcomer & { readonly prove: () => Promise<void> }> {
    const owner = await newcomer();
    const { person, user, passkey } = owner;
    expect((await user.prove(passkey)).status).toBe(200);
    await user.add(new SoftAuthenticator(ORIGIN), 'Second');
    const secret = await stage.enrolTotp(person);
    const prove = async (): Promise<void> => {
      stage.time.now += 6 * MINUTE;
      expect((await stage.save(person, { totp: stage.totp(secret) })).status).toBe(200);
    };
    return { ...owner, prove };
  }

  const passkeysOf = async ({ session }: Person): Promise<{ readonly id: string }[]> => {
    const me = await stage.call('GET', '/users/me', undefined, session);
    return JSON.parse(String(me.body['authData'].passkey.passkeys)) as { readonly id: string }[];
  };

  it('has its factors changed by a proof of a passkey only: another factor of a stolen session opens nothing for good', async () => {
    const { person, user, passkey, prove } = await provenByApp();
    const [, second] = await passkeysOf(person);
    const codes = async (): Promise<Answer> => stage.save(person, { recovery: GENERATE });
    const removeOne = async (): Promise<Answer> => stage.save(person, { passkey: { remove: second?.id } });
    const add = (): Promise<Answer> => stage.challenge({ challengeData: { passkey: { purpose: 'enrolment' } } }, person.session);
    const remove = (key: string) => (): Promise<Answer> => stage.save(person, { [key]: null });
    const address = (): Promise<Answer> =>
      stage.challenge({ challengeData: { email: { email: 'thief@example.com' } } }, person.session);
    await prove();
    const before = await storedFactors(stage, person);
    for (const change of [codes, removeOne, add, remove('recovery'), remove('totp'), address]) {
      expect(slug(await change())).toBe('fresh_proof_required');
      const batch = { requests: [{ method: 'PUT', path: `/parse/users/${person.id}`, body: { authData: { recovery: null } } }] };
      expect(JSON.stringify((await stage.call('POST', '/batch', batch, person.session)).body)).toContain('fresh_proof_required');
    }
    expect(Object.keys(await storedFactors(stage, person))).toEqual(Object.keys(before));
    for (const change of [add, codes, removeOne, remove('totp')]) {
      expect((await user.prove(passkey)).status).toBe(200);
      expect((await change()).body['error']).toBeUndefined();
    }
  });

  it('keeps the last way in: it is removed only once there is another one', async () => {
    const { person, user, passkey } = await newcomer();
    const remove = (): Promise<Answer> => stage.save(person, { passkey: null });
    expect((await user.prove(passkey)).status).toBe(200);
    expect((await remove()).body).toEqual({
      code: 142,
      error: 'invalid_input: This is the only way to sign in to the account. Set up another one first.',
    });
    expect((await user.logInAlone(passkey)).status).toBe(200);
    await stage.call('PUT', `/users/${person.id}`, { password: 'secret' }, MASTER);
    const again = personOf(await user.logInAlone(passkey));
    expect((await new PasskeyUser(stage, again).prove(passkey)).status).toBe(200);
    expect((await stage.save(again, { passkey: null })).status).toBe(200);
  });

  it('keeps the passkey and the recovery codes when an administrator resets factors without naming them', async () => {
    const { person, user, passkey } = await provenByApp();
    const reset = (params: object): Promise<Answer> => stage.call('POST', '/functions/factorsReset', params, MASTER);
    expect((await reset({ userId: person.id })).body).toEqual({ result: ['totp'] });
    expect(await storedKeys(stage, person)).toEqual(['passkey', 'recovery']);
    expect((await user.logInAlone(passkey)).status).toBe(200);
    expect((await reset({ userId: person.id, factor: 'passkey' })).body).toEqual({ result: ['passkey', 'recovery'] });
  });
});

describe('a passkey that the browser creates without a dialog, after a login with the password', () => {
  const QUIET = { purpose: 'enrolment', mediation: 'conditional' };
  const quiet = { userPresent: false, userVerified: false };

  it('is accepted without a touch, and verifies its user at each sign-in', async () => {
    const user = await PasskeyUser.signUp(stage);
    const passkey = new SoftAuthenticator(ORIGIN);
    const credential = passkey.create(await user.begin(QUIET), quiet);
    expect((await user.save({ credential, name: 'Laptop' })).status).toBe(200);
    expect(slug(await user.logInAlone(passkey, { userVerified: false }))).toBe('code_rejected');
    expect((await user.logInAlone(passkey)).status).toBe(200);
  });

  it('needs options of its own, in the session that they are for, once', async () => {
    const [user, other] = [await PasskeyUser.signUp(stage), await PasskeyUser.signUp(stage)];
    const loud = new SoftAuthenticator(ORIGIN).create(await user.begin({ purpose: 'enrolment' }), quiet);
    expect(slug(await user.save({ credential: loud }))).toBe('code_rejected');
    const credential = new SoftAuthenticator(ORIGIN).create(await user.begin(QUIET), quiet);
    expect(slug(await other.save({ credential }))).toBe('code_rejected');
    expect(slug(await new PasskeyUser(stage, await stage.another(user.person)).save({ credential }))).toBe('code_rejected');
    expect((await user.save({ credential })).status).toBe(200);
    expect((await user.save({ credential })).status).toBe(400);
  });

  it('is only ever the first one, and follows the rules of enrolment', async () => {
    const { user } = await PasskeyUser.enrolled(stage);
    const asked = await stage.challenge({ challengeData: { passkey: QUIET } }, user.person.session);
    expect(slug(asked)).toBe('already_enrolled');
    const late = await PasskeyUser.signUp(stage);
    const credential = new SoftAuthenticator(ORIGIN).create(await late.begin(QUIET), quiet);
    await late.add();
    expect((await late.save({ credential })).status).toBe(400);
    const another = await stage.signUp();
    await stage.enrolTotp(another);
    stage.time.now += 5 * MINUTE;
    const beside = await stage.challenge({ challengeData: { passkey: QUIET } }, another.session);
    expect(slug(beside)).toBe('fresh_proof_required');
  });

  it.each([{ mediation: 'conditional' }, { purpose: 'sign-up', mediation: 'conditional' }, { ...QUIET, mediation: 'silent' }])(
    'is not begun by a malformed request: %o',
    async (payload) => {
      const user = await PasskeyUser.signUp(stage);
      expect(slug(await stage.challenge({ challengeData: { passkey: payload } }, user.person.session))).toBe('invalid_input');
    },
  );
});
