// @compat
import { afterAll, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import type { Answer, Person } from '@parse-factors/test-server/parse-server';
import { parseServerMajor } from '@parse-factors/test-server/parse-server-home';
import { slug, startStage, type Stage } from '../support/harness.js';
import { LOG_IN, MASTER } from '../support/requests.js';
import { DAY, MINUTE } from '../support/time.js';
import { allStoredFactors, storedFactors } from '../support/rows.js';

/** A social provider whose proof is a token; its ids are public. It sorts behind `email` and before `otp`. */
const google = {
  validateAppId: () => Promise.resolve(),
  validateAuthData: async ({ id, token }: { id: string; token?: string }) => {
    if (token !== `token of ${id}`) throw Object.assign(new Error('google says no'), { code: 101 });
  },
};

let stage: Stage;
beforeAll(async () => {
  // Parse Server 8 does not drop the session that a login carries, and the guard refuses it there.
  stage = await startStage({ install: parseServerMajor === 8, server: { auth: { google } } });
});
afterAll(() => stage.stop());
beforeEach(() => {
  stage.time.now += DAY;
});

const sent = (): number => stage.sms.messages.length + stage.mail.messages.length;
const users = (): Promise<unknown> => allStoredFactors(stage);

/** Whatever is asked: refused with one of our errors, nothing sent, nothing stored about users. */
async function changesNothing(work: () => Promise<Answer>): Promise<Answer> {
  const before = [sent(), await users()];
  const answer = await work();
  expect([sent(), await users()]).toEqual(before);
  expect(answer.status).toBeGreaterThanOrEqual(400);
  expect(answer.status).toBeLessThan(500);
  return answer;
}

describe('without a session of their own', () => {
  it('a stranger with the password alone cannot enrol a factor', async () => {
    const person = await stage.signUp();
    const { username, password } = person;
    const phone = '+15556660001';
    expect(slug(await changesNothing(() => stage.challenge({ username, password, challengeData: { otp: { phone } } })))).toBe(
      'session_required',
    );
    expect(slug(await changesNothing(() => stage.challenge({ username, password, challengeData: { otp: true } })))).toBe(
      'not_enrolled',
    );
    expect(slug(await changesNothing(() => stage.challenge({ username, password, challengeData: { totp: true } })))).toBe(
      'not_enrolled',
    );
    for (const authData of [{ otp: { phone, code: '123456' } }, { otp: '123456' }, { totp: '123456' }]) {
      const answer = await changesNothing(() => stage.logIn(person, authData));
      expect(answer.body).toMatchObject({ code: 206, error: expect.stringMatching(/^session_required: /) });
    }
  });

  it('a stranger cannot sign up with a second factor, alone or beside a password', async () => {
    for (const authData of [
      { otp: { phone: '+15556660002', code: '123456' } },
      { totp: { code: '123456' } },
      { email: { id: 'a@b.c', code: '123456' } },
    ]) {
      await changesNothing(() => stage.call('POST', '/users', { authData }));
      await changesNothing(() => stage.call('POST', '/users', { username: 'unknown', password: 'x', authData }));
    }
  });

  it("a stranger cannot write to another user's id, anonymously or from another session", async () => {
    const [victim, attacker] = [await stage.signUp(), await stage.signUp()];
    await stage.enrolPhone(victim, '+15556660003');
    await stage.challenge({ challengeData: { otp: { phone: '+15556660004' } } }, attacker.session);
    const authData = { otp: { phone: '+15556660004', code: stage.lastCode(stage.sms) } };
    for (const headers of [{}, attacker.session]) {
      for (const path of [`/users/${victim.id}`, `/classes/_User/${victim.id}`]) {
        await changesNothing(() => stage.call('PUT', path, { authData }, headers));
        await changesNothing(() => stage.call('PUT', path, { authData: { totp: '123456' } }, headers));
      }
    }
    // The code was not spent by trying.
    expect((await stage.save(attacker, authData)).status).toBe(200);
  });

  it('an anonymous challenge sends nothing, whatever it names', async () => {
    const person = await stage.signUp();
    await stage.enrolPhone(person, '+15556660005');
    for (const challengeData of [
      { otp: true },
      { otp: { phone: '+15556660005' } },
      { email: { email: 'a@b.c' } },
      { totp: true },
    ]) {
      expect(slug(await changesNothing(() => stage.challenge({ challengeData })))).toBe('session_required');
      await changesNothing(() =>
        stage.challenge({ challengeData }, { 'X-Parse-Session-Token': 'r:00000000000000000000000000000000' }),
      );
      await changesNothing(() => stage.challenge({ username: person.username, password: 'wrong', challengeData }));
    }
  });

  it("a second factor's payload identifies no user", async () => {
    const person = await stage.signUp();
    await stage.enrolPhone(person, '+15556660006');
    for (const id of ['+15556660006', person.id, '•••• 0006']) {
      await changesNothing(() => stage.challenge({ authData: { otp: { id } }, challengeData: { otp: true } }));
      await changesNothing(() => stage.call('POST', '/users', { authData: { otp: { id, code: '123456' } } }));
    }
  });
});

describe('beside a social login', () => {
  const social = async (id: string): Promise<Person> => {
    const { body } = await stage.call('POST', '/users', { authData: { google: { id, token: `token of ${id}` } } });
    return {
      id: body['objectId'],
      username: body['username'],
      password: '',
      session: { 'X-Parse-Session-Token': body['sessionToken'] },
    };
  };
  const logIn = (id: string, token: string, authData: object): Promise<Answer> =>
    stage.call('POST', '/users', { authData: { google: { id, token }, ...authData } });

  it('a social login needs the second factor, which can be asked for and works', async () => {
    const person = await social('g1');
    await stage.enrolEmail(person, 'g1@example.com');
    await stage.enrolPhone(person, '+15556660007');
    expect((await logIn('g1', 'token of g1', {})).body['error']).toContain('Missing additional authData');
    stage.time.now += MINUTE;
    for (const [key, box] of [
      ['email', stage.mail],
      ['otp', stage.sms],
    ] as const) {
      const asked = await stage.challenge({
        authData: { google: { id: 'g1', token: 'token of g1' } },
        challengeData: { [key]: true },
      });
      expect(asked.body['challengeData'][key].status).toBe('sent');
      const code = stage.lastCode(box);
      expect((await logIn('g1', 'token of g1', { [key]: code })).body['sessionToken']).toMatch(/^r:/);
      expect((await logIn('g1', 'token of g1', { [key]: code })).body['sessionToken']).toBeUndefined();
    }
  });

  it('a stranger who knows the public id of a social login cannot ask for, spend, burn or judge a code, nor lock the user', async () => {
    const person = await social('g2');
    await stage.enrolEmail(person, 'g2@example.com');
    stage.time.now += MINUTE;
    await changesNothing(() => stage.challenge({ authData: { google: { id: 'g2' } }, challengeData: { email: true } }));
    await stage.challenge({ authData: { google: { id: 'g2', token: 'token of g2' } }, challengeData: { email: true } });
    const code = stage.lastCode(stage.mail);
    const right = await logIn('g2', 'guess', { email: code });
    const wrong = await logIn('g2', 'guess', { email: '000000' });
    expect(right.body['sessionToken']).toBeUndefined();
    expect([right.status, right.body]).toEqual([wrong.status, wrong.body]);
    await Promise.all(Array.from({ length: 30 }, () => logIn('g2', 'guess', { email: '000000' })));
    await Promise.all(
      Array.from({ length: 30 }, () =>
        stage.call('POST', '/users', {
          username: person.username,
          password: 'x',
          authData: { google: { id: 'g2' }, email: '000000' },
        }),
      ),
    );
    expect((await logIn('g2', 'token of g2', { email: code })).body['sessionToken']).toMatch(/^r:/);
  });
});

describe('with a stolen session', () => {
  it('a stolen session cannot log in again by echoing the status, by GraphQL or in a batch', async () => {
    const person = await stage.signUp();
    await stage.enrolPhone(person, '+15556660008');
    const { username, password } = person;
    const { otp: sealed } = await storedFactors(stage, person);
    for (const otp of [{ status: 'enabled', destination: '•••• 0008' }, { status: 'enabled' }, sealed]) {
      const graphql = await stage.graphql(LOG_IN, { input: { username, password, authData: { otp } } }, person.session);
      expect(graphql['errors'][0].message).toMatch(/^invalid_input: /);
      const request = { method: 'POST', path: '/parse/login', body: { username, password, authData: { otp } } };
      const batch = await stage.call('POST', '/batch', { requests: [request] }, person.session);
      expect(batch.body[0].error.error).toMatch(/^invalid_input: /);
      const direct = await stage.call(
        'POST',
        `/login?username=${username}&password=${encodeURIComponent(password)}`,
        { authData: { otp } },
        person.session,
      );
      expect(slug(direct)).toBe('invalid_input');
      const master = await stage.call('POST', '/login', { username, password, authData: { otp } }, MASTER);
      expect(slug(master)).toBe('invalid_input');
    }
  });

  it('a stolen session cannot remove a factor by sending null beside a right answer at a login', async () => {
    const person = await stage.signUp();
    await stage.enrolPhone(person, '+15556660009');
    const secret = await stage.enrolTotp(person);
    const answer = await changesNothing(() => stage.logIn(person, { totp: stage.totp(secret), otp: null }));
    expect(slug(answer)).toBe('invalid_input');
    expect((await stage.logIn(person, { totp: stage.totp(secret) })).status).toBe(200);
  });
});
