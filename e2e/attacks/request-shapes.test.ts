// @compat @slow
import type { ComposeOptions } from '@parse-factors/core';
import { RecoveryCodesFactor } from '@parse-factors/recovery-codes';
import { TrustedDeviceFactor } from '@parse-factors/trusted-device';
import { afterEach, describe, expect, it } from 'vitest';
import type { Person } from '@parse-factors/test-server/parse-server';
import { cloudCode } from '../support/cloud-code.js';
import { slug, startStage, type Stage, type StageOptions } from '../support/harness.js';
import { credentials, LOG_IN, LOG_IN_WITH, MASTER } from '../support/requests.js';
import { DAY, MINUTE } from '../support/time.js';
import { BADGE } from '../support/providers.js';
import { dropFactor, storedFactors, type StoredFactors, storedKeys, storeFactors } from '../support/rows.js';
import { equipped, type Equipped } from '../support/people.js';

/** Requests that make Parse Server show its hooks something else than it does. */

let stage: Stage;
const start = async (compose: Partial<ComposeOptions> = {}, install: StageOptions['install'] = true): Promise<void> => {
  const more = { recovery: new RecoveryCodesFactor(), device: new TrustedDeviceFactor() };
  stage = await startStage({ install, compose, more, server: { auth: { badge: BADGE } } });
};
afterEach(() => stage.stop());

const stored = (person: Person): Promise<StoredFactors> => storedFactors(stage, person);
const keysOf = (person: Person): Promise<string[]> => storedKeys(stage, person);

/** An authenticator, recovery codes, and a device that is trusted; the proofs are over. */
async function equippedLongAgo(): Promise<Equipped> {
  const user = await equipped(stage);
  stage.time.now += 5 * MINUTE;
  return user;
}

/** Keys with dots: they change what hooks see of `authData`, and nothing of what is checked and stored. */
const dotted = (key: string, op: object): object => ({ 'authData.zzz': 'v', [`authData.${key}`]: op });

describe('keys with dots beside authData', () => {
  it('dotted keys cannot supply a factor that was not given, at a login, in a batch, or beside a social login', async () => {
    await start({ policy: 'all' });
    const person = await stage.signUp();
    const secret = await stage.enrolTotp(person);
    const badge = { id: person.id, secret: 'right' };
    await stage.save(person, { badge });
    await stage.enrolPhone(person);
    for (const key of ['otp.x', 'recovery.x', 'email.x']) {
      stage.time.now += MINUTE;
      const pretended = dotted(key, { __op: 'Increment', amount: 1 });
      const body = { ...credentials(person), ...pretended, authData: { totp: stage.totp(secret) } };
      expect(slug(await stage.call('POST', '/login', body))).toBe('factor_required');
      const batch = await stage.call('POST', '/batch', { requests: [{ method: 'POST', path: '/parse/login', body }] });
      expect(batch.body[0].success).toBe(undefined);
      const social = { ...pretended, authData: { badge, totp: stage.totp(secret) } };
      expect((await stage.call('POST', '/users', social)).body['sessionToken']).toBe(undefined);
    }
  });

  it('dotted keys cannot hide a removal at a login', async () => {
    await start();
    const { person, secret, codes, token } = await equippedLongAgo();
    for (const answer of [{ recovery: codes[0] }, { device: { token } }]) {
      const body = { ...credentials(person), ...dotted('totp', { __op: 'Delete' }), authData: { ...answer, totp: null } };
      expect((await stage.call('POST', '/login', body)).body['sessionToken']).toBe(undefined);
      expect(await keysOf(person)).toEqual(['device', 'recovery', 'totp']);
    }
    expect((await stage.logIn(person, { totp: stage.totp(secret) })).status).toBe(200);
  });
});

describe('a stolen session that sends an id along that is linked to the account', () => {
  /** Such an id costs nothing to get on an account without factors, and may be linked already. */
  async function stolen(): Promise<{ owner: Person; badge: object; codes: string[]; token: string; secret: string }> {
    const owner = await stage.signUp();
    const badge = { id: owner.id, secret: 'right' };
    expect((await stage.save(owner, { badge })).status).toBe(200);
    const secret = await stage.enrolTotp(owner);
    const made = await stage.save(owner, { recovery: { generate: 'true' } });
    const device = await stage.save(owner, { device: { remember: 'true' } });
    stage.time.now += 5 * MINUTE;
    const codes = String(made.body['authDataResponse'].recovery.codes).split(', ');
    return { owner, badge, codes, secret, token: String(device.body['authDataResponse'].device.token) };
  }

  it('a stolen session that sends a linked id removes no factor by REST, batch or GraphQL', async () => {
    await start();
    const { owner, badge } = await stolen();
    for (const authData of [
      { badge, recovery: {}, totp: null },
      { badge, totp: {}, recovery: null },
      { badge, totp: null },
    ]) {
      expect(slug(await stage.call('POST', '/users', { authData }, owner.session))).toBe('invalid_input');
      expect(slug(await stage.call('POST', '/classes/_User', { authData }, owner.session))).toBe('invalid_input');
      const request = { method: 'POST', path: '/parse/users', body: { authData } };
      expect((await stage.call('POST', '/batch', { requests: [request] }, owner.session)).body[0].error).toBeDefined();
      expect((await stage.graphql(LOG_IN_WITH, { input: { authData } }, owner.session))['errors']).toBeDefined();
    }
    expect(await keysOf(owner)).toEqual(['badge', 'device', 'recovery', 'totp']);
  });

  it('a stolen session that sends a linked id overwrites no record, neither with nothing nor with an older one', async () => {
    await start();
    const { owner, badge, codes, token } = await stolen();
    const before = await stored(owner);
    const { sealed } = before['recovery'] ?? {};
    const [code = ''] = codes;
    expect((await stage.logIn(owner, { recovery: code })).status).toBe(200);
    expect((await stage.logIn(owner, { device: { token } })).status).toBe(200);
    const after = await stored(owner);
    for (const authData of [
      { badge, totp: {}, recovery: {} },
      { badge, recovery: { sealed } },
      { badge, device: { sealed: before['device']?.sealed } },
      { badge, totp: { sealed: after['totp']?.sealed } },
    ]) {
      expect((await stage.save(owner, authData)).status).toBe(400);
    }
    expect(await stored(owner)).toEqual(after);
    expect(slug(await stage.logIn(owner, { recovery: code }))).toBe('code_rejected');
  });

  it('a stolen session links and unlinks no provider on an account with a factor unless it has a fresh proof', async () => {
    await start();
    const { owner, secret } = await stolen();
    const another = { badge: { id: 'the thief', secret: 'right' } };
    expect(slug(await stage.save(owner, another))).toBe('fresh_proof_required');
    expect(slug(await stage.save(owner, { badge: null }))).toBe('fresh_proof_required');
    expect(slug(await stage.save(owner, { anonymous: { id: 'the thief' } }))).toBe('fresh_proof_required');
    // Renewing what is linked goes on working.
    expect((await stage.save(owner, { badge: { id: owner.id, secret: 'right', more: 'x' } })).status).toBe(200);
    await stage.save(owner, { totp: stage.totp(secret) });
    expect((await stage.save(owner, another)).status).toBe(200);
  });
});

describe('several logins of one user in one request', () => {
  it("two logins in one request do not count each other's factors", async () => {
    await start({ enrolment: { requiredFor: 'everybody' } });
    const person = await stage.signUp();
    const phone = '+15551230001';
    await stage.challenge({ ...credentials(person), challengeData: { otp: { phone } } });
    const otp = { phone, code: stage.lastCode(stage.sms) };
    // The set-up is right, the login fails for another reason.
    const failing = { ...credentials(person), authData: { otp, zzz: { id: '1' } } };
    const requests = [failing, ...Array.from({ length: 20 }, () => credentials(person))].map((body) => ({
      method: 'POST',
      path: '/parse/login',
      body,
    }));
    const batch = await stage.call('POST', '/batch', { requests });
    expect((batch.body as unknown as { success?: unknown }[]).filter(({ success }) => success)).toEqual([]);
    const query = `mutation ($a: LogInInput!, $b: LogInInput!) {
      a: logIn(input: $a) { viewer { sessionToken } }
      b: logIn(input: $b) { viewer { sessionToken } }
    }`;
    const a = { ...credentials(person), authData: { otp, totp: '000000' } };
    const answer = await stage.graphql(query, { a, b: credentials(person) });
    expect(answer['data']?.b ?? null).toBe(null);
    expect(await keysOf(person)).toEqual([]);
  });

  it('two logins in one request do not let a session of a recovery code trust a device', async () => {
    await start();
    const { person, codes, secret } = await equippedLongAgo();
    stage.time.now += MINUTE;
    await stage.save(person, { totp: stage.totp(secret) });
    await stage.enrolPhone(person, '+15551230002');
    stage.time.now += 5 * MINUTE;
    await stage.challenge({ ...credentials(person), challengeData: { otp: true } });
    const query = `mutation ($a: LogInInput!, $b: LogInInput!) {
      a: logIn(input: $a) { viewer { sessionToken } }
      b: logIn(input: $b) { viewer { sessionToken } }
    }`;
    const a = { ...credentials(person), authData: { otp: stage.lastCode(stage.sms), totp: '000000' } };
    const b = { ...credentials(person), authData: { recovery: codes[0] } };
    const { data } = await stage.graphql(query, { a, b });
    const session = { 'X-Parse-Session-Token': String(data.b.viewer.sessionToken) };
    expect(slug(await stage.save({ ...person, session }, { device: { remember: 'true' } }))).toBe('fresh_proof_required');
  });
});

describe('an anonymous id on an account with a password', () => {
  it('an anonymous id does not replace the password of an account that has one', async () => {
    await start({ enrolment: { requiredFor: 'everybody' } });
    const person = await stage.signUp();
    expect((await stage.save(person, { anonymous: { id: 'x1' } })).status).toBe(200);
    expect(slug(await stage.logIn(person))).toBe('enrolment_required');
    const { body } = await stage.call('POST', '/users', {
      username: 'both',
      password: 'both',
      authData: { anonymous: { id: 'x2' } },
    });
    expect(body['objectId']).toEqual(expect.any(String));
    expect(slug(await stage.call('POST', '/login', { username: 'both', password: 'both' }))).toBe('enrolment_required');
  });
});

describe('races', () => {
  it('racing requests leave no recovery codes and no device without a factor', async () => {
    await start({}, { adminFunctions: true });
    const both = ['totp', 'otp'];
    for (const work of [
      (person: Person) =>
        Promise.all(both.map((key) => stage.call('PUT', `/users/${person.id}`, { authData: { [key]: null } }, MASTER))),
      (person: Person) =>
        Promise.all(both.map((factor) => stage.call('POST', '/functions/factorsReset', { userId: person.id, factor }, MASTER))),
    ]) {
      const { person, secret } = await equippedLongAgo();
      stage.time.now += MINUTE;
      await stage.save(person, { totp: stage.totp(secret) });
      await stage.enrolPhone(person, `+155512301${person.username.replace('person', '').padStart(2, '0')}`);
      await work(person);
      expect(await keysOf(person)).toEqual([]);
    }
    for (const make of [{ recovery: { generate: 'true' } }, { device: { remember: 'true' } }]) {
      const person = await stage.signUp();
      await stage.enrolTotp(person);
      await Promise.all([stage.save(person, { totp: null }), stage.save(person, make)]);
      const left = await keysOf(person);
      expect(left.length === 0 || left.includes('totp')).toBe(true);
    }
  });

  it('trusting two devices at the same moment leaves both trusted', async () => {
    await start();
    const person = await stage.signUp();
    await stage.enrolTotp(person);
    const answers = await Promise.all([1, 2, 3].map(() => stage.save(person, { device: { remember: 'true' } })));
    for (const { body } of answers) {
      const { token } = body['authDataResponse'].device as { token: string };
      expect((await stage.logIn(person, { device: { token } })).status).toBe(200);
    }
  });

  it('a thief who keeps making sessions ends without one', async () => {
    await start();
    const owner = await stage.signUp();
    const thief = await stage.another(owner);
    const tokens: string[] = [];
    const race = { isOver: false };
    const keepAsking = async (): Promise<void> => {
      while (!race.isOver) {
        const { body } = await stage.call('POST', '/sessions', {}, thief.session);
        if (typeof body['sessionToken'] === 'string') tokens.push(body['sessionToken']);
      }
    };
    const loops = [1, 2, 3].map(keepAsking);
    await stage.enrolTotp(owner);
    race.isOver = true;
    await Promise.all(loops);
    expect(tokens.length).toBeGreaterThan(0);
    const alive = await Promise.all(
      tokens.map((token) => stage.call('POST', '/functions/plain', {}, { 'X-Parse-Session-Token': token })),
    );
    expect(alive.filter(({ status }) => status === 200)).toEqual([]);
  });
});

describe('nothing is consumed', () => {
  it('a request that is refused for a factor that is not set up, or for one that is missing, consumes nothing', async () => {
    await start({ policy: { atLeast: 2 }, enrolment: { graceMs: 366 * DAY } });
    const { person, token } = await equippedLongAgo();
    await stage.save(person, { device: { revoke: 'none' } });
    const refused = await stage.logIn(person, { device: { token }, otp: { phone: '+15551230003', code: '123456' } });
    expect(slug(refused)).toBe('session_required');
    expect((await stage.logIn(person, { device: { token } })).status).toBe(200);
  });
});

describe('a user row that anybody may write', () => {
  it('a stranger who asks for a new password ends no trust where clients may write user rows', async () => {
    await start();
    const { person, token } = await equippedLongAgo();
    const ACL = { '*': { read: true, write: true } };
    expect((await stage.call('PUT', `/users/${person.id}`, { ACL }, person.session)).status).toBe(200);
    expect((await stage.call('PUT', `/users/${person.id}`, { password: 'new' })).body['code']).toBe(206);
    expect((await stage.logIn(person, { device: { token } })).status).toBe(200);
  });
});

describe('an id in the body', () => {
  it('an id in the body does not make the guard look at another user', async () => {
    await start();
    const { person: owner, token } = await equippedLongAgo();
    const thief = await stage.signUp();
    for (const name of ['objectId', 'id']) {
      for (const path of [`/users/${owner.id}`, `/classes/_User/${owner.id}`]) {
        for (const authData of [{ totp: null }, { badge: { id: 'x', secret: 'right' } }, { recovery: null }]) {
          const answer = await stage.call('PUT', path, { [name]: thief.id, authData }, owner.session);
          expect(answer.status).toBe(400);
        }
      }
    }
    // What is written is the row that the path names.
    const byMaster = { objectId: owner.id, authData: { totp: null } };
    await stage.call('PUT', `/users/${thief.id}`, byMaster, MASTER);
    const password = { objectId: owner.id, password: 'x' };
    await stage.call('PUT', `/users/${thief.id}`, password, thief.session);
    expect(await keysOf(owner)).toEqual(['device', 'recovery', 'totp']);
    expect((await stage.logIn(owner, { device: { token } })).status).toBe(200);
    // SDKs send the user's own along.
    const own = { objectId: owner.id, nickname: 'Ann' };
    expect((await stage.call('PUT', `/users/${owner.id}`, own, owner.session)).status).toBe(200);
  });

  it('an id of a new user in the body is accepted', async () => {
    await start();
    await stage.stop();
    stage = await startStage({ install: true, server: { allowCustomObjectId: true } });
    const made = await stage.call('POST', '/users', { objectId: 'chosen', username: 'c', password: 'c' });
    expect([made.status, made.body['objectId']]).toEqual([201, 'chosen']);
  });
});

describe('a sign-up', () => {
  it('a sign-up cannot store a record that no factor has made', async () => {
    await start({ enrolment: { requiredFor: 'everybody' } });
    for (const path of ['/users', '/classes/_User']) {
      const body = { username: `u${path}`, password: 'x', 'authData.totp': { sealed: 'junk' } };
      expect((await stage.call('POST', path, body)).status).toBe(400);
    }
  });
});

describe('a removal of what is not set up', () => {
  it('removing a factor that is not set up does not remove one that is set up at that moment', async () => {
    const sealed = { sealed: 'made meanwhile' };
    const race: { meanwhile?: () => Promise<void> } = {};
    await start();
    cloudCode().Cloud.beforeSave('_User', () => race.meanwhile?.());
    const person = await stage.signUp();
    race.meanwhile = () => storeFactors(stage, person, { totp: sealed });
    expect((await stage.save(person, { totp: null })).status).toBe(200);
    expect(await stored(person)).toEqual({ totp: sealed });
  });
});

describe('a login', () => {
  it('a login to an account with a factor links, replaces and unlinks no other provider', async () => {
    await start();
    const { person, codes, token, secret } = await equippedLongAgo();
    stage.time.now += MINUTE;
    await stage.save(person, { totp: stage.totp(secret) });
    const badge = { id: person.id, secret: 'right' };
    expect((await stage.save(person, { badge })).status).toBe(200);
    stage.time.now += 5 * MINUTE;
    const before = await stored(person);
    for (const answer of [{ recovery: codes[0] }, { device: { token } }, { totp: stage.totp(secret) }]) {
      for (const change of [{ badge: { id: 'thief', secret: 'right' } }, { badge: null }, { anonymous: { id: 'thief' } }])
        expect((await stage.logIn(person, { ...answer, ...change })).body['sessionToken']).toBe(undefined);
    }
    expect(await stored(person)).toEqual(before); // and nothing was spent
    expect((await stage.logIn(person, { recovery: codes[0], badge })).status).toBe(200);
  });
});

describe('names that every object has', () => {
  it('property names that every object has do not count as linked providers', async () => {
    await start();
    const { person, secret } = await equippedLongAgo();
    stage.time.now += MINUTE;
    await stage.save(person, { totp: stage.totp(secret) });
    const badge = { id: person.id, secret: 'right' };
    await stage.save(person, { badge });
    stage.time.now += 5 * MINUTE;
    const before = await stored(person);
    for (const name of ['toString', 'valueOf', 'hasOwnProperty'])
      expect((await stage.save(person, { badge, [name]: {} })).status).not.toBe(200);
    expect(await stored(person)).toEqual(before);
  });
});

describe('what is not refused', () => {
  it('a save with a proof can set one factor up and remove another', async () => {
    await start();
    const person = await stage.signUp();
    const secret = await stage.enrolTotp(person);
    stage.time.now += 5 * MINUTE;
    await stage.save(person, { totp: stage.totp(secret) });
    const phone = '+15551230008';
    await stage.challenge({ challengeData: { otp: { phone } } }, person.session);
    const swap = { otp: { phone, code: stage.lastCode(stage.sms) }, totp: null };
    expect((await stage.save(person, swap)).status).toBe(200);
    expect(await keysOf(person)).toEqual(['otp']);
  });

  it('the master key can save everything, and a stale echo of a backup authenticator is accepted', async () => {
    await start();
    const { person, codes, token, secret } = await equippedLongAgo();
    stage.time.now += MINUTE;
    await stage.save(person, { totp: stage.totp(secret) });
    await stage.save(person, { badge: { id: person.id, secret: 'right' } });
    const everything = { authData: await stored(person) };
    expect((await stage.call('PUT', `/users/${person.id}`, everything, MASTER)).status).toBe(200);
    const shown = (await stage.call('GET', '/users/me', undefined, person.session)).body['authData'] as object;
    await stage.logIn(person, { recovery: codes[0] });
    await stage.logIn(person, { device: { token } });
    const before = await stored(person);
    expect((await stage.save(person, { ...shown })).status).toBe(200);
    expect(await stored(person)).toEqual(before);
  });
});

describe('values that Parse Server decodes to something else', () => {
  const disguises = (id: string): object[] => [
    { __type: 'Pointer', className: 'X', objectId: id, id: 'thief', secret: 'right' },
    { __type: 'Object', className: 'X', objectId: id, id: 'thief', secret: 'right' },
    { __op: 'Foo', id: 'thief', secret: 'right' },
    { __type: 'Relation', className: 'X', id: 'thief', secret: 'right' },
    { __type: 'Date', iso: '2026-11-22T00:00:00.000Z', id: 'thief', secret: 'right' },
  ];

  it('values that Parse Server decodes to something else replace, link and unlink no provider by any request', async () => {
    for (const isLinked of [true, false]) {
      await start();
      const { person, codes, token, secret } = await equippedLongAgo();
      stage.time.now += MINUTE;
      await stage.save(person, { totp: stage.totp(secret) });
      const badge = { id: person.id, secret: 'right' };
      if (isLinked) expect((await stage.save(person, { badge })).status).toBe(200);
      stage.time.now += 5 * MINUTE;
      const before = await stored(person);
      for (const disguised of disguises(person.id)) {
        for (const answer of [{ recovery: codes[0] }, { device: { token } }]) {
          const body = { ...credentials(person), authData: { ...answer, badge: disguised } };
          expect((await stage.call('POST', '/login', body)).body['sessionToken']).toBe(undefined);
          const batch = await stage.call('POST', '/batch', { requests: [{ method: 'POST', path: '/parse/login', body }] });
          expect(batch.body[0].success).toBe(undefined);
          expect((await stage.graphql(LOG_IN, { input: body }))['errors']).toBeDefined();
        }
        for (const path of [`/users/${person.id}`, `/classes/_User/${person.id}`])
          await stage.call('PUT', path, { authData: { badge: disguised } }, person.session);
        expect(await stored(person)).toEqual(before);
      }
      expect((await stage.logIn(person, { recovery: codes[0] })).status).toBe(200);
      await stage.stop();
    }
    await start();
  });
});

describe('recovery codes that are left without a factor', () => {
  it('recovery codes without a factor do not make a first factor of what a session sets up, until an administrator ends that', async () => {
    await start({}, { adminFunctions: true });
    const { person } = await equippedLongAgo();
    await dropFactor(stage, person, 'totp');
    expect(slug(await stage.challenge({ challengeData: { totp: true } }, person.session))).toBe('fresh_proof_required');
    expect(slug(await stage.save(person, { totp: '123456' }))).toBe('fresh_proof_required');
    await stage.call('POST', '/functions/factorsReset', { userId: person.id }, MASTER);
    expect(await keysOf(person)).toEqual([]);
  });
});

describe('another provider beside a factor', () => {
  it('a provider that refuses or does not exist costs no attempt, and is no fault of the factor', async () => {
    const refusing = { ...BADGE, validateAuthData: () => Promise.reject(new TypeError('connect 10.0.0.7')) };
    await start();
    Object.assign(stage.auth, { wallet: refusing });
    const person = await stage.signUp();
    const secret = await stage.enrolTotp(person);
    for (const provider of ['wallet', 'zzz']) {
      for (let guess = 0; guess < 12; guess += 1) {
        const answer = await stage.logIn(person, { totp: '000000', [provider]: { id: 'x' } });
        expect([141, 142]).toContain(answer.body['code']);
        expect(JSON.stringify(answer.body)).not.toContain('10.0.0.7');
      }
    }
    expect(stage.events.filter(({ type }) => type === 'fault' || type === 'rejected')).toEqual([]);
    expect((await stage.logIn(person, { totp: stage.totp(secret) })).status).toBe(200);
  });
});
