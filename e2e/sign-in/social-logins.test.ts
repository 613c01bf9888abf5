import { RecoveryCodesFactor } from '@parse-factors/recovery-codes';
import { afterAll, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import type { Answer } from '@parse-factors/test-server/parse-server';
import { slug, startStage, type Stage } from '../support/harness.js';
import { LOG_IN_WITH, personOf } from '../support/requests.js';
import { DAY, MINUTE } from '../support/time.js';
import { makeRecoveryCodes } from '../support/people.js';

/** Factors beside social logins. The providers here take each token once, as those do that exchange a code. */

let stage: Stage;
const checks: string[] = [];

const provider = (name: string) => ({
  validateAppId: async () => undefined,
  validateAuthData: async ({ token }: { token?: string }) => {
    if (typeof token !== 'string' || !token.startsWith('token') || checks.includes(`${name} ${token}`))
      throw new Error('this token is not good any more');
    checks.push(`${name} ${token}`);
  },
});

beforeAll(async () => {
  stage = await startStage({
    install: true,
    more: { recovery: new RecoveryCodesFactor() },
    server: { auth: { alpha: provider('alpha'), zulu: provider('zulu') } },
  });
});
afterAll(() => stage.stop());
beforeEach(() => {
  stage.time.now += DAY;
  checks.length = 0;
});

let tokens = 0;
const token = (): string => `token${(tokens += 1)}`;

/** A user who signed up with a social provider and has an authenticator, a phone and recovery codes. */
async function member(name: string) {
  const id = `id${(tokens += 1)}`;
  const signUp = await stage.call('POST', '/users', { authData: { [name]: { id, token: token() } } });
  expect(signUp.status).toBe(201);
  const person = personOf(signUp);
  const secret = await stage.enrolTotp(person);
  await stage.save(person, { totp: stage.totp(secret) });
  await stage.enrolPhone(person, `+1555123${String(tokens).padStart(4, '0')}`);
  const codes = await makeRecoveryCodes(stage, person);
  stage.time.now += 5 * MINUTE;
  checks.length = 0;
  return { id, person, secret, codes };
}

describe.each(['alpha', 'zulu'])('the social provider %s', (name) => {
  it('a social provider is linked in the save that sets a factor up, whatever its data is called', async () => {
    const person = await stage.signUp();
    const { body } = await stage.challenge({ challengeData: { totp: true } }, person.session);
    const id = `id${(tokens += 1)}`;
    const linked = { id, token: token(), staged: 'mine' };
    const saved = await stage.save(person, { totp: stage.totp(body['challengeData'].totp.secret), [name]: linked });
    expect(saved.status).toBe(200);
    const login = await stage.call('POST', '/users', { authData: { [name]: { id, token: token() } } });
    expect(login.body['error']).toContain('Missing additional authData totp');
  });

  it('a social provider checks its token once at a login with a factor', async () => {
    const { id, secret } = await member(name);
    const authData = { [name]: { id, token: token() }, totp: stage.totp(secret) };
    const login = await stage.call('POST', '/users', { authData });
    expect([login.status, login.body['error']]).toEqual([200, undefined]);
    expect(checks).toHaveLength(1);
    expect(slug(await stage.call('POST', '/users', { authData }))).not.toBe('undefined');
    expect((await stage.call('POST', '/users', { authData })).status).toBe(400);
  });

  it('a social provider checks its token once at a login with two factors, in a batch and by GraphQL', async () => {
    const { id, secret, person } = await member(name);
    const ask = (): Promise<Answer> =>
      stage.challenge({ authData: { [name]: { id, token: token() } }, challengeData: { otp: true } });
    expect((await ask()).status).toBe(200);
    expect(checks).toHaveLength(1);
    checks.length = 0;
    const both = { [name]: { id, token: token() }, totp: stage.totp(secret), otp: stage.lastCode(stage.sms) };
    const requests = [{ method: 'POST', path: '/parse/users', body: { authData: both } }];
    expect((await stage.call('POST', '/batch', { requests })).body[0].success?.sessionToken).toBeDefined();
    expect(checks).toHaveLength(1);
    stage.time.now += MINUTE;
    checks.length = 0;
    const authData = { [name]: { id, token: token() }, totp: stage.totp(secret) };
    const answer = await stage.graphql(LOG_IN_WITH, { input: { authData } });
    expect(answer['data']?.logInWith.viewer.user.objectId).toBe(person.id);
    expect(checks).toHaveLength(1);
  });

  it('a social provider checks its token once where it is linked beside a factor that is answered', async () => {
    const person = await stage.signUp();
    const secret = await stage.enrolTotp(person);
    const authData = { [name]: { id: token(), token: token() } };
    expect(checks).toHaveLength(0);
    expect((await stage.save(person, { ...authData, totp: stage.totp(secret) })).status).toBe(200);
    expect(checks).toHaveLength(1);
  });

  it('a social provider refuses a bad token before an attempt is counted', async () => {
    const { id, secret } = await member(name);
    for (let guess = 0; guess < 12; guess += 1) {
      const authData = { [name]: { id, token: 'wrong' }, totp: '000000' };
      expect((await stage.call('POST', '/users', { authData })).status).toBe(400);
    }
    const authData = { [name]: { id, token: token() }, totp: stage.totp(secret) };
    expect((await stage.call('POST', '/users', { authData })).status).toBe(200);
  });

  it('the reply to a social login shows which factors are set up, and neither what was typed nor what is stored', async () => {
    const { id, secret, codes } = await member(name);
    const code = stage.totp(secret);
    const typed = await stage.call('POST', '/users', { authData: { [name]: { id, token: token() }, totp: code } });
    expect(typed.body['authData'].totp).toEqual({ status: 'enabled' });
    expect(typed.body['authData'].recovery).toEqual({ status: 'enabled', remaining: '10' });
    expect(typed.body['authData'].otp.status).toBe('enabled');
    expect(typed.body['authData'][name].id).toBe(id);
    const recovered = await stage.call('POST', '/users', { authData: { [name]: { id, token: token() }, recovery: codes[0] } });
    expect(recovered.status).toBe(200);
    for (const { body } of [typed, recovered]) {
      expect(JSON.stringify(body)).not.toContain('sealed');
      for (const secretText of [code, codes[0] ?? '']) expect(JSON.stringify(body)).not.toContain(`"${secretText}"`);
    }
    const requests = [
      { method: 'POST', path: '/parse/users', body: { authData: { [name]: { id, token: token() }, recovery: codes[1] } } },
      { method: 'POST', path: '/parse/users', body: { authData: { [name]: { id, token: token() }, recovery: codes[2] } } },
    ];
    const batch = await stage.call('POST', '/batch', { requests });
    expect(JSON.stringify(batch.body)).toContain('sessionToken');
    for (const hidden of ['sealed', codes[1] ?? '', codes[2] ?? '']) expect(JSON.stringify(batch.body)).not.toContain(hidden);
  });
});

describe('a login by a code alone', () => {
  it('a login by a code alone shows the masked address, and not the code', async () => {
    const email = 'reply@example.com';
    await stage.challenge({ challengeData: { emailLogin: { email } } });
    const code = stage.lastCode(stage.mail);
    await stage.call('POST', '/users', { authData: { emailLogin: { id: email, code } } });
    stage.time.now += MINUTE;
    await stage.challenge({ challengeData: { emailLogin: { email } } });
    const second = stage.lastCode(stage.mail);
    const login = await stage.call('POST', '/users', { authData: { emailLogin: { id: email, code: second } } });
    expect(login.status).toBe(200);
    expect(login.body['authData'].emailLogin).toEqual({ status: 'enabled', destination: 'r•••@e•••.com' });
    expect(JSON.stringify(login.body)).not.toContain(second);
  });
});
