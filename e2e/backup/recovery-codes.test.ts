// @compat
import { RecoveryCodesFactor } from '@parse-factors/recovery-codes';
import { afterAll, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import type { Answer, Person } from '@parse-factors/test-server/parse-server';
import { slug, startStage, type Stage } from '../support/harness.js';
import { LOG_IN, UPDATE_USER } from '../support/requests.js';
import { DAY, MINUTE } from '../support/time.js';
import { storedFactors } from '../support/rows.js';
import { enrolled, type Enrolled, makeRecoveryCodes } from '../support/people.js';

const GENERATE = { recovery: { generate: 'true' } };
let stage: Stage;
beforeAll(async () => {
  stage = await startStage({ install: true, more: { recovery: new RecoveryCodesFactor() } });
});
afterAll(() => stage.stop());
beforeEach(() => {
  stage.time.now += DAY;
  stage.events.length = 0;
});

const codesOf = ({ body }: Answer): string[] => String(body['authDataResponse'].recovery.codes).split(', ');
const remaining = async (person: Person): Promise<unknown> => {
  const { body } = await stage.call('GET', '/users/me', undefined, person.session);
  return body['authData']?.recovery;
};

/** A user with an authenticator app and recovery codes. */
async function prepared(): Promise<Enrolled & { readonly codes: string[] }> {
  const user = await enrolled(stage);
  return { ...user, codes: await makeRecoveryCodes(stage, user.person) };
}

/** Answers the authenticator again; its step is spent then. */
async function freshen(person: Person, secret: string): Promise<void> {
  stage.time.now += 2 * MINUTE;
  expect((await stage.save(person, { totp: stage.totp(secret) })).status).toBe(200);
}

describe('recovery codes', () => {
  it('ten recovery codes of 80 bits are shown once, and nothing readable is stored', async () => {
    const { person, codes } = await prepared();
    expect(new Set(codes).size).toBe(10);
    for (const code of codes) expect(code).toMatch(/^[0-9A-HJKMNP-TV-Z]{4}(-[0-9A-HJKMNP-TV-Z]{4}){3}$/);
    expect(await remaining(person)).toEqual({ status: 'enabled', remaining: '10' });
    const dump = await stage.rows.dump();
    for (const code of codes) {
      expect(dump).not.toContain(code);
      expect(dump).not.toContain(code.replaceAll('-', ''));
    }
  });

  it('each recovery code logs in once, however it is typed, by REST, GraphQL and a batch', async () => {
    const { person, codes } = await prepared();
    const { username, password } = person;
    const [one = '', two = '', three = '', four = ''] = codes;
    expect((await stage.logIn(person, { recovery: one })).status).toBe(200);
    expect(slug(await stage.logIn(person, { recovery: one }))).toBe('code_rejected');
    expect((await stage.logIn(person, { recovery: { code: two.toLowerCase().replaceAll('-', ' ') } })).status).toBe(200);
    const login = await stage.graphql(LOG_IN, { input: { username, password, authData: { recovery: three } } });
    expect(login['data'].logIn.viewer.sessionToken).toEqual(expect.any(String));
    const body = { username, password, authData: { recovery: four } };
    const requests = Array.from({ length: 5 }, () => ({ method: 'POST', path: '/parse/login', body }));
    const batch = await stage.call('POST', '/batch', { requests });
    expect((batch.body as unknown as { success?: unknown }[]).filter(({ success }) => success)).toHaveLength(1);
    expect(await remaining(person)).toEqual({ status: 'enabled', remaining: '6' });
  });

  it('GraphQL shows new recovery codes as well', async () => {
    const { person } = await prepared();
    const fields = { authData: GENERATE };
    const made = await stage.graphql(UPDATE_USER, { input: { id: person.id, fields } }, person.session);
    const { codes } = made['data'].updateUser.user.authDataResponse.recovery as { codes: string };
    expect((await stage.logIn(person, { recovery: codes.split(', ')[0] })).status).toBe(200);
  });

  it('20 parallel logins with one recovery code open one session, and two different codes open two', async () => {
    const { person, codes } = await prepared();
    const [one = '', two = '', three = ''] = codes;
    const same = await Promise.all(Array.from({ length: 20 }, () => stage.logIn(person, { recovery: one })));
    expect(same.filter(({ status }) => status === 200)).toHaveLength(1);
    stage.time.now += 15 * MINUTE; // so many wrong answers may lock
    const different = await Promise.all([two, three].map((recovery) => stage.logIn(person, { recovery })));
    expect(different.map(({ status }) => status)).toEqual([200, 200]);
    expect(await remaining(person)).toEqual({ status: 'enabled', remaining: '7' });
  });

  it('making recovery codes needs a factor and a fresh proof', async () => {
    const bare = await stage.signUp();
    expect(slug(await stage.save(bare, GENERATE))).toBe('enrolment_required');
    const { person, secret } = await prepared();
    stage.time.now += 5 * MINUTE;
    expect(slug(await stage.save(person, GENERATE))).toBe('fresh_proof_required');
    const other = await stage.signUp();
    await stage.enrolTotp(other);
    expect((await stage.call('PUT', `/users/${person.id}`, { authData: GENERATE }, other.session)).status).not.toBe(200);
    await freshen(person, secret);
    expect(codesOf(await stage.save(person, GENERATE))).toHaveLength(10);
  });

  it('new recovery codes make all old ones void, even one that is used at the same moment', async () => {
    for (let round = 0; round < 4; round += 1) {
      const { person, secret, codes } = await prepared();
      await freshen(person, secret);
      const [old = '', older = ''] = codes;
      const [made] = await Promise.all([stage.save(person, GENERATE), stage.logIn(person, { recovery: old })]);
      const fresh = codesOf(made);
      expect(slug(await stage.logIn(person, { recovery: older }))).toBe('code_rejected');
      expect(await remaining(person)).toEqual({ status: 'enabled', remaining: '10' });
      expect((await stage.logIn(person, { recovery: fresh[0] ?? '' })).status).toBe(200);
    }
  });

  it('a recovery code is no fresh proof, and does not let a stolen session change anything', async () => {
    const { person, codes } = await prepared();
    stage.time.now += 5 * MINUTE;
    expect(slug(await stage.save(person, { recovery: codes[0] }))).toBe('invalid_input');
    const thief = await stage.another(person, { recovery: codes[1] });
    expect((await stage.call('POST', '/functions/sensitive', {}, thief.session)).body['error']).toMatch(/^fresh_proof_required/);
    expect(slug(await stage.save(thief, { totp: null }))).toBe('fresh_proof_required');
    expect(slug(await stage.save(thief, { recovery: null }))).toBe('fresh_proof_required');
    expect(slug(await stage.save(thief, GENERATE))).toBe('fresh_proof_required');
    expect(await remaining(person)).toEqual({ status: 'enabled', remaining: '9' });
  });

  it('the application is told when a recovery code is used, and when three are left', async () => {
    const { person, codes } = await prepared();
    for (const recovery of codes) expect((await stage.logIn(person, { recovery })).status).toBe(200);
    const left = (type: string): unknown[] => stage.events.filter((event) => event.type === type).map((event) => event.remaining);
    expect(left('recovery_used')).toEqual([9, 8, 7, 6, 5, 4, 3, 2, 1, 0]);
    expect(left('recovery_low')).toEqual([3, 2, 1, 0]);
    expect(slug(await stage.logIn(person, { recovery: codes[0] }))).toBe('code_rejected');
  });

  it('recovery codes go with the last factor, and not before', async () => {
    const { person, secret } = await prepared();
    await freshen(person, secret);
    await stage.enrolPhone(person, '+15553330001');
    expect((await stage.save(person, { totp: null })).status).toBe(200);
    expect(await remaining(person)).toEqual({ status: 'enabled', remaining: '10' });
    stage.time.now += MINUTE;
    await stage.challenge({ challengeData: { otp: true } }, person.session);
    await stage.save(person, { otp: stage.lastCode(stage.sms) });
    expect((await stage.save(person, { otp: null })).status).toBe(200);
    expect(await storedFactors(stage, person)).toEqual({});
    expect((await stage.logIn(person)).status).toBe(200);
  });

  it('guesses at recovery codes are limited, and need the password', async () => {
    const { person, codes } = await prepared();
    const wrong = 'AAAA-AAAA-AAAA-AAAA';
    const stranger = { ...person, password: 'not it' };
    for (let guess = 0; guess < 12; guess += 1) await stage.logIn(stranger, { recovery: wrong });
    const answers = await Promise.all(Array.from({ length: 40 }, () => stage.logIn(person, { recovery: wrong })));
    expect(answers.filter((answer) => slug(answer) === 'code_rejected')).toHaveLength(10);
    expect(answers.filter((answer) => slug(answer) === 'locked')).toHaveLength(30);
    expect(slug(await stage.logIn(person, { recovery: codes[0] }))).toBe('locked');
    stage.time.now += 15 * MINUTE;
    expect((await stage.logIn(person, { recovery: codes[0] })).status).toBe(200);
    for (let guess = 0; guess < 9; guess += 1) await stage.logIn(person, { recovery: wrong });
    expect((await stage.logIn(person, { recovery: codes[1] })).status).toBe(200);
  });

  it('malformed payloads for recovery codes are refused with a clear error, and lose nothing', async () => {
    const { person, secret } = await prepared();
    const malformed = [
      123,
      [],
      {},
      null,
      '',
      'x'.repeat(1_000_000),
      { code: 1 },
      { code: 'A', x: 1 },
      { $gt: '' },
      '１'.repeat(16),
    ];
    for (const recovery of malformed) expect((await stage.logIn(person, { recovery })).status).toBe(400);
    await freshen(person, secret);
    for (const generate of [true, 'TRUE', 1, {}, ['true']])
      expect(slug(await stage.save(person, { recovery: { generate } }))).toBe('invalid_input');
    expect(slug(await stage.save(person, { recovery: { generate: 'true', count: '100' } }))).toBe('invalid_input');
    expect(await remaining(person)).toEqual({ status: 'enabled', remaining: '10' });
  });

  it('an SDK that sends back the shown status of recovery codes changes nothing', async () => {
    const { person } = await prepared();
    expect((await stage.save(person, { recovery: await remaining(person) })).status).toBe(200);
    expect(await remaining(person)).toEqual({ status: 'enabled', remaining: '10' });
  });
});
