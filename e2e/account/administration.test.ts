// @compat
import { RecoveryCodesFactor } from '@parse-factors/recovery-codes';
import { TrustedDeviceFactor } from '@parse-factors/trusted-device';
import { afterAll, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import type { Answer, Person } from '@parse-factors/test-server/parse-server';
import { slug, startStage, type Stage } from '../support/harness.js';
import { MASTER } from '../support/requests.js';
import { DAY, MINUTE } from '../support/time.js';
import { storedFactors, storeFactor } from '../support/rows.js';
import { equippedWithPhone, type Equipped } from '../support/people.js';

let stage: Stage;
beforeAll(async () => {
  stage = await startStage({
    install: { adminFunctions: true },
    compose: { eventLog: true },
    more: { recovery: new RecoveryCodesFactor(), device: new TrustedDeviceFactor() },
    server: { readOnlyMasterKey: 'only to read' },
  });
});
afterAll(() => stage.stop());
beforeEach(() => {
  stage.time.now += DAY;
  stage.events.length = 0;
});

const administer = (name: string, params: object, headers: Record<string, string> = MASTER): Promise<Answer> =>
  stage.call('POST', `/functions/${name}`, params, headers);
const isAlive = async (person: Person): Promise<boolean> =>
  (await stage.call('GET', '/users/me', undefined, person.session)).status === 200;
const eventsOf = (type: string): string[] =>
  stage.events
    .filter((event) => event.type === type)
    .map(({ factor }) => factor)
    .toSorted((a, b) => a.localeCompare(b));

/** A user with every factor: a phone, an authenticator, recovery codes and a trusted device. */
async function withEverything(phone: string): Promise<Equipped & { readonly code: string }> {
  const user = await equippedWithPhone(stage, phone);
  return { ...user, code: String(user.codes[0]) };
}

describe('an administrator', () => {
  it("an administrator sees of a user's factors what the user sees, and nothing more", async () => {
    const { person, secret, code } = await withEverything('+15557770001');
    const list = await administer('factorsList', { userId: person.id });
    expect(list.body['result']).toEqual({
      otp: { status: 'enabled', destination: '•••• 0001' },
      totp: { status: 'enabled' },
      recovery: { status: 'enabled', remaining: '10' },
      device: { status: 'enabled', devices: expect.stringContaining('Laptop') },
    });
    for (const told of [secret, code, '5557770001', 'digest', 'sealed']) expect(JSON.stringify(list.body)).not.toContain(told);
    expect(eventsOf('listed')).toEqual(['device', 'otp', 'recovery', 'totp']);
  });

  it('an administrator is told of a record that no key opens, and can reset it', async () => {
    const { person } = await withEverything('+15557770002');
    await storeFactor(stage, person, 'totp', { sealed: '1.gone.AAAA' });
    const list = await administer('factorsList', { userId: person.id });
    expect(list.body['result'].totp).toEqual({ status: 'unreadable' });
    for (let guess = 0; guess < 10; guess += 1) await stage.logIn(person, { recovery: 'AAAA-AAAA-AAAA-AAAA' });
    expect((await administer('factorsUnlock', { userId: person.id })).body['result']).toHaveLength(4);
    expect(slug(await stage.logIn(person, { recovery: 'AAAA-AAAA-AAAA-AAAA' }))).toBe('code_rejected');
    expect((await administer('factorsReset', { userId: person.id, factor: 'totp' })).body['result']).toEqual(['totp']);
  });

  it('resetting one factor removes it with its state, and the sessions and the trust that hung on it', async () => {
    const { person, token } = await withEverything('+15557770003');
    expect((await administer('factorsReset', { userId: person.id, factor: 'totp' })).body['result']).toEqual(['totp']);
    expect(eventsOf('reset')).toEqual(['totp']);
    expect(await isAlive(person)).toBe(false);
    expect(slug(await stage.logIn(person, { device: { token } }))).toBe('code_rejected');
    const list = await administer('factorsList', { userId: person.id });
    expect(Object.keys(list.body['result'] as object).toSorted()).toEqual(['device', 'otp', 'recovery']);
  });

  it('resetting all factors lets the password alone log in again, and makes every earlier code void', async () => {
    const { person } = await withEverything('+15557770004');
    const reset = await administer('factorsReset', { userId: person.id });
    expect((reset.body['result'] as string[]).toSorted()).toEqual(['device', 'otp', 'recovery', 'totp']);
    expect((await stage.logIn(person)).status).toBe(200);
    expect(await storedFactors(stage, person)).toEqual({});
  });

  it('unlocking a user does not make a used code good again', async () => {
    const { person, secret } = await withEverything('+15557770005');
    const used = stage.totp(secret, 1);
    expect((await stage.logIn(person, { totp: used })).status).toBe(200);
    for (let guess = 0; guess < 11; guess += 1) await stage.logIn(person, { totp: '000000' });
    expect(slug(await stage.logIn(person, { totp: used }))).toBe('locked');
    expect((await administer('factorsUnlock', { userId: person.id, factor: 'totp' })).body['result']).toEqual(['totp']);
    expect(eventsOf('unlocked')).toEqual(['totp']);
    expect(slug(await stage.logIn(person, { totp: used }))).toBe('code_rejected');
    stage.time.now += 2 * MINUTE;
    expect((await stage.logIn(person, { totp: stage.totp(secret) })).status).toBe(200);
    expect((await administer('factorsUnlock', { userId: person.id })).body['result']).toHaveLength(4);
  });

  it("revoking a user's devices leaves their factors", async () => {
    const { person, token } = await withEverything('+15557770006');
    expect((await administer('factorsRevokeDevices', { userId: person.id })).body['result']).toEqual(['device']);
    expect(eventsOf('device_revoked')).toEqual(['device']);
    expect(slug(await stage.logIn(person, { device: { token } }))).toBe('code_rejected');
    expect(await isAlive(person)).toBe(true);
    expect((await administer('factorsRevokeDevices', { userId: person.id })).body['result']).toEqual([]);
  });

  it('ending the sessions of a user leaves their factors and their devices', async () => {
    const { person, token } = await withEverything('+15557770010');
    expect((await administer('factorsEndUserSessions', { userId: person.id })).body['result']).toBe(1);
    expect(await isAlive(person)).toBe(false);
    expect(stage.events.filter(({ type }) => type === 'sessions_revoked')).toMatchObject([
      { reason: 'administrator', factor: '' },
    ]);
    expect((await stage.logIn(person, { device: { token } })).status).toBe(200);
    expect((await administer('factorsEndUserSessions', { userId: person.id })).body['result']).toBe(1);
    expect((await administer('factorsEndUserSessions', { userId: person.id })).body['result']).toBe(0);
  });

  it('an administrator is told what is wrong with a malformed request', async () => {
    const { person } = await withEverything('+15557770007');
    for (const params of [{}, { userId: 1 }, { userId: 'no such' }, { userId: { $gt: '' } }, { userId: person.id, x: '1' }])
      expect(slug(await administer('factorsList', params))).toBe('invalid_input');
    expect(slug(await administer('factorsList', { userId: 'unknown' }))).toBe('invalid_input');
    expect(slug(await administer('factorsReset', { userId: person.id, factor: 'fax' }))).toBe('not_enrolled');
    expect(slug(await administer('factorsReset', { userId: person.id, factor: ['totp'] }))).toBe('invalid_input');
  });
});

describe('everyone else', () => {
  it('a user, a stranger and a read-only master key cannot administer factors', async () => {
    const { person } = await withEverything('+15557770008');
    const readOnly = { 'X-Parse-Master-Key': 'only to read' };
    for (const name of ['factorsList', 'factorsReset', 'factorsUnlock', 'factorsRevokeDevices', 'factorsEndUserSessions']) {
      for (const headers of [{}, person.session, readOnly]) {
        const answer = await administer(name, { userId: person.id }, headers);
        expect([answer.status >= 400, answer.body['result']]).toEqual([true, undefined]);
      }
    }
    expect((await administer('factorsList', { userId: person.id })).body['result']).toHaveProperty('totp');
  });
});

describe('the event log', () => {
  it('the event log keeps every event, and only the master key reads or changes it', async () => {
    const { person, secret, code } = await withEverything('+15557770009');
    const where = encodeURIComponent(JSON.stringify({ userId: person.id }));
    const logged = async (): Promise<Record<string, unknown>[]> =>
      (await stage.call('GET', `/classes/FactorEvent?where=${where}&limit=100`, undefined, MASTER)).body['results'];
    await expect.poll(async () => (await logged()).length).toBe(stage.events.filter(({ userId }) => userId === person.id).length);
    const rows = await logged();
    expect(rows.filter(({ type }) => type === 'enrolled').map(({ factor }) => factor)).toEqual(
      expect.arrayContaining(['otp', 'totp', 'device', 'recovery']),
    );
    for (const told of [secret, code, '5557770009']) expect(JSON.stringify(rows)).not.toContain(told);
    const [first] = rows;
    for (const headers of [{}, person.session]) {
      expect((await stage.call('GET', '/classes/FactorEvent', undefined, headers)).status).toBeGreaterThanOrEqual(400);
      expect((await stage.call('POST', '/classes/FactorEvent', { type: 'x' }, headers)).status).toBeGreaterThanOrEqual(400);
      expect(
        (await stage.call('DELETE', `/classes/FactorEvent/${String(first?.['objectId'])}`, undefined, headers)).status,
      ).toBeGreaterThanOrEqual(400);
    }
  });
});
