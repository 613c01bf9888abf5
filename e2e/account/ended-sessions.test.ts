// @compat
import { RecoveryCodesFactor } from '@parse-factors/recovery-codes';
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import type { Answer, Person } from '@parse-factors/test-server/parse-server';
import { startStage, type Stage } from '../support/harness.js';
import { holdNextSave } from '../support/held-save.js';
import { enrolled, makeRecoveryCodes } from '../support/people.js';
import { MASTER, sessionHeaders } from '../support/requests.js';
import { countSessions, storedFactors, storedKeys } from '../support/rows.js';
import { beforeNext } from '../support/storage.js';
import { DAY, MINUTE } from '../support/time.js';

/** Saves of a session that ends while they are under way. */

const ENDED = { code: 209, error: 'Invalid session token' };
const NEW_PASSWORD = 'mine again';

let stage: Stage;
beforeAll(async () => {
  stage = await startStage({ install: true, more: { recovery: new RecoveryCodesFactor() } });
});
afterAll(() => stage.stop());
beforeEach(() => {
  stage.time.now += DAY;
});

/** Ends all sessions of a user by a new password. Parse Server's own link for a new password writes with the master key. */
const takeBack = async (owner: Person, headers: Record<string, string>): Promise<Record<string, string>> => {
  const answer = await stage.call('PUT', `/users/${owner.id}`, { password: NEW_PASSWORD }, headers);
  expect(answer.status).toBe(200);
  return sessionHeaders(answer);
};
const isAlive = async (session: Record<string, string>): Promise<boolean> =>
  (await stage.call('GET', '/users/me', undefined, session)).status === 200;

/** Begins to set an authenticator up, and gives the code that confirms it. */
async function beginTotp(person: Person): Promise<string> {
  const { body } = await stage.challenge({ challengeData: { totp: true } }, person.session);
  return stage.totp((body['challengeData'].totp as { secret: string }).secret);
}

/** Sends a save that is held up while its session ends. */
async function saveWhileEnding(thief: Person, authData: object): Promise<Answer> {
  const held = holdNextSave();
  const saving = stage.save(thief, authData);
  await held.arrived;
  await takeBack(thief, MASTER);
  expect(await isAlive(thief.session)).toBe(false);
  held.open();
  return saving;
}

describe('a session that has ended by a new password', () => {
  it.each(["the owner's session", 'the link for a new password'])('sets no first factor up: %s', async (way) => {
    const owner = await stage.signUp();
    const thief = await stage.another(owner);
    const code = await beginTotp(thief);
    const held = holdNextSave();
    const saving = stage.save(thief, { totp: code });
    await held.arrived;
    const session = await takeBack(owner, way === "the owner's session" ? owner.session : MASTER);
    held.open();
    const { status, body } = await saving;
    expect({ status, body }).toEqual({ status: 400, body: ENDED });
    expect(await storedKeys(stage, owner)).toEqual([]);
    expect((await stage.logIn({ ...owner, password: NEW_PASSWORD })).status).toBe(200);
    if (way === "the owner's session") expect(await isAlive(session)).toBe(true);
  });

  it('sets none up at the end of a GraphQL operation that it began, however long that takes', async () => {
    const owner = await stage.signUp();
    const thief = await stage.another(owner);
    const code = await beginTotp(thief);
    const held = holdNextSave();
    const operation = `mutation {
      first: signUp(input: { fields: { username: "${owner.username}-2", password: "secret" } }) { viewer { sessionToken } }
      last: updateUser(input: { id: "${owner.id}", fields: { authData: { totp: "${code}" } } }) { user { objectId } }
    }`;
    const running = stage.graphql(operation, {}, thief.session);
    await held.arrived;
    await takeBack(owner, owner.session);
    held.open();
    const { errors } = (await running) as { errors?: { message: string }[] };
    expect(errors?.map(({ message }) => message)).toEqual(['Invalid session token']);
    expect(await storedKeys(stage, owner)).toEqual([]);
  });

  it('emits no event of a factor that it has not set up', async () => {
    const owner = await stage.signUp();
    const code = await beginTotp(owner);
    stage.events.length = 0;
    await saveWhileEnding(owner, { totp: code });
    expect(stage.events.filter(({ type }) => type === 'enrolled')).toEqual([]);
  });

  it('makes no recovery codes', async () => {
    const { person } = await enrolled(stage);
    expect((await saveWhileEnding(person, { recovery: { generate: 'true' } })).body).toEqual(ENDED);
    expect(await storedKeys(stage, person)).toEqual(['totp']);
  });

  it('makes no new recovery codes in place of those that there are', async () => {
    const { person } = await enrolled(stage);
    await makeRecoveryCodes(stage, person);
    const before = await storedFactors(stage, person);
    expect((await saveWhileEnding(person, { recovery: { generate: 'true' } })).body).toEqual(ENDED);
    expect(await storedFactors(stage, person)).toEqual(before);
  });

  it('replaces no factor', async () => {
    const { person } = await enrolled(stage);
    const before = await storedFactors(stage, person);
    expect((await saveWhileEnding(person, { totp: await beginTotp(person) })).body).toEqual(ENDED);
    expect(await storedFactors(stage, person)).toEqual(before);
  });

  it('removes no factor', async () => {
    const { person } = await enrolled(stage);
    const before = await storedFactors(stage, person);
    expect((await saveWhileEnding(person, { totp: null })).body).toEqual(ENDED);
    expect(await storedFactors(stage, person)).toEqual(before);
  });
});

describe('a session that ends at the moment of the write', () => {
  let restore = (): void => undefined;
  afterEach(() => restore());

  const beforeWrite = (work: () => Promise<unknown>): void => {
    restore = beforeNext('findOneAndUpdate', '_User', work);
  };
  const endElsewhere = ({ session }: Person): Promise<unknown> =>
    stage.rows.delete('_Session', { sessionToken: session['X-Parse-Session-Token'] ?? '' });

  it.each(['removes', 'replaces'])('%s no factor, and sessions that passed without it have ended', async (change) => {
    const { person, secret } = await enrolled(stage);
    await stage.another(person, { totp: stage.totp(secret) });
    stage.time.now += MINUTE;
    const before = await storedFactors(stage, person);
    const authData = { totp: change === 'removes' ? null : await beginTotp(person) };
    beforeWrite(() => endElsewhere(person));
    expect((await stage.save(person, authData)).body).toEqual(ENDED);
    expect(await storedFactors(stage, person)).toEqual(before);
    expect(await countSessions(stage, person)).toBe(0);
  });

  it('sets no first factor up, and the owner can', async () => {
    const owner = await stage.signUp();
    const thief = await stage.another(owner);
    const code = await beginTotp(thief);
    beforeWrite(() => endElsewhere(thief));
    expect((await stage.save(thief, { totp: code })).body).toEqual(ENDED);
    await stage.enrolTotp(owner);
    expect(await storedKeys(stage, owner)).toEqual(['totp']);
  });
});
