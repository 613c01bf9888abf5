// @compat
import type { MethodDemand, SessionMethods } from '@parse-factors/core';
import { RecoveryCodesFactor } from '@parse-factors/recovery-codes';
import { TrustedDeviceFactor } from '@parse-factors/trusted-device';
import type { Answer, Person } from '@parse-factors/test-server/parse-server';
import { afterEach, describe, expect, it } from 'vitest';
import { countStatements } from '@parse-factors/test-server/count-statements';
import { cloudCode } from '../support/cloud-code.js';
import { slug, startStage, type Stage, type StageOptions } from '../support/harness.js';
import { enrolled, equipped } from '../support/people.js';
import { DEFAULT_BADGE } from '../support/providers.js';
import { credentials, LOG_IN, personOf, sessionHeaders } from '../support/requests.js';
import { MINUTE } from '../support/time.js';

/** Sessions that know how they were opened. */

let stage: Stage;
afterEach(() => stage.stop());

async function start(options: StageOptions = {}): Promise<void> {
  stage = await startStage({
    install: true,
    ...options,
    more: { recovery: new RecoveryCodesFactor(), device: new TrustedDeviceFactor() },
    server: { auth: { badge: DEFAULT_BADGE }, ...options.server },
  });
  const { Cloud } = cloudCode();
  Cloud.define('methods', (request) => stage.factors.sessionMethods(request));
  Cloud.define('pay', async (request) => {
    await stage.factors.requireFactor(request, request.params as MethodDemand);
    return 'paid';
  });
}

const call = (name: string, params: object, session?: Record<string, string>): Promise<Answer> =>
  stage.call('POST', `/functions/${name}`, params, session);

async function methodsOf(session: Record<string, string>): Promise<SessionMethods> {
  const { status, body } = await call('methods', {}, session);
  expect([status, body['error']]).toEqual([200, undefined]);
  return body['result'] as SessionMethods;
}

const names = ({ methods }: SessionMethods): readonly string[] => methods.map(({ method, kind }) => `${kind}:${method}`);
const pay = (session: Record<string, string>, demand: object): Promise<Answer> => call('pay', demand, session);

describe('the methods of a session', () => {
  it('a sign-up and a login with the password show the password alone, which is level 1', async () => {
    await start();
    const person = await stage.signUp();
    const { session } = await stage.another(person);
    for (const opened of [person.session, session]) {
      const { methods, ...rest } = await methodsOf(opened);
      expect(methods).toEqual([{ method: 'password', kind: 'password', at: stage.time.now, amr: ['pwd'] }]);
      expect(rest).toEqual({ amr: ['pwd'], aal: 1 });
    }
  });

  it('a login with an authenticator app or an SMS shows both with their time, and is level 2; one with an email is not', async () => {
    await start({ compose: { policy: 'any' } });
    const { person, secret } = await enrolled(stage);
    await stage.enrolPhone(person);
    await stage.enrolEmail(person);
    stage.time.now += 11 * MINUTE;
    const byApp = await methodsOf((await stage.another(person, { totp: stage.totp(secret) })).session);
    expect(names(byApp)).toEqual(['password:password', 'factor:totp']);
    expect(byApp.methods.every(({ at }) => at === stage.time.now)).toBe(true);
    expect(byApp).toMatchObject({ amr: ['pwd', 'otp', 'mfa'], aal: 2 });
    await stage.challenge({ ...credentials(person), challengeData: { otp: true } });
    const byPhone = await methodsOf((await stage.another(person, { otp: stage.lastCode(stage.sms) })).session);
    expect(byPhone).toMatchObject({ amr: ['pwd', 'sms', 'mfa'], aal: 2 });
    await stage.challenge({ ...credentials(person), challengeData: { email: true } });
    const byMail = await methodsOf((await stage.another(person, { email: stage.lastCode(stage.mail) })).session);
    expect(byMail).toMatchObject({ amr: ['pwd', 'otp'], aal: 1 });
  });

  it('a recovery code and a trusted device show as what they are, and no requirement takes them for a factor', async () => {
    await start();
    const { person, codes, token } = await equipped(stage);
    const byCode = await stage.another(person, { recovery: codes[0] });
    expect(names(await methodsOf(byCode.session))).toEqual(['password:password', 'backup:recovery']);
    expect((await methodsOf(byCode.session)).aal).toBe(2); // a look-up secret is something that the user has
    const byDevice = await stage.another(person, { device: { token } });
    expect(names(await methodsOf(byDevice.session))).toEqual(['password:password', 'backup:device']);
    expect((await methodsOf(byDevice.session)).aal).toBe(1);
    for (const { session } of [byCode, byDevice]) {
      const refused = await pay(session, { oneOf: ['totp', 'otp'] });
      expect(refused.body).toEqual({ code: 119, error: 'fresh_proof_required: First verify one of: totp, otp.' });
    }
  });

  it('a sign-up and a login with a code by email show the factor, without a password', async () => {
    await start();
    const id = 'ann@example.com';
    for (const _ of ['sign-up', 'login']) {
      expect((await stage.challenge({ challengeData: { emailLogin: { email: id } } })).status).toBe(200);
      const authData = { emailLogin: { id, code: stage.lastCode(stage.mail) } };
      const answer = await stage.call('POST', '/users', { authData });
      expect(answer.body['error']).toBeUndefined();
      expect(names(await methodsOf(personOf(answer).session))).toEqual(['primary:emailLogin']);
      stage.time.now += 11 * MINUTE;
    }
  });

  it('another provider shows by its key', async () => {
    await start();
    const answer = await stage.call('POST', '/users', { authData: { badge: { id: 'b1', secret: 'right' } } });
    expect(answer.body['error']).toBeUndefined();
    expect(await methodsOf(personOf(answer).session)).toMatchObject({
      aal: 1,
      amr: [],
      methods: [{ kind: 'provider', method: 'badge' }],
    });
  });

  it('logins by GraphQL show the same', async () => {
    await start();
    const { person, secret } = await enrolled(stage);
    const { data } = await stage.graphql(LOG_IN, { input: { ...credentials(person), authData: { totp: stage.totp(secret) } } });
    const token = String(data.logIn.viewer.sessionToken);
    expect(names(await methodsOf({ 'X-Parse-Session-Token': token }))).toEqual(['password:password', 'factor:totp']);
  });

  it('a step-up is added to its own session, with its time, and to no other one', async () => {
    await start();
    const { person, secret } = await enrolled(stage);
    stage.time.now += 10 * MINUTE;
    const other = await stage.another(person, { totp: stage.totp(secret) });
    const opened = stage.time.now;
    stage.time.now += 10 * MINUTE;
    await stage.save(person, { totp: stage.totp(secret) });
    const at = (methods: SessionMethods): readonly number[] =>
      methods.methods.filter(({ method }) => method === 'totp').map((each) => each.at);
    expect(at(await methodsOf(person.session))).toEqual([stage.time.now]);
    expect(at(await methodsOf(other.session))).toEqual([opened]);
  });

  it('two step-ups at the same time are both kept', async () => {
    await start();
    const { person, secret } = await enrolled(stage);
    await stage.enrolPhone(person);
    stage.time.now += 11 * MINUTE;
    const { session } = await stage.another(person, { totp: stage.totp(secret) });
    const same = { ...person, session };
    stage.time.now += 11 * MINUTE;
    await stage.challenge({ challengeData: { otp: true } }, session);
    const code = stage.lastCode(stage.sms);
    await Promise.all([stage.save(same, { totp: stage.totp(secret) }), stage.save(same, { otp: code })]);
    expect(names(await methodsOf(session)).toSorted()).toEqual(['factor:otp', 'factor:totp', 'password:password']);
  });
});

describe('what is kept with a session', () => {
  it('does not grow with every step-up', async () => {
    await start();
    const { person, secret } = await enrolled(stage);
    for (let round = 0; round < 40; round += 1) {
      stage.time.now += MINUTE;
      expect((await stage.save(person, { totp: stage.totp(secret) })).status).toBe(200);
    }
    const parts = async (): Promise<unknown> => (await stage.rows.find('_Session'))[0]?.['factorMethods'];
    const kept = (await parts()) as readonly unknown[];
    expect(kept.length).toBeGreaterThan(0);
    expect(kept.length).toBeLessThanOrEqual(30); // although nothing has read it
    const before = await methodsOf(person.session);
    expect(before.methods.map(({ at }) => at)).toEqual([expect.any(Number), stage.time.now]);
    expect(before.methods.map(({ method }) => method)).toEqual(['password', 'totp']);
  });
});

describe('requireFactor', () => {
  it('takes a factor of the login or of a step-up, and no older one than asked for', async () => {
    await start();
    const { person, secret } = await enrolled(stage);
    stage.time.now += 10 * MINUTE;
    const { session } = await stage.another(person, { totp: stage.totp(secret) });
    const demand = { oneOf: ['otp', 'totp'], maxAgeMs: 10 * MINUTE };
    expect((await pay(session, demand)).body).toEqual({ result: 'paid' });
    stage.time.now += 10 * MINUTE - 1;
    expect((await pay(session, demand)).status).toBe(200);
    stage.time.now += 1;
    expect(slug(await pay(session, demand))).toBe('fresh_proof_required');
    expect((await pay(session, { oneOf: ['totp'] })).status).toBe(200);
    expect(slug(await pay(session, { oneOf: ['otp'] }))).toBe('fresh_proof_required');
    await stage.save({ ...person, session }, { totp: stage.totp(secret) });
    expect((await pay(session, demand)).status).toBe(200);
  });

  it('refuses a request without a session, and one whose session has ended, and costs one statement', async () => {
    await start();
    const { person, secret } = await enrolled(stage);
    const { session } = await stage.another(person, { totp: stage.totp(secret) });
    expect(slug(await call('pay', { oneOf: ['totp'] }))).toBe('session_required');
    const demand = { oneOf: ['totp'] };
    for (const name of ['plain', 'pay']) await call(name, demand, session); // what only the first calls cost
    const plain = await countStatements(() => stage.call('POST', '/functions/plain', {}, session));
    expect(await countStatements(() => pay(session, demand))).toBe(plain + 1);
    expect((await stage.call('POST', '/logout', {}, session)).status).toBe(200);
    expect((await pay(session, { oneOf: ['totp'] })).body).toMatchObject({ code: 209 });
  });

  it.each([
    {},
    { oneOf: 'totp' },
    { oneOf: [] },
    { oneOf: [1] },
    { oneOf: ['totp'], maxAgeMs: 'x' },
    { oneOf: ['totp'], all: true },
    { oneOf: ['recovery'] },
    { oneOf: ['password'] },
    { oneOf: ['toString'] },
  ])('refuses the demand %j as invalid input', async (demand) => {
    await start();
    const person = await stage.signUp();
    expect(slug(await pay(person.session, demand))).toBe('invalid_input');
  });
});

describe('the sessions of a user', () => {
  const list = async (session: Record<string, string>): Promise<readonly Record<string, unknown>[]> =>
    (await call('factorsSessions', {}, session)).body['result'] as readonly Record<string, unknown>[];
  const end = (session: Record<string, string>, params: object): Promise<Answer> => call('factorsEndSessions', params, session);
  const FIREFOX = 'Mozilla/5.0 (X11; Linux x86_64; rv:140.0) Gecko/20100101 Firefox/140.0';

  const fromFirefox = async (person: Person): Promise<Person> => {
    const headers = { 'User-Agent': FIREFOX, 'X-Parse-Installation-Id': 'laptop' };
    const answer = await stage.call('POST', '/login', credentials(person), headers);
    return { ...person, session: sessionHeaders(answer) };
  };

  it('are listed with their device, when, where from and how they were opened, the newest first', async () => {
    await start();
    const person = await stage.signUp();
    const firefox = await fromFirefox(person);
    const stranger = await stage.signUp();
    const [newest, oldest, ...others] = await list(firefox.session);
    expect(others).toEqual([]);
    expect(newest).toEqual({
      id: expect.stringMatching(/^\w{10}$/),
      isCurrent: true,
      createdAt: expect.stringMatching(/^\d{4}-.*Z$/),
      expiresAt: expect.stringMatching(/^\d{4}-.*Z$/),
      device: 'Firefox, Linux',
      userAgent: FIREFOX,
      ip: '127.0.0.1',
      installationId: 'laptop',
      methods: [{ method: 'password', kind: 'password', amr: ['pwd'], at: stage.time.now }],
      amr: ['pwd'],
      aal: 1,
    });
    expect(oldest).toMatchObject({ isCurrent: false, methods: [{ method: 'password' }] });
    expect((await list(stranger.session)).map(({ isCurrent }) => isCurrent)).toEqual([true]);
    expect(JSON.stringify(await list(person.session))).not.toContain('r:');
  });

  it('one is ended by its id, or all others; the one of another user is not', async () => {
    await start();
    const person = await stage.signUp();
    const [second, third] = [await fromFirefox(person), await stage.another(person)];
    const stranger = await stage.signUp();
    const [theirs] = await list(stranger.session);
    expect((await end(person.session, { id: theirs?.['id'] })).body).toEqual({ result: 0 });
    const mine = (await list(person.session)).find(({ installationId }) => installationId === 'laptop');
    expect((await end(person.session, { id: mine?.['id'] })).body).toEqual({ result: 1 });
    expect((await stage.call('GET', '/users/me', undefined, second.session)).body).toMatchObject({ code: 209 });
    expect((await end(person.session, { others: true })).body).toEqual({ result: 1 });
    expect((await stage.call('GET', '/users/me', undefined, third.session)).body).toMatchObject({ code: 209 });
    expect(await list(person.session)).toHaveLength(1);
    expect(await list(stranger.session)).toHaveLength(1);
    expect(stage.events.filter(({ type }) => type === 'sessions_revoked')).toMatchObject([
      { reason: 'user' },
      { reason: 'user' },
    ]);
  });

  it('an old one is ended by its id, also behind more than 100 newer ones', async () => {
    await start();
    const person = await stage.signUp();
    const { body } = await stage.call('GET', '/sessions/me', undefined, person.session);
    let newest = person.session;
    for (let copy = 0; copy < 101; copy += 1) newest = sessionHeaders(await stage.call('POST', '/sessions', {}, person.session));
    expect(await list(newest)).toHaveLength(100);
    expect((await end(newest, { id: body['objectId'] })).body).toEqual({ result: 1 });
    expect((await stage.call('GET', '/users/me', undefined, person.session)).body).toMatchObject({ code: 209 });
  });

  it.each([
    {},
    { id: 1 },
    { others: 'true' },
    { id: 'x', others: true },
    { others: false },
    { id: { $ne: '' } },
    { id: 'a\u0000b' },
    { id: '' },
    { id: 'x'.repeat(65) },
    { id: 'x', y: 1 },
  ])('are not ended by %j', async (params) => {
    await start();
    const person = await stage.signUp();
    await stage.another(person);
    expect(slug(await end(person.session, params))).toBe('invalid_input');
    expect(slug(await call('factorsEndSessions', params))).toBe('session_required');
    expect(slug(await call('factorsSessions', {}))).toBe('session_required');
    expect(await list(person.session)).toHaveLength(2);
  });
});
