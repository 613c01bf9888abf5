// @compat
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import type { Answer, Person } from '@parse-factors/test-server/parse-server';
import { startStage, type Stage } from '../support/harness.js';
import { holdNextSave } from '../support/held-save.js';
import { enrolled } from '../support/people.js';
import { sessionHeaders } from '../support/requests.js';
import { countSessions } from '../support/rows.js';
import { beforeNext, inPlaceOf } from '../support/storage.js';
import { MINUTE } from '../support/time.js';

/** New passwords, and the sessions that they open. */

const ENDED = { code: 209, error: 'Invalid session token' };

let stage: Stage;
let restore = (): void => undefined;
const start = async (server: object = {}): Promise<void> => {
  stage = await startStage({ install: true, server: { ...server } });
};
afterEach(async () => {
  restore();
  await stage.stop();
});

const setPassword = ({ id, session }: Person, more: object = {}): Promise<Answer> =>
  stage.call('PUT', `/users/${id}`, { password: 'another', ...more }, session);
const isAlive = async (session: Record<string, string>): Promise<boolean> =>
  (await stage.call('GET', '/users/me', undefined, session)).status === 200;
const beginTotp = async ({ session }: Person): Promise<string> => {
  const { body } = await stage.challenge({ challengeData: { totp: true } }, session);
  return stage.totp((body['challengeData'].totp as { secret: string }).secret);
};
/** The person in a session of an installation, as SDKs send it. */
async function onDevice(person: Person, installation: string): Promise<Person> {
  const device = { 'X-Parse-Installation-Id': installation };
  const { username, password } = person;
  const answer = await stage.call('POST', '/login', { username, password }, device);
  return { ...person, session: { ...sessionHeaders(answer), ...device } };
}

describe.each([true, false])('with revokeSessionOnPasswordReset %s', (revokeSessionOnPasswordReset) => {
  beforeEach(() => start({ revokeSessionOnPasswordReset }));

  it('a new password that is under way while a factor is set up is not stored, and opens no session', async () => {
    const owner = await stage.signUp();
    const held = holdNextSave();
    const saving = setPassword(await stage.another(owner));
    await held.arrived;
    const secret = await stage.enrolTotp(owner);
    held.open();
    expect((await saving).body).toEqual(ENDED);
    expect(await countSessions(stage, owner)).toBe(1);
    expect((await stage.logIn(owner, { totp: stage.totp(secret) })).status).toBe(200);
  });

  it('a new password that is under way while a factor is removed opens no session', async () => {
    const { person: owner, secret } = await enrolled(stage);
    const held = holdNextSave();
    const saving = setPassword(await stage.another(owner, { totp: stage.totp(secret) }));
    await held.arrived;
    expect((await stage.save(owner, { totp: null })).status).toBe(200);
    held.open();
    expect((await saving).body).toEqual(ENDED);
    expect(await countSessions(stage, owner)).toBe(1);
  });

  it.each([{}, { 'X-Parse-Installation-Id': 'phone' }])(
    'a new password opens no session when a factor is set up before that session is stored: %o',
    async (device) => {
      const owner = await stage.signUp();
      const thief = await stage.another(owner);
      const code = await beginTotp(owner);
      restore = beforeNext('createObject', '_Session', async () => {
        expect((await stage.save(owner, { totp: code })).status).toBe(200);
      });
      const answer = await setPassword({ ...thief, session: { ...thief.session, ...device } });
      expect(answer.body).toEqual(ENDED);
      expect(await isAlive(thief.session)).toBe(false);
    },
  );

  it('a new password opens a session in place of the one that has set it', async () => {
    const [phone, tablet] = [await stage.signUp(), await stage.signUp()];
    const here = await onDevice(phone, 'phone');
    const there = await onDevice(phone, 'laptop');
    const answer = await setPassword(here);
    expect(answer.status).toBe(200);
    expect(await isAlive(sessionHeaders(answer))).toBe(true);
    expect(await isAlive(here.session)).toBe(false);
    expect(await isAlive(there.session)).toBe(!revokeSessionOnPasswordReset);
    expect(await isAlive(tablet.session)).toBe(true);
  });

  it('a new password in the save that removes a factor opens a session', async () => {
    const { person: owner, secret } = await enrolled(stage);
    const other = await stage.another(owner, { totp: stage.totp(secret) });
    const answer = await setPassword(owner, { authData: { totp: null } });
    expect(answer.status).toBe(200);
    expect(await isAlive(sessionHeaders(answer))).toBe(true);
    expect(await isAlive(other.session)).toBe(false);
  });

  it('new passwords of one session at the same moment leave a session', async () => {
    const owner = await stage.signUp();
    const answers = await Promise.all(Array.from({ length: 5 }, () => setPassword(owner)));
    const alive = await Promise.all(answers.map((answer) => isAlive(sessionHeaders(answer))));
    expect(alive).toContain(true);
    for (const { status, body } of answers) expect(status === 200 || body['code'] === ENDED.code).toBe(true);
  });
});

describe('a new password', () => {
  beforeEach(() => start());

  it('that a trigger of the application refuses ends no session', async () => {
    const owner = await stage.signUp();
    expect((await setPassword(owner, { email: 'no address' })).status).toBe(400);
    expect(await isAlive(owner.session)).toBe(true);
  });

  it('inside a transaction is refused, as other requests cannot see the session that it opens', async () => {
    const owner = await stage.signUp();
    const save = { method: 'PUT', path: `/parse/users/${owner.id}`, body: { password: 'another' } };
    const { status } = await stage.call('POST', '/batch', { transaction: true, requests: [save] }, owner.session);
    expect(status).toBe(500); // as Parse Server answers whatever is refused in a transaction
    expect((await stage.logIn(owner)).status).toBe(200);
  });
});

it('an event tells of sessions that a change of factors could not end', async () => {
  await start();
  const owner = await stage.signUp();
  await stage.another(owner);
  restore = inPlaceOf('deleteObjectsByQuery', '_Session', async () => undefined);
  await stage.enrolTotp(owner);
  stage.time.now += MINUTE;
  const faults = stage.events.filter(({ type }) => type === 'fault');
  expect(faults).toMatchObject([{ reason: 'sessions_left', userId: owner.id, factor: 'totp' }]);
});
