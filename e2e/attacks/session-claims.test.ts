// @compat
import { composeFactors, generateKey, type MethodDemand, type SessionMethods } from '@parse-factors/core';
import { TotpFactor } from '@parse-factors/totp';
import type { Answer } from '@parse-factors/test-server/parse-server';
import { parseServerMajor } from '@parse-factors/test-server/parse-server-home';
import { afterEach, expect, it } from 'vitest';
import { cloudCode } from '../support/cloud-code.js';
import { slug, startStage, type Stage } from '../support/harness.js';
import { enrolled } from '../support/people.js';
import { DEFAULT_BADGE } from '../support/providers.js';
import { credentials, sessionHeaders } from '../support/requests.js';
import { MINUTE } from '../support/time.js';

/** Attempts to let a session claim a method that a request only named, and that no factor verified. */

let stage: Stage;
afterEach(() => stage.stop());

async function start(): Promise<void> {
  stage = await startStage({ install: true, server: { auth: { badge: DEFAULT_BADGE, other: DEFAULT_BADGE } } });
  cloudCode().Cloud.define('methods', (request) => stage.factors.sessionMethods(request));
  cloudCode().Cloud.define('pay', async (request) => stage.factors.requireFactor(request, request.params as MethodDemand));
}

async function shown(opened: Answer): Promise<object> {
  const { body } = await stage.call('POST', '/functions/methods', {}, sessionHeaders(opened));
  const { methods, ...rest } = body['result'] as SessionMethods;
  return { ...rest, methods: methods.map(({ method, kind }) => `${kind}:${method}`) };
}

const PHONE = '+15551230001';

async function byPhone(more: object): Promise<Answer> {
  stage.time.now += 11 * MINUTE;
  expect((await stage.challenge({ challengeData: { phoneLogin: { phone: PHONE } } })).status).toBe(200);
  return stage.call('POST', '/users', { authData: { phoneLogin: { id: PHONE, code: stage.lastCode(stage.sms) }, ...more } });
}

it.each([{ password: null }, { other: null }, { password: null, other: null }])(
  'a sign-up and a login by a phone that also send %j show the phone alone',
  async (more) => {
    await start();
    const expected = { methods: ['primary:phoneLogin'], amr: ['sms'], aal: 1 };
    const signedUp = await byPhone(more);
    expect(signedUp.body['error']).toBeUndefined();
    expect(await shown(signedUp)).toEqual(expected);
    const loggedIn = await byPhone(more);
    // Parse Server 8 would drop all providers of the user.
    if (parseServerMajor === 8) expect(slug(loggedIn)).toBe('invalid_input');
    else expect(await shown(loggedIn)).toEqual(expected);
    const again = await byPhone({});
    expect([again.status, again.body['objectId']]).toEqual([200, signedUp.body['objectId']]); // nothing was lost
  },
);

it.each([{ password: null }, { other: null }, { password: null, other: null }])(
  'a sign-up and a login by another provider that also send %j show that provider alone',
  async (more) => {
    await start();
    for (const _ of ['sign-up', 'login']) {
      const opened = await stage.call('POST', '/users', { authData: { badge: { id: 'b1', secret: 'right' }, ...more } });
      expect(opened.body['error']).toBeUndefined();
      expect(await shown(opened)).toEqual({ methods: ['provider:badge'], amr: [], aal: 1 });
    }
  },
);

it('a provider that the user has linked, and that a login unlinks, does not show', async () => {
  await start();
  const both = { badge: { id: 'b1', secret: 'right' }, other: { id: 'o1', secret: 'right' } };
  expect(await shown(await stage.call('POST', '/users', { authData: both }))).toMatchObject({
    methods: ['provider:badge', 'provider:other'],
  });
  const opened = await stage.call('POST', '/users', { authData: { ...both, other: null } });
  expect(await shown(opened)).toMatchObject({ methods: ['provider:badge'] });
});

it('the password shows at a sign-up and a login with it, also beside empty providers', async () => {
  await start();
  for (const more of [{}, { authData: { other: null } }]) {
    const fields = { username: `ann${Object.keys(more).length}`, password: 'a password', ...more };
    const signedUp = await stage.call('POST', '/users', fields);
    if (Object.keys(more).length === 0)
      expect(await shown(signedUp)).toEqual({ methods: ['password:password'], amr: ['pwd'], aal: 1 });
    const opened = await stage.call('POST', '/login', credentials(fields));
    expect(await shown(opened)).toEqual({ methods: ['password:password'], amr: ['pwd'], aal: 1 });
  }
});

it('each of two sets of factors on one server knows its own factor of a login, and no other one', async () => {
  const other = composeFactors({
    keys: generateKey('other'),
    clock: () => stage.time.now,
    notices: false,
    selfCheck: false,
    factors: { zapp: new TotpFactor({ issuer: 'Other' }) },
  });
  stage = await startStage({ install: true, server: { auth: other.auth } });
  other.install();
  const { Cloud } = cloudCode();
  Cloud.define('methods', (request) => stage.factors.sessionMethods(request));
  Cloud.define('others', (request) => other.sessionMethods(request));
  const { person, secret } = await enrolled(stage);
  const { body } = await stage.challenge({ challengeData: { zapp: true } }, person.session);
  const second = String(body['challengeData'].zapp.secret);
  expect((await stage.save(person, { zapp: stage.totp(second) })).status).toBe(200);
  for (const answers of [['totp', 'zapp'], ['totp'], ['zapp']]) {
    stage.time.now += MINUTE;
    const codes: Record<string, string> = { totp: stage.totp(secret), zapp: stage.totp(second) };
    const opened = await stage.logIn(person, Object.fromEntries(answers.map((key) => [key, codes[key]])));
    if (answers.length === 2) expect(opened.status).toBe(200);
    if (opened.status !== 200) continue; // a set asks for its own factor
    const known = async (name: string): Promise<readonly string[]> => {
      const reply = await stage.call('POST', `/functions/${name}`, {}, sessionHeaders(opened));
      return (reply.body['result'] as SessionMethods).methods.map(({ method }) => method);
    };
    const of = (key: string): readonly string[] => ['password', ...answers.filter((each) => each === key)];
    expect([await known('methods'), await known('others')]).toEqual([of('totp'), of('zapp')]);
  }
});
