// @compat
import { afterAll, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import type { Answer, Person } from '@parse-factors/test-server/parse-server';
import { slug, type Stage } from '../support/harness.js';
import { askForHelpCode, issueHelpCode, startHelpStage } from '../support/help-rig.js';
import { enrolled, makeRecoveryCodes, trustDevice } from '../support/people.js';
import { LOG_IN, MASTER, personOf } from '../support/requests.js';
import { storedKeys } from '../support/rows.js';
import { DAY, MINUTE } from '../support/time.js';

let stage: Stage;
beforeAll(async () => {
  stage = await startHelpStage({ compose: { eventLog: true }, server: { readOnlyMasterKey: 'only to read' } });
});
afterAll(() => stage.stop());
beforeEach(() => {
  stage.time.now += DAY;
  stage.events.length = 0;
});

const helped = async (person: Person): Promise<Person> => stage.another(person, { help: await issueHelpCode(stage, person) });
const isAlive = async ({ session }: Person): Promise<boolean> =>
  (await stage.call('GET', '/users/me', undefined, session)).status === 200;
const types = (): string[] => stage.events.map(({ type }) => type);

describe('an administrator', () => {
  it('an administrator issues a code that can be read out, once, and the event names neither code nor digest', async () => {
    const { person } = await enrolled(stage);
    stage.events.length = 0;
    const { status, body } = await askForHelpCode(stage, { userId: person.id });
    expect(status).toBe(200);
    const { code } = body['result'] as { code: string };
    expect(body['result']).toEqual({
      code: expect.stringMatching(/^([0-9A-HJKMNP-TV-Z]{4}-){2}[0-9A-HJKMNP-TV-Z]{4}$/),
      expiresAt: new Date(stage.time.now + 30 * MINUTE).toISOString(),
    });
    expect(stage.events).toEqual([
      {
        type: 'help_issued',
        byMasterKey: true,
        factor: 'help',
        userId: person.id,
        reason: 'administrator',
        at: stage.time.now,
        ip: expect.any(String),
      },
    ]);
    const stored = JSON.stringify([await stage.rows.find('_User'), await stage.rows.find('FactorState')]);
    for (const form of [code, code.replaceAll('-', '')]) expect(stored).not.toContain(form);
  });

  it('the user and the administrator see until when a help code is valid', async () => {
    const { person } = await enrolled(stage);
    await issueHelpCode(stage, person);
    const shown = { status: 'enabled', expiresAt: new Date(stage.time.now + 30 * MINUTE).toISOString() };
    const list = await stage.call('POST', '/functions/factorsList', { userId: person.id }, MASTER);
    expect(list.body['result'].help).toEqual(shown);
    expect((await stage.call('POST', '/functions/factorsStatus', {}, person.session)).body['result'].help).toEqual(shown);
    const me = (await stage.call('GET', '/users/me', undefined, person.session)).body;
    expect((await stage.save(person, { help: me['authData'].help })).status).toBe(200); // an SDK sends it back
    expect((await stage.logIn(person, { help: await issueHelpCode(stage, person) })).status).toBe(200);
  });

  it('an administrator is told what is wrong with a request for a help code', async () => {
    const { person } = await enrolled(stage);
    for (const params of [
      {},
      { userId: 1 },
      { userId: { $gt: '' } },
      { userId: person.id, factor: 'help' },
      { userId: 'unknown' },
    ]) {
      expect(slug(await askForHelpCode(stage, params))).toBe('invalid_input');
    }
    // There is nothing that the code would replace.
    expect(slug(await askForHelpCode(stage, { userId: (await stage.signUp()).id }))).toBe('enrolment_required');
  });

  it('a user, a stranger and a read-only master key cannot issue help codes', async () => {
    const { person } = await enrolled(stage);
    for (const headers of [{}, person.session, { 'X-Parse-Master-Key': 'only to read' }]) {
      const answer = await askForHelpCode(stage, { userId: person.id }, headers);
      expect([answer.status >= 400, answer.body['result']]).toEqual([true, undefined]);
    }
    expect(await storedKeys(stage, person)).toEqual(['totp']);
  });
});

describe('a user with a help code', () => {
  it('logs in with password and code in any spelling, and the code is gone afterwards', async () => {
    const { person } = await enrolled(stage);
    const code = await issueHelpCode(stage, person);
    const spoken = ` ${code.toLowerCase().replaceAll('-', ' ').replaceAll('0', 'o').replaceAll('1', 'l')}\u200b`;
    expect((await stage.logIn(person, { help: { code: spoken } })).status).toBe(200);
    expect(types().slice(-2)).toEqual(['verified', 'help_used']);
    expect(await storedKeys(stage, person)).toEqual(['totp']);
    expect((await stage.logIn(person, { help: code })).status).toBeGreaterThanOrEqual(400);
  });

  it('logs in by GraphQL, and behind an emailed code', async () => {
    const { person } = await enrolled(stage);
    const { username, password } = person;
    const login = await stage.graphql(LOG_IN, {
      input: { username, password, authData: { help: await issueHelpCode(stage, person) } },
    });
    expect(login['data'].logIn.viewer.sessionToken).toEqual(expect.any(String));
    const ask = async (): Promise<string> => {
      stage.time.now += MINUTE;
      await stage.challenge({ challengeData: { emailLogin: { email: 'ann@example.com' } } });
      return stage.lastCode(stage.mail);
    };
    const signIn = async (more: object): Promise<Answer> =>
      stage.call('POST', '/users', { authData: { emailLogin: { id: 'ann@example.com', code: await ask() }, ...more } });
    const ann = personOf(await signIn({}));
    await stage.enrolTotp(ann);
    expect(slug(await signIn({}))).toBe('factor_required');
    expect((await signIn({ help: await issueHelpCode(stage, ann) })).status).toBe(200);
  });

  it('replaces the lost factor in that session, within the time of a step-up proof, and nowhere else', async () => {
    const { person } = await enrolled(stage);
    const elsewhere = await stage.another(person, { recovery: (await makeRecoveryCodes(stage, person))[0] });
    const session = await helped(person);
    expect(slug(await stage.save(elsewhere, { totp: null }))).toBe('fresh_proof_required');
    const secret = await stage.enrolTotp(session);
    expect((await stage.logIn(person, { totp: stage.totp(secret) })).status).toBe(200);
    // No session from before the change is left.
    expect([await isAlive(person), await isAlive(elsewhere), await isAlive(session)]).toEqual([false, false, true]);
    const late = await helped(person);
    stage.time.now += 5 * MINUTE;
    expect(slug(await stage.challenge({ challengeData: { otp: { phone: '+15557770101' } } }, late.session))).toBe(
      'fresh_proof_required',
    );
    expect(slug(await stage.save(late, { totp: null }))).toBe('fresh_proof_required');
  });

  it('may add another factor, make recovery codes and remove the lost factor', async () => {
    const { person } = await enrolled(stage);
    const session = await helped(person);
    await stage.enrolPhone(session, '+15557770102');
    expect(await makeRecoveryCodes(stage, session)).toHaveLength(10);
    expect((await stage.save(session, { totp: null })).status).toBe(200);
    expect(await storedKeys(stage, person)).toEqual(['otp', 'recovery']);
  });

  it('has no fresh proof for the application unless it names the factor, and can trust no device', async () => {
    const { person } = await enrolled(stage);
    const session = await helped(person);
    expect(slug(await stage.call('POST', '/functions/sensitive', {}, session.session))).toBe('fresh_proof_required');
    const naming = { factors: ['help'] };
    expect((await stage.call('POST', '/functions/sensitive', naming, session.session)).status).toBe(200);
    expect(slug(await stage.save(session, { device: { remember: 'true', name: 'Thief' } }))).toBe('fresh_proof_required');
  });

  it('replaces all factors that a policy asks for', async () => {
    await stage.stop();
    stage = await startHelpStage({ compose: { policy: 'all', eventLog: true }, server: { readOnlyMasterKey: 'only to read' } });
    const { person } = await enrolled(stage);
    await stage.enrolPhone(person, '+15557770103');
    const [recovery] = await makeRecoveryCodes(stage, person);
    expect(slug(await stage.logIn(person, { recovery }))).toBe('factor_required');
    expect((await stage.logIn(person, { help: await issueHelpCode(stage, person) })).status).toBe(200);
  });
});

describe('a help code ends', () => {
  const isDead = async (person: Person, code: string): Promise<boolean> =>
    (await stage.logIn(person, { help: code })).status >= 400;

  it('after 30 minutes, and stays dead when the clock steps back', async () => {
    const { person } = await enrolled(stage);
    const code = await issueHelpCode(stage, person);
    stage.time.now += 30 * MINUTE;
    expect(slug(await stage.logIn(person, { help: code }))).toBe('code_expired');
    stage.time.now -= 10 * MINUTE;
    expect(await isDead(person, code)).toBe(true);
  });

  it('when another is issued', async () => {
    const { person } = await enrolled(stage);
    const codes = [await issueHelpCode(stage, person), await issueHelpCode(stage, person)] as const;
    expect(slug(await stage.logIn(person, { help: codes[0] }))).toBe('code_rejected');
    expect((await stage.logIn(person, { help: codes[1] })).status).toBe(200);
  });

  it.each<readonly [string, (person: Person, secret: string) => Promise<unknown>]>([
    ['signs in with a factor', (person, secret) => stage.another(person, { totp: stage.totp(secret) })],
    ['verifies a factor in a session', (person, secret) => stage.save(person, { totp: stage.totp(secret) })],
    ['adds a factor', (person) => stage.enrolPhone(person, `+1555777${String(stage.time.now / DAY).slice(-4)}`)],
  ])('when the user %s', async (_what, act) => {
    const { person, secret } = await enrolled(stage);
    const code = await issueHelpCode(stage, person);
    await act(person, secret);
    expect(await storedKeys(stage, person)).not.toContain('help');
    expect(await isDead(person, code)).toBe(true);
  });

  it.each<readonly [string, (person: Person) => Promise<Answer>]>([
    ['the user', ({ id, session }) => stage.call('PUT', `/users/${id}`, { password: 'new' }, session)],
    ['the master key', ({ id }) => stage.call('PUT', `/users/${id}`, { password: 'new' }, MASTER)],
  ])('when %s changes the password', async (_who, change) => {
    const { person } = await enrolled(stage);
    const code = await issueHelpCode(stage, person);
    expect((await change(person)).status).toBe(200);
    expect(await storedKeys(stage, person)).toEqual(['totp']);
    expect(await isDead({ ...person, password: 'new' }, code)).toBe(true);
  });

  it.each([{}, { factor: 'totp' }, { factor: 'help' }])('when an administrator resets factors: %o', async (which) => {
    const { person } = await enrolled(stage);
    await stage.enrolPhone(person, '+15557770105');
    const code = await issueHelpCode(stage, person);
    expect((await stage.call('POST', '/functions/factorsReset', { userId: person.id, ...which }, MASTER)).status).toBe(200);
    expect(await storedKeys(stage, person)).not.toContain('help');
    if ('factor' in which) expect(await isDead(person, code)).toBe(true);
  });

  it('with the user', async () => {
    const { person } = await enrolled(stage);
    const code = await issueHelpCode(stage, person);
    expect((await stage.call('DELETE', `/users/${person.id}`, undefined, MASTER)).status).toBe(200);
    expect(await isDead(person, code)).toBe(true);
    const other = await stage.signUp({ username: person.username, password: person.password });
    await stage.enrolTotp({ ...other, ...person, id: other.id, session: other.session });
    expect(await isDead(person, code)).toBe(true);
  });

  it('but not when an administrator revokes devices, or the user signs in on a trusted one', async () => {
    const { person } = await enrolled(stage);
    const token = await trustDevice(stage, person);
    const code = await issueHelpCode(stage, person);
    expect((await stage.logIn(person, { device: { token } })).status).toBe(200);
    const revoked = await stage.call('POST', '/functions/factorsRevokeDevices', { userId: person.id }, MASTER);
    expect(revoked.body['result']).toEqual(['device']);
    expect((await stage.logIn(person, { help: code })).status).toBe(200);
  });
});
