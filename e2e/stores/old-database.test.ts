import { readFileSync } from 'node:fs';
import { afterAll, beforeAll, describe, expect, inject, it } from 'vitest';
import type { Answer } from '@parse-factors/test-server/parse-server';
import { authenticatorCode } from '../support/authenticator-code.js';
import { slug, type Stage } from '../support/harness.js';
import {
  authenticatorOf,
  dumpTables,
  fill,
  restoreTables,
  startOldStage,
  type Credentials,
  type Table,
} from '../support/old-database.js';
import { PasskeyUser } from '../support/passkey-stage.js';
import { MASTER } from '../support/requests.js';
import { MINUTE } from '../support/time.js';
import { sqlOf } from '@parse-factors/test-server/database/postgres-rows';
import { onPostgres } from '@parse-factors/test-server/database/test-database';

/** What an earlier version has stored is opened: records, live codes, marks, locks and pending set-ups. */

interface Fixture {
  readonly credentials: Credentials;
  readonly tables: readonly Table[];
}

const readFixture = (): Fixture =>
  JSON.parse(readFileSync(new URL('./fixtures/old-database.json', import.meta.url), 'utf8')) as Fixture;

async function writeNow(): Promise<Fixture> {
  const { credentials, stage } = await fill(inject('database'));
  const tables = await dumpTables(sqlOf(stage));
  await stage.stop();
  return { credentials, tables };
}

describe.runIf(onPostgres).each([
  ['of version 0.1.0', readFixture],
  ['of today', writeNow],
])('a database %s', (_name, read) => {
  let stage: Stage;
  let known: Credentials;
  beforeAll(async () => {
    const { credentials, tables } = await read();
    known = credentials;
    stage = await startOldStage(inject('database'), await restoreTables(inject('database'), tables));
    stage.time.now = known.writtenAt + 1000;
  });
  afterAll(() => stage.stop());

  const person = (name: string) => {
    const found = known.people[name];
    if (found === undefined) throw new Error(name);
    return found;
  };
  const logIn = (name: string, authData?: object): Promise<Answer> => stage.logIn(person(name), authData);

  it('a user of an older database logs in with the code that was on its way, once', async () => {
    expect((await logIn('ben', { otp: known.live.smsLogin })).status).toBe(200);
    expect(slug(await logIn('ben', { otp: known.live.smsLogin }))).toBe('code_expired');
  });

  it('a user of an older database signs in without a password with the code that was on its way, once', async () => {
    const authData = { emailLogin: { id: 'ida@example.com', code: known.live.emailLogin } };
    const login = await stage.call('POST', '/users', { authData });
    expect([login.status, login.body['objectId']]).toEqual([200, person('ida').id]);
    expect(slug(await stage.call('POST', '/users', { authData }))).toBe('code_rejected');
  });

  it('a lock of an older database holds, and ends when it was to end', async () => {
    const now = stage.time.now;
    expect(slug(await logIn('hal', { totp: '123456' }))).toBe('locked');
    stage.time.now += 16 * MINUTE;
    expect(slug(await logIn('hal', { totp: '123456' }))).toBe('code_rejected');
    stage.time.now = now;
  });

  it('a set-up that was begun in an older database is confirmed', async () => {
    const gil = person('gil');
    expect((await stage.save(gil, { email: { email: 'gil@example.com', code: known.live.enrolment } })).status).toBe(200);
    const code = authenticatorCode(known.pendingSecret, stage.time.now);
    expect((await stage.save(gil, { totp: code })).status).toBe(200);
  });

  it('an authenticator that an older key has sealed logs in, and its used steps stay used', async () => {
    expect((await logIn('ann', { totp: authenticatorCode(known.totpSecret, stage.time.now) })).status).toBe(200);
    expect(slug(await logIn('ann', { totp: authenticatorCode(known.totpSecret, stage.time.now) }))).toBe('code_rejected');
  });

  it('each recovery code of an older database logs in once', async () => {
    expect((await logIn('ann', { recovery: known.recoveryCodes[0] })).status).toBe(200);
    expect(slug(await logIn('ann', { recovery: known.recoveryCodes[0] }))).toBe('code_rejected');
  });

  it('codes go to the addresses that an older database keeps', async () => {
    stage.time.now += 2 * MINUTE;
    for (const [name, key, box, to] of [
      ['ben', 'otp', stage.sms, known.phone],
      ['cid', 'email', stage.mail, known.email],
    ] as const) {
      const { username, password } = person(name);
      expect((await stage.challenge({ username, password, challengeData: { [key]: true } })).status).toBe(200);
      expect(box.messages.at(-1)?.to).toBe(to);
      expect((await logIn(name, { [key]: stage.lastCode(box) })).status).toBe(200);
    }
  });

  it('a device that an older database trusts logs in', async () => {
    const login = await logIn('ben', { device: { token: known.deviceToken } });
    expect(login.status).toBe(200);
    const { token } = login.body['authDataResponse'].device as { token: string };
    expect((await logIn('ben', { device: { token } })).status).toBe(200);
  });

  it('a passkey of an older database logs in, beside the password and alone', async () => {
    const user = new PasskeyUser(stage, person('eve'));
    const authenticator = authenticatorOf(known);
    expect((await user.logIn(authenticator)).status).toBe(200);
    expect((await user.logInAlone(authenticator)).body['objectId']).toBe(person('eve').id);
  });

  it('an authenticator and a recovery code of the built-in factor in an older database log in', async () => {
    const token = authenticatorCode('JBSWY3DPEHPK3PXPJBSWY3DPEHPK3PXP', stage.time.now);
    expect((await logIn('fay', { mfa: { token } })).status).toBe(200);
    expect((await logIn('fay', { mfa: { token: known.mfaRecovery } })).status).toBe(200);
  });

  it('fields find a user of an older database', async () => {
    const member = { memberNumber: 'a-1', postcode: 'SW1A 1AA' };
    stage.time.now += 2 * MINUTE;
    const { username, password } = person('dot');
    await stage.challenge({ username, password, challengeData: { otp: true } });
    expect((await stage.call('POST', '/users', { authData: { member, otp: stage.lastCode(stage.sms) } })).status).toBe(200);
  });

  it('every user of an older database is asked for the factor that they have, and no record is unreadable', async () => {
    for (const name of ['ann', 'ben', 'cid', 'dot', 'eve', 'fay', 'gil', 'hal']) {
      expect((await logIn(name)).status).toBe(400);
      const listed = await stage.call('POST', '/functions/factorsList', { userId: person(name).id }, MASTER);
      expect(JSON.stringify(listed.body)).not.toContain('unreadable');
      expect(Object.keys(listed.body['result'] as object)).not.toHaveLength(0);
    }
  });
});
