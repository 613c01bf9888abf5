import { afterAll, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import type { Person } from '@parse-factors/test-server/parse-server';
import { slug, startStage, type Stage } from '../support/harness.js';
import { MASTER, sessionHeaders } from '../support/requests.js';
import { HOUR, MINUTE } from '../support/time.js';

let stage: Stage;
let person: Person;
beforeAll(async () => {
  stage = await startStage({ install: true });
});
afterAll(() => stage.stop());
beforeEach(async () => {
  stage.time.now += HOUR;
  person = await stage.signUp();
});

interface Pending {
  readonly status: string;
  readonly secret: string;
  readonly uri: string;
  readonly expiresAt: string;
}
const open = async (who: Pick<Person, 'session'> = person): Promise<Pending> =>
  (await stage.challenge({ challengeData: { totp: true } }, who.session)).body['challengeData'].totp as Pending;

describe('opening the set-up of an authenticator again', () => {
  it('opening a set-up again shows the same secret with the same end, and confirms it', async () => {
    const first = await open();
    stage.time.now += 5 * MINUTE;
    expect(await open()).toEqual(first);
    expect((await stage.save(person, { totp: stage.totp(first.secret) })).status).toBe(200);
    stage.time.now += MINUTE;
    expect((await stage.logIn(person, { totp: stage.totp(first.secret) })).status).toBe(200);
  });

  it('opening a set-up twice at the same moment gives one secret', async () => {
    const opened = await Promise.all(Array.from({ length: 8 }, () => open()));
    expect(new Set(opened.map(({ secret }) => secret)).size).toBe(1);
    expect((await stage.save(person, { totp: stage.totp(opened[0]?.secret ?? '') })).status).toBe(200);
  });

  it('opening a set-up again does not give guesses back', async () => {
    const { secret } = await open();
    const right = stage.totp(secret);
    const wrong = right === '000000' ? '000001' : '000000';
    for (let guess = 0; guess < 10; guess += 1) {
      if (guess % 4 === 0) await open();
      await stage.save(person, { totp: wrong });
    }
    expect(slug(await stage.save(person, { totp: right }))).toBe('locked');
  });

  it('another session or another user gets another secret', async () => {
    const { secret } = await open();
    const other = await stage.another(person);
    expect((await open(other)).secret).not.toBe(secret);
    expect((await open(await stage.signUp())).secret).not.toBe(secret);
  });

  it('a set-up that has ended, is about to end, or is in use gives another secret', async () => {
    const first = await open();
    stage.time.now = Date.parse(first.expiresAt) - MINUTE / 2;
    const second = await open();
    expect(second.secret).not.toBe(first.secret);
    stage.time.now += 11 * MINUTE;
    const third = await open();
    expect(third.secret).not.toBe(second.secret);
    expect((await stage.save(person, { totp: stage.totp(third.secret) })).status).toBe(200);
    stage.time.now += MINUTE;
    // The session is fresh still: an authenticator in the place of that one.
    await stage.save(person, { totp: stage.totp(third.secret) });
    const replacing = await open();
    expect(replacing).toMatchObject({ status: 'pending' });
    expect(replacing.secret).not.toBe(third.secret);
    stage.time.now += 30_000;
    expect((await stage.save(person, { totp: stage.totp(replacing.secret) })).status).toBe(200);
  });

  it('opening a set-up costs no more pictures than before', async () => {
    for (let times = 0; times < 20; times += 1) expect((await open()).status).toBe('pending');
    expect(slug(await stage.challenge({ challengeData: { totp: true } }, person.session))).toBe('cooldown');
  });
});

describe('the name of an account in an authenticator app', () => {
  const labelOf = async (who: Pick<Person, 'session'>): Promise<string> =>
    decodeURIComponent(new URL((await open(who)).uri).pathname.replace(/^\/*(?:totp\/)?/, ''));
  /** A user who has signed up by a code alone, so their user name is random. */
  const signUpAlone = async (key: string, payload: object, box: 'sms' | 'mail'): Promise<Person> => {
    stage.time.now += MINUTE;
    const { body } = await stage.challenge({ challengeData: { [key]: payload } });
    const authData = { [key]: { id: body['challengeData'][key].id as string, code: stage.lastCode(stage[box]) } };
    const answer = await stage.call('POST', '/users', { authData });
    expect(answer.status).toBe(201);
    const session = sessionHeaders(answer);
    return { id: String(answer.body['objectId']), username: '', password: '', session };
  };

  it('an authenticator app shows the user name that the user has chosen', async () => {
    expect(await labelOf(person)).toBe(`Acme:${person.username}`);
  });

  it('an authenticator app shows the sign-in address or number of a user whose name is random', async () => {
    expect(await labelOf(await signUpAlone('emailLogin', { email: 'Ann.Lee@example.com' }, 'mail'))).toBe(
      'Acme:ann.lee@example.com',
    );
    expect(await labelOf(await signUpAlone('phoneLogin', { phone: '+1 555 777 0001' }, 'sms'))).toBe('Acme:+15557770001');
  });

  it('an authenticator app shows the e-mail address of a user whose name is random', async () => {
    const alone = await signUpAlone('phoneLogin', { phone: '+1 555 777 0002' }, 'sms');
    await stage.call('PUT', `/users/${alone.id}`, { email: 'bob@example.com' }, MASTER);
    expect(await labelOf(alone)).toBe('Acme:bob@example.com');
  });
});
