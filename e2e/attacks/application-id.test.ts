import { generateKey, type ComposeOptions, type ResealReport } from '@parse-factors/core';
import { initializeOtpAdapter } from '@parse-factors/email-otp';
import { FieldsFactor } from '@parse-factors/fields';
import { PasskeyFactor } from '@parse-factors/passkey';
import { RecoveryCodesFactor } from '@parse-factors/recovery-codes';
import { TrustedDeviceFactor } from '@parse-factors/trusted-device';
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, inject, it, vi } from 'vitest';
import { startParseServer, type Answer, type Person, type TestServer } from '@parse-factors/test-server/parse-server';
import { slug, startStage, type Stage } from '../support/harness.js';
import { ORIGIN, PasskeyUser } from '../support/passkey-stage.js';
import { SoftAuthenticator } from '../support/soft-authenticator.js';
import { MASTER } from '../support/requests.js';
import { DAY, HOUR, MINUTE } from '../support/time.js';
import { storedFactors, storeFactors } from '../support/rows.js';

const keys = generateKey('test');
const authenticator = new SoftAuthenticator(ORIGIN);
let stage: Stage;
let person: Person;
/** Signs in by fields of the user object. */
let member: Person;
let [secret, token] = ['', ''];
let codes: readonly string[] = [];

/** Serves one database under an application id. */
async function serve(appId: string, compose: Partial<ComposeOptions> = {}): Promise<void> {
  const before = stage as Stage | undefined;
  await before?.stop();
  const next = await startStage({
    install: { adminFunctions: true },
    compose: { keys, ...compose },
    server: { appId, protectedFields: { _User: { '*': ['authData'] } } },
    more: {
      recovery: new RecoveryCodesFactor(),
      device: new TrustedDeviceFactor(),
      passkey: new PasskeyFactor({ rpId: 'acme.example', origins: [ORIGIN], policy: 'solo' }),
      member: new FieldsFactor({ find: 'memberNumber', match: ['postcode'], policy: 'solo' }),
    },
    ...(before && { databaseUri: before.databaseUri }),
  });
  if (before !== undefined) next.time.now = before.time.now;
  stage = next;
}

const withMail = async (email: string): Promise<Answer> => {
  stage.time.now += MINUTE;
  await stage.challenge({ challengeData: { emailLogin: { email } } });
  return stage.call('POST', '/users', { authData: { emailLogin: { id: email, code: stage.lastCode(stage.mail) } } });
};
const withFields = (): Promise<Answer> =>
  stage.call('POST', '/users', { authData: { member: { memberNumber: 'a-1', postcode: 'SW1A 1AA' } } });
const withPasskey = (): Promise<Answer> => new PasskeyUser(stage, person).logInAlone(authenticator);
const sealedOf = async (): Promise<Record<string, string>> => {
  const stored = Object.entries(await storedFactors(stage, person));
  return Object.fromEntries(stored.map(([key, record]) => [key, String(record?.['sealed'])]));
};
const findings = async (): Promise<string[]> => (await stage.factors.check()).map(({ reason }) => reason);
const reseal = async (params: object): Promise<ResealReport> =>
  (await stage.call('POST', '/functions/factorsReseal', params, MASTER)).body['result'] as ResealReport;

beforeAll(async () => {
  await serve('old');
  person = await stage.signUp();
  member = await stage.signUp({ memberNumber: 'a-1', postcode: 'SW1A 1AA' });
  secret = await stage.enrolTotp(person);
  await stage.save(person, { totp: stage.totp(secret, 1) });
  await new PasskeyUser(stage, person).add(authenticator);
  const device = await stage.save(person, { device: { remember: 'true', name: 'Laptop' } });
  token = String(device.body['authDataResponse'].device.token);
  const recovery = await stage.save(person, { recovery: { generate: 'true' } });
  codes = String(recovery.body['authDataResponse'].recovery.codes).split(', ');
  expect((await withMail('ann@example.com')).status).toBe(201);
  expect((await withFields()).status).toBe(200);
  expect(await findings()).toEqual([]); // as at every start: notes the id
});
afterAll(() => stage.stop());
beforeEach(() => {
  stage.time.now += DAY;
});

describe('under another application id', () => {
  it('records that are sealed for the old application id stay closed unless that id is named', async () => {
    await serve('new');
    for (const answer of [
      await stage.logIn(person, { totp: stage.totp(secret) }),
      await stage.logIn(person, { recovery: codes[0] }),
      await stage.logIn(person, { device: { token } }),
      await withPasskey(),
      await withMail('ann@example.com'),
      await withFields(),
    ])
      expect([slug(answer), answer.body['sessionToken']]).toEqual(['unavailable', undefined]);
    const { unreadable, formerAppIds } = await reseal({ apply: true });
    expect(unreadable.map(({ factor, reason }) => `${factor} ${reason}`).toSorted()).toEqual(
      ['device', 'emailLogin', 'member', 'passkey', 'recovery', 'totp'].map((factor) => `${factor} mismatch`),
    );
    expect(formerAppIds).toEqual({});
    expect(await findings()).toEqual(['app_id_changed']);
  });

  it('every user logs in once the old application id is named, and each record is sealed for the new id when it is used', async () => {
    await serve('new', { formerAppIds: ['older', 'old'] });
    const before = await sealedOf();
    expect(await findings()).toEqual([]);
    const count = async (): Promise<unknown> => (await reseal({})).formerAppIds['old'];
    expect(await count()).toEqual({ totp: 1, recovery: 1, device: 1, passkey: 1, emailLogin: 1, member: 1 });
    const step = stage.totp(secret);
    expect((await stage.logIn(person, { totp: step })).status).toBe(200);
    expect(slug(await stage.logIn(person, { totp: step }))).toBe('code_rejected');
    expect(await count()).toEqual({ recovery: 1, device: 1, passkey: 1, emailLogin: 1, member: 1 });
    const after = await sealedOf();
    expect(after['totp']).not.toBe(before['totp']);
    expect(after['recovery']).toBe(before['recovery']);
    expect((await withFields()).body['objectId']).toBe(member.id);
    expect((await withPasskey()).body['objectId']).toBe(person.id);
    expect((await withMail('ann@example.com')).status).toBe(200);
    expect((await stage.logIn(person, { recovery: codes[0] })).status).toBe(200);
    expect(await count()).toEqual({ device: 1 });
    // What an own session sees of them is not lost either.
    const me = await stage.call('POST', '/functions/factorsList', { userId: person.id }, MASTER);
    expect(Object.values(me.body['result'] as Record<string, { status: string }>).map(({ status }) => status)).not.toContain(
      'unreadable',
    );
  });

  it('the old application id need not be named once all records are resealed', async () => {
    expect((await reseal({ apply: true })).resealed).toEqual({ device: 1 });
    expect((await reseal({})).formerAppIds).toEqual({ older: {}, old: {} });
    await serve('new');
    expect(await findings()).toEqual([]);
    stage.time.now += HOUR;
    expect((await stage.logIn(person, { totp: stage.totp(secret) })).status).toBe(200);
    expect((await stage.logIn(person, { device: { token } })).status).toBe(200);
    expect((await stage.logIn(person, { recovery: codes[1] })).status).toBe(200);
    expect((await withPasskey()).body['objectId']).toBe(person.id);
    expect((await withMail('ann@example.com')).status).toBe(200);
    expect((await withFields()).body['objectId']).toBe(member.id);
  });

  it("naming the old application id does not open another user's record", async () => {
    await serve('newest', { formerAppIds: ['old', 'new'] });
    const other = await stage.signUp({ username: 'other' });
    const { totp } = await sealedOf();
    await storeFactors(stage, other, { totp: { sealed: totp } });
    const { password } = other;
    const answer = await stage.logIn({ ...other, username: 'other', password }, { totp: stage.totp(secret) });
    expect(slug(answer)).toBe('unavailable');
  });
});

describe('the drop-in under another application id', () => {
  const sent: string[] = [];
  let server: TestServer | undefined;
  let now = Date.now();
  beforeEach(() => {
    vi.useFakeTimers({ toFake: ['Date'] });
  });
  afterEach(async () => {
    vi.useRealTimers();
    await server?.stop();
    server = undefined;
  });

  async function open(appId: string, databaseUri?: string, formerAppIds?: readonly string[]): Promise<TestServer> {
    await server?.stop();
    const otp = initializeOtpAdapter({
      otpValidityInMs: 300_000,
      maxAttempts: 3,
      sendEmail: async (_email, code) => void sent.push(code),
      ...(formerAppIds && { formerAppIds }),
    });
    server = await startParseServer(inject('database'), { appId, auth: { otp } }, databaseUri);
    return server;
  }
  async function signIn(on: TestServer, id: string): Promise<Answer> {
    now += MINUTE;
    vi.setSystemTime(now);
    await on.call('POST', '/challenge', { challengeData: { otp: { email: id } } });
    return on.call('POST', '/users', { authData: { otp: { id, email: id, otp: sent.at(-1) } } });
  }
  const prepare = async (on: TestServer, username: string, id: string): Promise<string> => {
    const { body } = await on.call('POST', '/users', { username, password: 'x' });
    await storeFactors(on, { id: String(body['objectId']) }, { otp: { id } });
    return String(body['objectId']);
  };

  it('the drop-in lets all users in where the old application id is named, but no account that an attacker has prepared', async () => {
    const old = await open('old');
    const ann = await signIn(old, 'ann@example.com');
    expect(ann.status).toBe(201);
    now += MINUTE;
    vi.setSystemTime(now);
    const prepared = await prepare(old, 'attacker', 'bob@example.com');
    const named = await open('new', old.databaseUri, ['older', 'old']);
    expect((await signIn(named, 'ann@example.com')).body['objectId']).toBe(ann.body['objectId']);
    const bob = await signIn(named, 'bob@example.com');
    expect([bob.body['sessionToken'], slug(bob)]).toEqual([undefined, 'unavailable']);
    expect((await signIn(named, 'cy@example.com')).status).toBe(201);
    // Not named, its ids are adopted once more, as where its row is lost.
    const unnamed = await open('new', old.databaseUri);
    expect((await signIn(unnamed, 'ann@example.com')).body['objectId']).toBe(ann.body['objectId']);
    expect((await signIn(unnamed, 'bob@example.com')).body['objectId']).toBe(prepared);
    const again = await open('new', old.databaseUri, ['old']);
    expect((await signIn(again, 'cy@example.com')).status).toBe(200);
  });
});
