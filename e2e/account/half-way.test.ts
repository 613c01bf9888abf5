import { afterAll, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import type { Person } from '@parse-factors/test-server/parse-server';
import { slug, startStage, type Stage } from '../support/harness.js';
import { sessionHeaders, UPDATE_USER } from '../support/requests.js';
import { DAY, MINUTE } from '../support/time.js';
import { storedFactors } from '../support/rows.js';

/** Requests that pass a factor's hook and then fail, or carry more than the factor. */

let stage: Stage;
beforeAll(async () => {
  stage = await startStage({ install: true, compose: { revokeSessionsOn: [] } }); // so that a thief's session outlives what is tried
});
afterAll(() => stage.stop());
beforeEach(() => {
  stage.time.now += DAY;
});

const isFresh = async (person: Person): Promise<boolean> =>
  (await stage.call('POST', '/functions/sensitive', {}, person.session)).status === 200;
const beginTotp = async (person: Person): Promise<string> =>
  (await stage.challenge({ challengeData: { totp: true } }, person.session)).body['challengeData'].totp.secret as string;
const another = (person: Person): Promise<Person> => stage.another(person);

describe('an enrolment that is confirmed but never stored', () => {
  /** Passes the factor's hook, then fails at a provider that does not exist. */
  const confirmInVain = async (person: Person, secret: string): Promise<void> => {
    const { status } = await stage.save(person, { totp: stage.totp(secret), zzz: { id: '1' } });
    expect(status).toBe(400);
    expect(await storedFactors(stage, person)).not.toHaveProperty('totp');
  };

  it('confirming a set-up that is never stored makes no session fresh', async () => {
    const owner = await stage.signUp();
    const thief = await another(owner);
    await confirmInVain(thief, await beginTotp(thief));
    expect(await isFresh(thief)).toBe(false);
    await stage.enrolPhone(owner, '+15557771001');
    expect(slug(await stage.challenge({ challengeData: { totp: true } }, thief.session))).toBe('fresh_proof_required');
    expect(await isFresh(thief)).toBe(false);
    expect(slug(await stage.challenge({ challengeData: { otp: { phone: '+15557771002' } } }, thief.session))).toBe(
      'fresh_proof_required',
    );
  });

  it('confirming a set-up that is never stored prolongs no fresh proof', async () => {
    const person = await stage.signUp();
    await stage.enrolPhone(person, '+15557771003');
    expect(await isFresh(person)).toBe(true);
    stage.time.now += 4 * MINUTE;
    await confirmInVain(person, await beginTotp(person));
    stage.time.now += MINUTE;
    expect(await isFresh(person)).toBe(false);
  });

  it('a set-up that is never stored does not keep the owner from enrolling at the same moment', async () => {
    const owner = await stage.signUp();
    const thief = await another(owner);
    await confirmInVain(thief, await beginTotp(thief));
    await stage.enrolPhone(owner, '+15557771004');
    expect((await stage.logIn(owner)).body['error']).toContain('Missing additional authData otp');
  });

  it('a set-up that was not stored is found out when the save fails, and can be begun again', async () => {
    const [taken, person] = [await stage.signUp(), await stage.signUp()];
    const secret = await beginTotp(person);
    const body = { username: taken.username, authData: { totp: stage.totp(secret) } };
    expect((await stage.call('PUT', `/users/${person.id}`, body, person.session)).body['code']).toBe(202);
    expect(await isFresh(person)).toBe(false);
    stage.time.now += 30_000;
    await stage.enrolTotp(person);
  });
});

describe('a stolen session that sends a password along', () => {
  it('a stolen session that sends a password along counts no attempt and burns no code on any path', async () => {
    const person = await stage.signUp();
    const secret = await stage.enrolTotp(person);
    await stage.enrolPhone(person, '+15557771005');
    stage.time.now += 10 * MINUTE;
    const { username, password } = person;
    await stage.challenge({ username, password, challengeData: { otp: true } });
    const code = stage.lastCode(stage.sms);
    for (let guess = 0; guess < 12; guess += 1) {
      for (const authData of [{ totp: '000000' }, { otp: '000000' }]) {
        const fields = { password: 'whatever', authData };
        expect(slug(await stage.call('PUT', `/users/${person.id}`, fields, person.session))).toBe('invalid_input');
        expect(slug(await stage.call('PUT', `/classes/_User/${person.id}`, fields, person.session))).toBe('invalid_input');
        const graphql = await stage.graphql(UPDATE_USER, { input: { id: person.id, fields } }, person.session);
        expect(graphql['errors'][0].message).toMatch(/^invalid_input: /);
      }
    }
    expect((await stage.logIn(person, { otp: code })).status).toBe(200);
    expect((await stage.logIn(person, { totp: stage.totp(secret) })).status).toBe(200);
  });
});

describe('a name that is very long', () => {
  it('a user with a very long name still gets a picture that an authenticator can read', async () => {
    const { body } = await stage.call('POST', '/users', { username: '🦊:'.repeat(4000), password: 'x' });
    const session = sessionHeaders({ body });
    const asked = await stage.challenge({ challengeData: { totp: true } }, session);
    expect(asked.status).toBe(200);
    expect(JSON.stringify(asked.body).length).toBeLessThan(40_000);
  });

  it('set-ups that were begun are counted', async () => {
    const person = await stage.signUp();
    const answers = await Promise.all(
      Array.from({ length: 30 }, () => stage.challenge({ challengeData: { totp: true } }, person.session)),
    );
    expect(answers.filter(({ status }) => status === 200)).toHaveLength(20);
    expect(answers.filter((answer) => slug(answer) === 'cooldown')).toHaveLength(10);
  });
});
