// @compat-major
import { afterAll, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import type { Answer } from '@parse-factors/test-server/parse-server';
import { slug, type Stage } from '../support/harness.js';
import { ORIGIN, PasskeyUser, startPasskeyStage } from '../support/passkey-stage.js';
import { SoftAuthenticator } from '../support/soft-authenticator.js';
import { LOG_IN_WITH, sessionHeaders } from '../support/requests.js';
import { DAY, MINUTE } from '../support/time.js';
import { storedFactors } from '../support/rows.js';

let stage: Stage;
beforeAll(async () => {
  stage = await startPasskeyStage();
});
afterAll(() => stage.stop());
beforeEach(() => {
  stage.time.now += DAY;
  stage.events.length = 0;
});

const newUser = (): Promise<PasskeyUser> => PasskeyUser.signUp(stage);
const enrolled = (counter?: number): ReturnType<typeof PasskeyUser.enrolled> => PasskeyUser.enrolled(stage, counter);

const shown = async ({ person }: PasskeyUser): Promise<readonly Record<string, unknown>[]> => {
  const { body } = await stage.call('GET', '/users/me', undefined, person.session);
  return JSON.parse(body['authData'].passkey.passkeys as string) as readonly Record<string, unknown>[];
};

describe('a passkey', () => {
  it('a session sets up a passkey, which is shown to its user by name and gates the login from then on', async () => {
    const user = await newUser();
    const authenticator = await user.add(new SoftAuthenticator(ORIGIN), 'Phone');
    const now = new Date(stage.time.now).toISOString();
    expect(await shown(user)).toEqual([{ id: authenticator.id, name: 'Phone', addedAt: now, usedAt: now, synced: false }]);
    const refused = await stage.logIn(user.person);
    expect(refused.body['error']).toContain('Missing additional authData');
    expect(refused.body['error']).toContain('passkey');
    expect((await user.logIn(authenticator)).status).toBe(200);
  });

  it('a passkey logs in as a second factor, each challenge once', async () => {
    const { user, passkey } = await enrolled();
    const credential = passkey.get(await user.beginLogin());
    expect((await stage.logIn(user.person, { passkey: { credential } })).status).toBe(200);
    expect(slug(await stage.logIn(user.person, { passkey: { credential } }))).toBe('code_rejected');
  });

  it("a passkey's answer can be an object or its JSON", async () => {
    const { user, passkey } = await enrolled();
    const credential = JSON.parse(passkey.get(await user.beginLogin())) as object;
    expect((await stage.logIn(user.person, { passkey: { credential } })).status).toBe(200);
  });

  it('a passkey logs in alone by its user handle, by REST and GraphQL', async () => {
    const { user, passkey } = await enrolled();
    const alone = await user.logInAlone(passkey);
    expect([alone.status, alone.body['objectId']]).toEqual([200, user.person.id]);
    const me = await stage.call('GET', '/users/me', undefined, sessionHeaders(alone));
    expect(me.body['username']).toBe(user.person.username);
    const credential = passkey.get(await user.beginAlone());
    const authData = { passkey: { id: passkey.handle, credential } };
    const { data } = await stage.graphql(LOG_IN_WITH, { input: { authData } });
    expect(data?.logInWith.viewer.user.objectId).toBe(user.person.id);
  });

  it('a passkey alone asks for no other factor with the policy "any", even of a user with other factors', async () => {
    const user = await newUser();
    await stage.enrolTotp(user.person);
    stage.time.now += MINUTE; // still fresh
    const passkey = await user.add();
    expect((await user.logInAlone(passkey)).status).toBe(200);
  });

  it('each of several passkeys is named, renamed, used and removed by itself', async () => {
    const { user, passkey: first } = await enrolled();
    const second = await user.add(new SoftAuthenticator(ORIGIN), 'Key');
    expect(first.handle).toBe(second.handle);
    expect((await user.save({ rename: second.id, name: 'Old key' })).status).toBe(200);
    expect((await shown(user)).map(({ name }) => name)).toEqual(['Unnamed passkey', 'Old key']);
    for (const passkey of [first, second]) expect((await user.logIn(passkey)).status).toBe(200);
    expect((await user.prove(first)).status).toBe(200);
    expect((await user.save({ remove: second.id })).status).toBe(200);
    expect((await shown(user)).map(({ id }) => id)).toEqual([first.id]);
    expect(slug(await user.logIn(second))).toBe('code_rejected');
    expect(slug(await user.logInAlone(second))).toBe('code_rejected');
    expect((await user.logIn(first)).status).toBe(200);
    expect(stage.events.map(({ type }) => type)).toContain('removed');
  });

  it('the last passkey cannot be removed by itself, and goes with the factor', async () => {
    const { user, passkey } = await enrolled();
    expect(slug(await user.save({ remove: passkey.id }))).toBe('invalid_input');
    expect((await user.save(null)).status).toBe(200); // setting it up made the session fresh
    expect((await stage.logIn(user.person)).status).toBe(200);
    expect(slug(await user.logInAlone(passkey))).toBe('code_rejected');
  });

  it('a passkey gives the holder of a session a fresh proof', async () => {
    const { user, passkey } = await enrolled();
    stage.time.now += 10 * MINUTE;
    const sensitive = (): Promise<Answer> => stage.call('POST', '/functions/sensitive', {}, user.person.session);
    expect(slug(await sensitive())).toBe('fresh_proof_required');
    const proven = await user.prove(passkey);
    expect(proven.body['authDataResponse'].passkey.status).toBe('verified');
    expect((await sensitive()).status).toBe(200);
  });

  it('a challenge with `true` makes a passkey while the session is fresh, and uses one otherwise', async () => {
    const { user } = await enrolled();
    expect(JSON.parse(await user.begin())).toHaveProperty('pubKeyCredParams');
    stage.time.now += 10 * MINUTE;
    expect(JSON.parse(await user.begin())).toHaveProperty('allowCredentials');
  });

  it('a passkey that may sign in alone is discoverable and verifies its user, and the browser excludes known ones', async () => {
    const { user, passkey } = await enrolled();
    const made = JSON.parse(await user.begin({ purpose: 'enrolment' })) as Record<string, object>;
    expect(made['authenticatorSelection']).toMatchObject({ residentKey: 'required', userVerification: 'required' });
    expect(made['excludeCredentials']).toMatchObject([{ id: passkey.id }]);
    expect(made['attestation']).toBe('none');
    const alone = JSON.parse(await user.beginAlone()) as Record<string, unknown>;
    expect(alone['userVerification']).toBe('required');
    expect(alone['allowCredentials'] ?? []).toEqual([]);
  });

  it('an SDK that sends the shown passkeys back changes nothing, and does not disturb the login', async () => {
    const { user, passkey } = await enrolled();
    const { body } = await stage.call('GET', '/users/me', undefined, user.person.session);
    await user.logIn(passkey); // changes what is shown
    expect((await user.save(body['authData'].passkey)).status).toBe(200);
    const credential = passkey.get(await user.beginAlone());
    const echo = await user.save({ id: passkey.handle, credential });
    expect([echo.status, echo.body['authDataResponse']]).toEqual([200, {}]);
  });

  it("a passkey's transports and its sync state are sealed, and its public handle names no user", async () => {
    const user = await newUser();
    const passkey = new SoftAuthenticator(ORIGIN);
    const credential = passkey.create(await user.begin(), { backupEligible: true });
    expect((await user.save({ credential, name: 'Cloud' })).status).toBe(200);
    expect(await shown(user)).toMatchObject([{ synced: true }]);
    const record = (await storedFactors(stage, user.person))['passkey'];
    expect(Object.keys(record ?? {}).toSorted()).toEqual(['id', 'sealed']);
    expect(record?.['id']).toBe(passkey.handle);
    const dump = await stage.rows.dump();
    for (const secret of [passkey.id, 'Cloud', 'internal']) expect(dump).not.toContain(secret);
    const options = JSON.parse(await user.beginLogin()) as { allowCredentials: readonly object[] };
    expect(options.allowCredentials).toEqual([{ id: passkey.id, transports: ['internal'], type: 'public-key' }]);
    expect((await user.logIn(passkey, { backupEligible: true })).status).toBe(200);
  });
});
