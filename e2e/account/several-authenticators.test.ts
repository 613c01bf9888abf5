// @compat
import { randomUUID } from 'node:crypto';
import { afterAll, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import type { Person } from '@parse-factors/test-server/parse-server';
import { newApp } from '../support/client-stage.js';
import { slug, type Stage } from '../support/harness.js';
import { trustDevice } from '../support/people.js';
import { CHALLENGE, MASTER, sessionHeaders, UPDATE_USER } from '../support/requests.js';
import { storedFactors } from '../support/rows.js';
import { SeveralUser, startSeveralStage } from '../support/several-stage.js';
import { DAY, MINUTE } from '../support/time.js';

let stage: Stage;
beforeAll(async () => {
  stage = await startSeveralStage(3, {
    compose: { enrolment: { requiredFor: ({ user }) => user.get('mustEnrol') === true } },
  });
});
afterAll(() => stage.stop());
beforeEach(() => {
  stage.time.now += DAY;
  stage.events.length = 0;
});

let numbers = 0;
const newPhone = (): string => `+1555${String((numbers += 1)).padStart(3, '0')}1001`;
const signUp = (): Promise<SeveralUser> => SeveralUser.signUp(stage);
const isAlive = async ({ session }: Person): Promise<boolean> =>
  (await stage.call('GET', '/users/me', undefined, session)).status === 200;
const eventsOf = (...types: string[]): string[] =>
  stage.events.filter(({ type }) => types.includes(type)).map(({ type, factor }) => `${type} ${factor}`);

/** A user with two apps. */
async function withTwoApps(): Promise<{ user: SeveralUser; work: string; home: string }> {
  const user = await signUp();
  return { user, work: await user.addApp('Work phone'), home: await user.addApp('Home') };
}

/** A user with two numbers, and an app to give proofs with. */
async function withTwoPhones(): Promise<{ user: SeveralUser; one: string; two: string; secret: string }> {
  const user = await signUp();
  const [one, two] = [newPhone(), newPhone()];
  await user.addPhone(one, 'Mine');
  await user.addPhone(two, 'Work');
  return { user, one, two, secret: await user.addApp('App') };
}

describe('several authenticator apps', () => {
  it('another set-up adds an app, with a name and an id, and both log in', async () => {
    const user = await signUp();
    const work = await user.addApp('Work phone');
    const first = new Date(stage.time.now - MINUTE).toISOString();
    const home = await user.addApp('Home');
    const second = new Date(stage.time.now - MINUTE).toISOString();
    expect(await user.shown('totp')).toEqual([
      { id: expect.stringMatching(/^[\w-]{22}$/), name: 'Work phone', addedAt: first },
      { id: expect.stringMatching(/^[\w-]{22}$/), name: 'Home', addedAt: second },
    ]);
    expect(eventsOf('enrolled', 'replaced')).toEqual(['enrolled totp', 'enrolled totp']);
    for (const secret of [work, home]) expect((await user.logIn({ totp: stage.totp(secret) })).status).toBe(200);
  });

  it('an app without a name is called so', async () => {
    const user = await signUp();
    const secret = await user.beginApp();
    expect((await user.save({ totp: stage.totp(secret) })).status).toBe(200);
    expect(await user.shown('totp')).toMatchObject([{ name: 'Unnamed app' }]);
  });

  it('adding an app needs a fresh proof', async () => {
    const { user, work } = await withTwoApps();
    stage.time.now += 5 * MINUTE;
    const shown = await stage.challenge({ challengeData: { totp: true } }, user.person.session);
    expect(shown.body['challengeData'].totp).toEqual({ status: 'enabled' });
    const [first] = await user.shown('totp');
    const replacing = await stage.challenge({ challengeData: { totp: { replace: first?.id } } }, user.person.session);
    expect(slug(replacing)).toBe('fresh_proof_required');
    await user.freshen(work);
    const secret = await user.beginApp();
    stage.time.now += 5 * MINUTE;
    expect(slug(await user.save({ totp: { code: stage.totp(secret), name: 'Late' } }))).toBe('fresh_proof_required');
    expect(await user.shown('totp')).toHaveLength(2);
  });

  it('a code works once, and an older code of that app not after it, whatever the other app has used', async () => {
    const { user, work, home } = await withTwoApps();
    const older = stage.totp(work);
    expect((await user.logIn({ totp: stage.totp(home, 1) })).status).toBe(200);
    expect((await user.logIn({ totp: stage.totp(work, 1) })).status).toBe(200);
    for (const used of [older, stage.totp(work, 1), stage.totp(home, 1), stage.totp(home)])
      expect(slug(await user.logIn({ totp: used }))).toBe('code_rejected');
    stage.time.now += 2 * MINUTE;
    expect((await user.logIn({ totp: stage.totp(work) })).status).toBe(200);
  });

  it('each app gives a fresh proof, and the code of a proof does not log in', async () => {
    const { user, home } = await withTwoApps();
    stage.time.now += 5 * MINUTE;
    const code = stage.totp(home);
    expect((await user.save({ totp: code })).body['authDataResponse'].totp.status).toBe('verified');
    expect(slug(await user.logIn({ totp: code }))).toBe('code_rejected');
  });

  it('an app is renamed without a proof, and removed by its id with one', async () => {
    const { user, work, home } = await withTwoApps();
    stage.time.now += 5 * MINUTE;
    const id = await user.idOf('totp', 'Home');
    expect((await user.save({ totp: { rename: id, name: 'Tablet' } })).status).toBe(200);
    expect((await user.shown('totp')).map(({ name }) => name)).toEqual(['Work phone', 'Tablet']);
    expect(slug(await user.save({ totp: { remove: id } }))).toBe('fresh_proof_required');
    await user.freshen(home); // a proof by the app that goes
    const other = await stage.another(user.person, { totp: stage.totp(work) });
    expect((await user.save({ totp: { remove: id } })).status).toBe(200);
    expect((await user.shown('totp')).map(({ name }) => name)).toEqual(['Work phone']);
    expect(eventsOf('removed')).toEqual(['removed totp']);
    expect([await isAlive(user.person), await isAlive(other)]).toEqual([true, false]);
    stage.time.now += MINUTE;
    expect(slug(await user.logIn({ totp: stage.totp(home) }))).toBe('code_rejected');
    expect((await user.logIn({ totp: stage.totp(work) })).status).toBe(200);
  });

  it('a removal uses the proof up', async () => {
    const { user } = await withTwoApps();
    await user.addApp('Third');
    expect((await user.save({ totp: { remove: await user.idOf('totp', 'Third') } })).status).toBe(200);
    expect(slug(await user.save({ totp: { remove: await user.idOf('totp', 'Home') } }))).toBe('fresh_proof_required');
    expect(slug(await user.save({ recovery: { generate: 'true' } }))).toBe('fresh_proof_required');
  });

  it('removing the first app leaves the others as they are', async () => {
    const { user, work, home } = await withTwoApps();
    const [, kept] = await user.shown('totp');
    expect((await user.save({ totp: { remove: await user.idOf('totp', 'Work phone') } })).status).toBe(200);
    expect(await user.shown('totp')).toEqual([kept]);
    expect(slug(await user.logIn({ totp: stage.totp(work) }))).toBe('code_rejected');
    const code = stage.totp(home);
    expect((await user.logIn({ totp: code })).status).toBe(200);
    expect(slug(await user.logIn({ totp: code }))).toBe('code_rejected');
  });

  it('the last app goes with the factor, and not by its id', async () => {
    const user = await signUp();
    await user.addApp('Only');
    const refused = await user.save({ totp: { remove: await user.idOf('totp', 'Only') } });
    expect(refused.body['error']).toBe(
      'invalid_input: This is the last authenticator app. To remove it, send null for the factor.',
    );
    expect((await user.save({ totp: null })).status).toBe(200);
    expect((await user.logIn()).status).toBe(200);
  });

  it('an app is set up in place of another by its id, and takes its place in the list', async () => {
    const { user, work, home } = await withTwoApps();
    const id = await user.idOf('totp', 'Work phone');
    const secret = await user.beginApp({ replace: id });
    const code = stage.totp(secret);
    const replaced = await user.save({ totp: { code, replace: id, name: 'New phone' } });
    expect(replaced.body['authDataResponse'].totp).toMatchObject({ status: 'enabled', freshUntil: expect.any(String) });
    expect((await user.shown('totp')).map(({ name }) => name)).toEqual(['New phone', 'Home']);
    expect(await user.idOf('totp', 'New phone')).not.toBe(id);
    expect(eventsOf('enrolled', 'replaced')).toEqual(['enrolled totp', 'enrolled totp', 'replaced totp']);
    stage.time.now += MINUTE;
    expect(slug(await user.logIn({ totp: stage.totp(work) }))).toBe('code_rejected');
    for (const kept of [secret, home]) expect((await user.logIn({ totp: stage.totp(kept) })).status).toBe(200);
  });

  it('a user has at most as many apps as the option allows, and a full list can still replace one', async () => {
    const { user } = await withTwoApps();
    await user.addApp('Third');
    const refused = await stage.challenge({ challengeData: { totp: true } }, user.person.session);
    expect(refused.body['error']).toBe('invalid_input: You have reached the maximum number of authenticator apps (3).');
    const id = await user.idOf('totp', 'Third');
    const secret = await user.beginApp({ replace: id });
    expect(slug(await user.save({ totp: { code: stage.totp(secret) } }))).toBe('invalid_input');
    expect((await user.save({ totp: { code: stage.totp(secret), replace: id } })).status).toBe(200);
    expect(await user.shown('totp')).toHaveLength(3);
  });

  it('a name, an id and unknown fields are checked before anything is counted', async () => {
    const { user } = await withTwoApps();
    const { id = '' } = (await user.shown('totp'))[0] ?? {};
    for (const payload of [
      { rename: id, name: '' },
      { rename: id, name: 'x'.repeat(65) },
      { rename: id, name: 'two\nlines' },
      { rename: id },
      { rename: { $gt: '' }, name: 'x' },
      { rename: id, name: 'x', remove: id },
      { remove: ['x'] },
      { remove: 'x'.repeat(1_000_000) },
      { code: '123456', name: ['x'] },
      { code: '123456', replace: 5 },
      { code: '123456', replace: id, other: 'x' },
    ])
      expect(slug(await user.save({ totp: payload })), JSON.stringify(payload).slice(0, 80)).toBe('invalid_input');
    for (const payload of [{ rename: 'nosuch', name: 'x' }, { remove: 'nosuch' }, { code: '123456', replace: 'nosuch' }])
      expect(slug(await user.save({ totp: payload }))).toBe('not_enrolled');
    expect(stage.events.filter(({ type }) => type === 'rejected')).toEqual([]);
  });

  it('an SDK that sends an older status back changes nothing', async () => {
    const user = await signUp();
    await user.addApp('One');
    const older = await user.status('totp');
    await user.addApp('Two');
    expect((await user.save({ totp: older })).body['authDataResponse']).toEqual({});
    expect(await user.shown('totp')).toHaveLength(2);
  });

  it('GraphQL adds, names and removes apps as REST does', async () => {
    const user = await signUp();
    await user.addApp('One');
    const secret = await user.beginApp();
    const update = async (totp: object): Promise<unknown> => {
      const input = { id: user.person.id, fields: { authData: { totp } } };
      const { data, errors } = await stage.graphql(UPDATE_USER, { input }, user.person.session);
      return errors ?? data?.updateUser.user.objectId;
    };
    expect(await update({ code: stage.totp(secret), name: 'Two' })).toBe(user.person.id);
    const id = await user.idOf('totp', 'Two');
    expect(await update({ rename: id, name: 'Second' })).toBe(user.person.id);
    expect((await user.shown('totp')).map(({ name }) => name)).toEqual(['One', 'Second']);
    expect(await update({ remove: id })).toBe(user.person.id);
    expect((await user.shown('totp')).map(({ name }) => name)).toEqual(['One']);
  });

  it('adding and removing an app ends trust in devices', async () => {
    const { user, work } = await withTwoApps();
    await user.freshen(work);
    const token = await trustDevice(stage, user.person);
    expect((await user.save({ totp: { remove: await user.idOf('totp', 'Home') } })).status).toBe(200);
    expect(slug(await user.logIn({ device: { token } }))).toBe('code_rejected');
  });
});

describe('several phone numbers and addresses', () => {
  it('another number is added, and shown masked with its name and id', async () => {
    const { user } = await withTwoPhones();
    const shown = await user.shown('otp');
    expect(shown).toEqual([
      { id: expect.stringMatching(/^[\w-]{22}$/), name: 'Mine', addedAt: expect.any(String), destination: '•••• 1001' },
      { id: expect.stringMatching(/^[\w-]{22}$/), name: 'Work', addedAt: expect.any(String), destination: '•••• 1001' },
    ]);
    expect((await user.status('otp'))['destination']).toBe('•••• 1001');
    expect(Object.keys((await storedFactors(stage, user.person))['otp'] ?? {})).toEqual(['sealed']);
  });

  it('a code goes to the first number, or to the one that is chosen', async () => {
    const { user, one, two } = await withTwoPhones();
    const [mine, work] = await user.shown('otp');
    const code = await user.codeFor({ otp: true });
    expect(stage.sms.messages.at(-1)?.to).toBe(one);
    expect((await user.logIn({ otp: code })).status).toBe(200);
    stage.time.now += MINUTE;
    const asked = await user.ask({ otp: { id: work?.id } });
    expect(stage.sms.messages.at(-1)?.to).toBe(two);
    expect(JSON.parse(String(asked.body['challengeData'].otp.destinations))).toEqual([
      { id: mine?.id, destination: '•••• 1001' },
      { id: work?.id, destination: '•••• 1001' },
    ]);
    expect((await user.logIn({ otp: stage.lastCode(stage.sms) })).status).toBe(200);
  });

  it('destinations are shown after the first factor, without names, and not before', async () => {
    const { user } = await withTwoPhones();
    const shown = await user.ask({ otp: { show: 'status' } });
    const ids = (await user.shown('otp')).map(({ id }) => id);
    expect(shown.body['challengeData'].otp).toEqual({
      status: 'enabled',
      destination: '•••• 1001',
      destinations: JSON.stringify(ids.map((id) => ({ id, destination: '•••• 1001' }))),
    });
    const { username } = user.person;
    const stranger = await stage.challenge({ username, password: 'wrong', challengeData: { otp: { id: ids[0] } } });
    expect(stranger.status).toBe(404);
    expect(JSON.stringify(stranger.body)).not.toContain('••••');
    expect(slug(await stage.challenge({ challengeData: { otp: { id: ids[0] } } }))).toBe('session_required');
  });

  it('a session chooses where the code of a fresh proof goes, by GraphQL too', async () => {
    const { user, two } = await withTwoPhones();
    stage.time.now += 10 * MINUTE;
    const id = await user.idOf('otp', 'Work');
    const input = { challengeData: { otp: { id } } };
    const { data } = await stage.graphql(CHALLENGE, { input }, user.person.session);
    expect(data?.challenge.challengeData.otp.status).toBe('sent');
    expect(stage.sms.messages.at(-1)?.to).toBe(two);
    expect((await user.save({ otp: stage.lastCode(stage.sms) })).body['authDataResponse'].otp.status).toBe('verified');
    expect((await user.save({ otp: { remove: id } })).status).toBe(200);
  });

  it('the same number is refused a second time, before a message goes out', async () => {
    const { user, two } = await withTwoPhones();
    const sent = stage.sms.messages.length;
    const id = await user.idOf('otp', 'Mine');
    for (const otp of [{ phone: two }, { phone: `${two.slice(0, 2)} ${two.slice(2)}` }, { phone: two, replace: id }])
      expect(slug(await stage.challenge({ challengeData: { otp } }, user.person.session))).toBe('already_enrolled');
    expect(stage.sms.messages).toHaveLength(sent);
  });

  it('a full list sends no message to a further number, and can replace one', async () => {
    const { user, one } = await withTwoPhones();
    await user.addPhone(newPhone(), 'Third');
    const [sent, phone] = [stage.sms.messages.length, newPhone()];
    const refused = await stage.challenge({ challengeData: { otp: { phone } } }, user.person.session);
    expect(refused.body['error']).toBe('invalid_input: You have reached the maximum number of phone numbers (3).');
    expect(stage.sms.messages).toHaveLength(sent);
    const id = await user.idOf('otp', 'Mine');
    const code = await user.sendTo({ otp: { phone, replace: id } });
    expect((await user.save({ otp: { phone, code, replace: id, name: 'New' } })).status).toBe(200);
    expect((await user.shown('otp')).map(({ name }) => name)).toEqual(['New', 'Work', 'Third']);
    expect(eventsOf('replaced')).toEqual(['replaced otp']);
    stage.time.now += MINUTE;
    await user.codeFor({ otp: true });
    expect([phone, one].indexOf(stage.sms.messages.at(-1)?.to ?? '')).toBe(0);
  });

  it('two email addresses share the limits of their user', async () => {
    const user = await signUp();
    const { username } = user.person;
    await user.addEmail(`${username}@example.com`, 'Private');
    await user.addEmail(`${username}@work.example`, 'Work');
    stage.time.now += 10 * MINUTE;
    await user.codeFor({ email: true });
    expect(slug(await user.ask({ email: { id: await user.idOf('email', 'Work') } }))).toBe('cooldown');
    const reached: string[] = [];
    for (let round = 0; round < 6; round += 1) {
      stage.time.now += MINUTE;
      const id = await user.idOf('email', round % 2 === 0 ? 'Work' : 'Private');
      reached.push(slug(await user.ask({ email: { id } })));
    }
    expect(reached.filter((each) => each === 'cooldown')).toHaveLength(2); // five in ten minutes, for all of them together
  });

  it('an administrator sees all of them masked, and resets all of them', async () => {
    const { user, one, two } = await withTwoPhones();
    const { id: userId } = user.person;
    const list = await stage.call('POST', '/functions/factorsList', { userId }, MASTER);
    expect(JSON.parse(list.body['result'].otp.authenticators as string)).toMatchObject([{ name: 'Mine' }, { name: 'Work' }]);
    expect(JSON.stringify(list.body)).not.toContain(one.slice(-10));
    expect(JSON.stringify(list.body)).not.toContain(two.slice(-10));
    const reset = await stage.call('POST', '/functions/factorsReset', { userId, factor: 'otp' }, MASTER);
    expect(reset.body['result']).toEqual(['otp']);
    expect(slug(await user.ask({ otp: true }))).toBe('not_enrolled');
  });

  it('nothing of a deleted user is left in the store', async () => {
    const { user, secret } = await withTwoPhones();
    expect((await user.logIn({ totp: stage.totp(secret) })).status).toBe(200);
    const before = (await stage.rows.find('FactorState')).map(({ objectId }) => objectId);
    expect(before.length).toBeGreaterThan(0);
    await user.freshen(secret);
    const own = (await stage.rows.find('FactorState')).map(({ objectId }) => objectId);
    expect((await stage.call('DELETE', `/users/${user.person.id}`, undefined, user.person.session)).status).toBe(200);
    const left = (await stage.rows.find('FactorState')).map(({ objectId }) => objectId);
    expect(own.length - left.length).toBeGreaterThan(4);
  });

  it('a login that must set a factor up sets up the first of several, with its name', async () => {
    const user = await SeveralUser.signUp(stage, { mustEnrol: true });
    const phone = newPhone();
    const code = await user.codeFor({ otp: { phone } });
    const enrolled = await user.logIn({ otp: { phone, code, name: 'Mine' } });
    expect(enrolled.status, JSON.stringify(enrolled.body)).toBe(200);
    const again = new SeveralUser(stage, { ...user.person, session: sessionHeaders(enrolled) });
    expect(await again.shown('otp')).toMatchObject([{ name: 'Mine', destination: '•••• 1001' }]);
    stage.time.now += MINUTE;
    await again.addPhone(newPhone(), 'Work'); // setting a factor up is a fresh proof, at a login too
    expect(await again.shown('otp')).toHaveLength(2);
  });
});

describe('the client', () => {
  it('lists, names and removes authenticators, and chooses where a code goes', async () => {
    const { sdk, client, written } = newApp(stage.url);
    const [username, password] = [`ann-${randomUUID()}`, randomUUID()];
    await sdk.User.signUp(username, password);
    const [one, two] = [newPhone(), newPhone()];
    for (const [phone, name] of [
      [one, 'Mine'],
      [two, 'Work'],
    ] as const) {
      await client.enrol('otp', { phone });
      await client.confirm('otp', { phone, code: stage.lastCode(stage.sms), name });
      stage.time.now += MINUTE;
    }
    const otp = client.authenticators('otp');
    expect(await client.authenticators('totp').list()).toEqual([]);
    const [mine, work] = await otp.list();
    expect([mine?.name, work?.name, work?.destination]).toEqual(['Mine', 'Work', '•••• 1001']);
    await otp.rename(String(work?.id), 'Office');
    expect((await otp.list()).map(({ name }) => name)).toEqual(['Mine', 'Office']);

    const login = await client.logIn(username, password);
    if (login.status !== 'factors') throw new Error(login.status);
    const destination = '•••• 1001';
    expect(login.destinations).toEqual({ otp: destination });
    expect(login.choices).toEqual({
      otp: [
        { id: mine?.id, destination },
        { id: work?.id, destination },
      ],
    });
    await login.challenge('otp', { id: String(work?.id) });
    expect(stage.sms.messages.at(-1)?.to).toBe(two);
    expect((await login.answer('otp', stage.lastCode(stage.sms))).status).toBe('session');

    stage.time.now += 6 * MINUTE;
    await expect(otp.remove(String(work?.id))).rejects.toMatchObject({ slug: 'fresh_proof_required' });
    await client.challenge('otp', { id: String(work?.id) });
    await client.freshen('otp', stage.lastCode(stage.sms));
    await otp.remove(String(work?.id));
    expect((await otp.list()).map(({ id }) => id)).toEqual([mine?.id]);
    await expect(otp.rename(String(work?.id), 'Gone')).rejects.toMatchObject({ slug: 'not_enrolled' });
    for (const secret of [one, two, String(work?.id), 'Office']) expect(written.join()).not.toContain(secret);
  });
});
