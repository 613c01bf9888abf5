import { composeFactors } from '@parse-factors/core';
import { TotpFactor } from '@parse-factors/totp';
import { TrustedDeviceFactor } from '@parse-factors/trusted-device';
import { afterEach, describe, expect, inject, it } from 'vitest';
import { startParseServer, type Answer, type TestServer } from '@parse-factors/test-server/parse-server';
import { slug, startStage, type Stage } from '../support/harness.js';
import { mailServer } from '../support/mail-server.js';
import { enrolled, trustDevice } from '../support/people.js';
import { credentials, MASTER, sessionHeaders } from '../support/requests.js';
import { MINUTE } from '../support/time.js';

/** What the pages say of roll-out to existing users, going back, hosted servers and password reset. */

const UNSUPPORTED = { code: 252, error: 'This authentication method is unsupported.' };

let stage: Stage;
let other: TestServer | undefined;
afterEach(async () => {
  await (other ?? stage).stop();
  other = undefined;
});

const count = async (server: TestServer, where: object): Promise<unknown> => {
  const query = `count=1&limit=0&where=${encodeURIComponent(JSON.stringify(where))}`;
  return (await server.call('GET', `/users?${query}`, undefined, MASTER)).body['count'];
};

describe('existing users', () => {
  const since = Date.UTC(2027, 0, 11);

  it('a user with a stored address sets the factor up in the login that demands it, with one code', async () => {
    stage = await startStage({
      install: true,
      mail: { destination: (user) => user.get('email') as string | undefined },
      compose: { enrolment: { requiredFor: 'everybody', since }, revokeSessionsOn: ['replaced', 'removed'] },
    });
    const person = await stage.signUp({ email: 'Ann@Example.com' });
    const nowhere = await stage.signUp();
    expect((await stage.logIn(person)).status).toBe(200);
    stage.time.now = since;
    expect((await stage.logIn(person)).body).toEqual({
      code: 211,
      error: 'enrolment_required: Set up one of these first: otp, email, totp.',
    });
    const ask = (who: object): Promise<Answer> => stage.challenge({ ...who, challengeData: { email: true } });
    expect((await ask(credentials(person))).body['challengeData'].email).toMatchObject({ destination: 'a•••@e•••.com' });
    expect((await stage.logIn(person, { email: stage.lastCode(stage.mail) })).status).toBe(200);
    expect((await stage.logIn(person)).body).toEqual({ code: -1, error: 'Missing additional authData email' });
    expect((await ask(credentials(nowhere))).body['error']).toBe('invalid_input: The user has no address yet.');
    // The session from before goes on, as `revokeSessionsOn` leaves a first factor out.
    expect((await stage.call('GET', '/users/me', undefined, person.session)).status).toBe(200);
    expect(await count(stage, { 'authData.email.sealed': { $regex: '.' } })).toBe(1);
  });
});

describe('going back', () => {
  const hide = { protectedFields: { _User: { '*': ['authData'] } } };

  it('without the packages the password alone logs in, and with them again the factor is needed', async () => {
    stage = await startStage({ server: hide });
    const { person, secret } = await enrolled(stage);
    const id = 'ann@example.com';
    await stage.challenge({ challengeData: { emailLogin: { email: id } } });
    const codes = { emailLogin: { id, code: stage.lastCode(stage.mail) } };
    const passwordless = await stage.call('POST', '/users', { authData: codes });
    const { databaseUri, keys, time } = stage;
    await stage.stop();

    other = await startParseServer(inject('database'), hide, databaseUri);
    const logIn = (server: TestServer, authData?: object): Promise<Answer> =>
      server.call('POST', '/login', { ...credentials(person), ...(authData && { authData }) });
    expect((await logIn(other)).body['authData'].totp).toEqual({ sealed: expect.any(String) });
    expect((await logIn(other, { totp: stage.totp(secret) })).body).toEqual(UNSUPPORTED);
    expect((await other.call('POST', '/challenge', { ...credentials(person), challengeData: { totp: true } })).body).toEqual({
      challengeData: {},
    });
    expect((await other.call('POST', '/users', { authData: codes })).body).toEqual(UNSUPPORTED);
    expect((await other.call('GET', '/users/me', undefined, sessionHeaders(passwordless))).status).toBe(200);
    await other.stop();

    const factors = composeFactors({ keys, clock: () => time.now, factors: { totp: new TotpFactor({ issuer: 'Acme' }) } });
    other = await startParseServer(inject('database'), { ...hide, auth: factors.auth }, databaseUri);
    expect((await logIn(other)).body['error']).toBe('Missing additional authData totp');
    expect((await logIn(other, { totp: stage.totp(secret, 1) })).status).toBe(200);
    await other.stop();

    // The record of one user, and then the classes, are removed without the packages.
    other = await startParseServer(inject('database'), hide, databaseUri);
    expect((await other.call('PUT', `/users/${person.id}`, { authData: { totp: null } }, MASTER)).status).toBe(200);
    expect(await count(other, { 'authData.totp.sealed': { $regex: '.' } })).toBe(0);
    for (const name of ['FactorState', 'FactorEvent', 'FactorKey']) {
      await other.call('DELETE', `/purge/${name}`, undefined, MASTER);
      expect((await other.call('DELETE', `/schemas/${name}`, undefined, MASTER)).status).toBe(200);
    }
  });
});

describe('a server with client keys', () => {
  it('refuses requests without one of its keys, challenges and GraphQL as well', async () => {
    stage = await startStage({ install: true, server: { clientKey: 'c', restAPIKey: 'r', javascriptKey: 'j' } });
    const refused = { error: 'unauthorized' };
    const ask = (headers: Record<string, string>): Promise<Answer> =>
      stage.challenge({ username: 'ann', password: 'x', challengeData: { totp: true } }, headers);
    expect((await ask({})).body).toEqual(refused);
    expect((await ask({ 'X-Parse-Client-Key': 'wrong' })).body).toEqual(refused);
    expect(await stage.graphql('{ health }', {})).toEqual(refused);
    for (const [name, key] of Object.entries({ Client: 'c', 'REST-API': 'r', Javascript: 'j' }))
      expect((await ask({ [`X-Parse-${name}-Key`]: key })).body['code']).toBe(101);
    const undefinedFunction = await stage.call('POST', '/functions/factorsReset', {}, { ...MASTER, 'X-Parse-Client-Key': 'c' });
    expect(undefinedFunction.body['error']).toBe('Invalid function: "factorsReset"');
  });
});

describe('a new password by a link', () => {
  it('ends sessions and the trust in devices, and leaves factors and locks', async () => {
    const links: string[] = [];
    stage = await startStage({
      install: true,
      more: { device: new TrustedDeviceFactor() },
      server: mailServer(links),
    });
    const { person, secret } = await enrolled(stage, { email: 'ann@example.com' });
    const token = await trustDevice(stage, person);
    await stage.enrolPhone(person);
    for (let guess = 0; guess < 10; guess += 1) await stage.logIn(person, { totp: '000000' });
    expect(slug(await stage.logIn(person, { totp: stage.totp(secret) }))).toBe('locked');

    await stage.call('POST', '/requestPasswordReset', { email: 'ann@example.com' });
    const form = new URLSearchParams({
      new_password: 'another',
      token: new URL(links.at(-1) ?? '').searchParams.get('token') ?? '',
    });
    const headers = { 'X-Requested-With': 'XMLHttpRequest', 'Content-Type': 'application/x-www-form-urlencoded' };
    const done = await stage.call('POST', '/apps/test/request_password_reset', form.toString(), headers);
    expect(done.status).toBe(200);
    expect((await stage.call('GET', '/users/me', undefined, person.session)).body['code']).toBe(209);
    const anew = { ...person, password: 'another' };
    expect((await stage.logIn(anew)).body['error']).toContain('Missing additional authData');
    expect((await stage.logIn(anew, { device: { token } })).body['error']).toBe('code_rejected: This device is not trusted.');
    expect(slug(await stage.logIn(anew, { totp: stage.totp(secret) }))).toBe('locked');
    stage.time.now += 15 * MINUTE;
    expect((await stage.logIn(anew, { totp: stage.totp(secret) })).status).toBe(200);
  });

  it('a user who signs in by a linked address sets a new password without a link', async () => {
    stage = await startStage({ install: true });
    const person = await stage.signUp();
    const email = 'ann@example.com';
    const code = async (headers?: Record<string, string>): Promise<object> => {
      await stage.challenge({ challengeData: { emailLogin: { email } } }, headers);
      return { emailLogin: { id: email, code: stage.lastCode(stage.mail) } };
    };
    await stage.save(person, await code(person.session));
    stage.time.now += 10 * MINUTE;
    const signedIn = await stage.call('POST', '/users', { authData: await code() });
    const saved = await stage.call('PUT', `/users/${person.id}`, { password: 'another' }, sessionHeaders(signedIn));
    expect(saved.status).toBe(200);
    expect((await stage.logIn({ ...person, password: 'another' })).status).toBe(200);
  });
});
