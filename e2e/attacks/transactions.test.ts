import { setTimeout } from 'node:timers/promises';
import { MemoryOtpStore } from '@parse-factors/core';
import { afterEach, describe, expect, it } from 'vitest';
import type { Answer } from '@parse-factors/test-server/parse-server';
import { slug, startStage, type Stage, type StageOptions } from '../support/harness.js';
import { MASTER } from '../support/requests.js';
import { countSessions, storedKeys } from '../support/rows.js';
import { MINUTE } from '../support/time.js';
import { sqlOf } from '@parse-factors/test-server/database/postgres-rows';
import { hasTransactions, onPostgres } from '@parse-factors/test-server/database/test-database';

/** Batches with `transaction: true`: each holds a connection of the pool until all its requests are answered. */

let stage: Stage;
const start = async (options: StageOptions = {}): Promise<void> => {
  stage = await startStage({
    ...options,
    server: { databaseOptions: onPostgres ? { poolSize: 4 } : { maxPoolSize: 4 }, ...options.server },
  });
};
afterEach(() => stage.stop());

const batch = (requests: readonly object[], headers: Record<string, string> = {}): Promise<Answer> =>
  stage.call('POST', '/batch', { transaction: true, requests }, headers);
const challenge = (email: string): object => ({
  method: 'POST',
  path: '/parse/challenge',
  body: { challengeData: { emailLogin: { email } } },
});
/** Parse Server answers a transaction that it takes back with this, whatever was wrong with its requests. */
const TAKEN_BACK = { status: 500, body: { code: 1, message: 'Internal server error.' } };

describe.runIf(hasTransactions)('a batch in a transaction', () => {
  it('a transaction that asks for codes is refused at once, and 50 of them leave the server working', async () => {
    await start();
    for (const wave of [1, 2]) {
      const asks = Array.from({ length: 25 }, (_, index) => batch([challenge(`stranger${wave}.${index}@example.com`)]));
      for (const answer of await Promise.all(asks)) expect(answer).toEqual(TAKEN_BACK);
    }
    expect(stage.mail.messages).toEqual([]);
    expect((await stage.challenge({ challengeData: { emailLogin: { email: 'ann@example.com' } } })).status).toBe(200);
    expect((await stage.logIn(await stage.signUp())).status).toBe(200);
  });

  it('a transaction that asks for codes is refused even where the store needs no database', async () => {
    await start({ compose: { store: new MemoryOtpStore({ clock: () => stage.time.now }) }, emailLogin: { signUp: false } });
    const asks = Array.from({ length: 25 }, (_, index) => batch([challenge(`stranger${index}@example.com`)]));
    for (const answer of await Promise.all(asks)) expect(answer).toEqual(TAKEN_BACK);
    expect((await stage.logIn(await stage.signUp())).status).toBe(200);
  });

  it.runIf(onPostgres)(
    'a sign-up in a transaction does not wait for the class of sessions, which transactions hold',
    async () => {
      await start({ install: true });
      const sql = sqlOf(stage);
      await stage.signUp();
      const fields = { factorMethods: { __op: 'Delete' } }; // as before the first login of this version
      expect((await stage.call('PUT', '/schemas/_Session', { className: '_Session', fields }, MASTER)).status).toBe(200);
      await sql.query('begin');
      await sql.query('select 1 from "_Session"');
      const signUp = { method: 'POST', path: '/parse/users', body: { username: 'ann', password: 'a password' } };
      const answered = batch([signUp]);
      const isAnswered = await Promise.race([answered.then(() => true), setTimeout(5000, false)]);
      await sql.query('commit');
      expect([isAnswered, (await answered).status]).toEqual([true, 200]);
      expect((await stage.call('POST', '/login', signUp.body)).status).toBe(200);
    },
  );

  it('a transaction tells nothing about a code, right or wrong, and uses nothing up', async () => {
    await start();
    const email = 'ann@example.com';
    await stage.challenge({ challengeData: { emailLogin: { email } } });
    const code = stage.lastCode(stage.mail);
    const signIn = (given: string) => ({ authData: { emailLogin: { id: email, code: given } } });
    const guess = (given: string): object => ({ method: 'POST', path: '/parse/users', body: signIn(given) });
    const failing = { method: 'PUT', path: '/parse/classes/Thing/missing', body: { a: 1 } };
    stage.events.length = 0;
    const wrong = code === '000000' ? '111111' : '000000';
    for (const given of [wrong, wrong, wrong, wrong, wrong, wrong, code]) {
      expect(await batch([guess(given), failing])).toEqual(TAKEN_BACK);
    }
    expect(stage.events).toEqual([]);
    expect((await stage.call('POST', '/users', signIn(code))).status).toBe(201);
  });

  it('a transaction that is taken back does not take back what a store beside the database has counted', async () => {
    await start({ compose: { store: new MemoryOtpStore({ clock: () => stage.time.now }) } });
    const person = await stage.signUp();
    await stage.enrolPhone(person);
    stage.time.now += MINUTE;
    const { username, password } = person;
    await stage.challenge({ username, password, challengeData: { otp: true } });
    const code = stage.lastCode(stage.sms);
    const otp = code === '000000' ? '111111' : '000000';
    const guess = { method: 'POST', path: '/parse/login', body: { username, password, authData: { otp } } };
    const failing = { method: 'PUT', path: '/parse/classes/Thing/missing', body: { a: 1 } };
    for (let round = 0; round < 5; round += 1) await batch([guess, failing]);
    expect(slug(await stage.logIn(person, { otp: code }))).toBe('code_expired');
  });

  it('a transaction that asks for a fresh proof, or spends one, is refused', async () => {
    await start({ install: true });
    const person = await stage.signUp();
    await stage.enrolTotp(person);
    const sensitive = { method: 'POST', path: '/parse/functions/sensitive', body: {} };
    const removal = { method: 'PUT', path: `/parse/users/${person.id}`, body: { authData: { totp: null } } };
    for (const request of [sensitive, removal]) expect(await batch([request], person.session)).toEqual(TAKEN_BACK);
    const { body } = await stage.call('GET', '/users/me', undefined, person.session);
    expect(body['authData'].totp).toEqual({ status: 'enabled' });
    expect((await stage.call('POST', '/functions/sensitive', {}, person.session)).body['result']).toBe('done');
  });

  it('a transaction that needs no factor works, for users with factors too', async () => {
    await start({ install: true });
    const person = await stage.signUp();
    await stage.enrolTotp(person);
    const rename = { method: 'PUT', path: `/parse/users/${person.id}`, body: { nickname: 'Ann' } };
    expect((await batch([rename], person.session)).status).toBe(200);
  });

  it('a transaction ends no session and resets no factor, and no event says that it has', async () => {
    await start({ install: { adminFunctions: true } });
    const person = await stage.signUp();
    const totp = stage.totp(await stage.enrolTotp(person));
    await stage.another(person, { totp });
    const call = (name: string, body: object): object => ({ method: 'POST', path: `/parse/functions/${name}`, body });
    const { body } = await stage.call('POST', '/functions/factorsSessions', {}, person.session);
    const [other] = body['result'] as readonly { readonly id: string }[];
    const failing = { method: 'PUT', path: '/parse/classes/Thing/missing', body: { a: 1 } };
    stage.events.length = 0;
    for (const params of [{ others: true }, { id: other?.id }])
      expect(await batch([call('factorsEndSessions', params), failing], person.session)).toEqual(TAKEN_BACK);
    expect(await batch([call('factorsReset', { userId: person.id }), failing], MASTER)).toEqual(TAKEN_BACK);
    expect(stage.events).toEqual([]);
    expect(await countSessions(stage, person)).toBe(2);
    expect(await storedKeys(stage, person)).toEqual(['totp']);
    expect((await stage.call('POST', '/functions/factorsEndSessions', { id: other?.id }, person.session)).body['result']).toBe(1);
  });

  it("a transaction that deletes a user and is taken back leaves that user's locks", async () => {
    await start({ install: true });
    const person = await stage.signUp();
    const secret = await stage.enrolTotp(person);
    for (let guess = 0; guess < 10; guess += 1) await stage.logIn(person, { totp: stage.totp(secret, 5) });
    const removal = { method: 'DELETE', path: `/parse/users/${person.id}` };
    const failing = { method: 'PUT', path: '/parse/classes/Thing/missing', body: { a: 1 } };
    expect((await batch([removal, failing], MASTER)).status).not.toBe(200);
    expect(slug(await stage.logIn(person, { totp: stage.totp(secret) }))).toBe('locked');
    expect((await batch([removal], MASTER)).status).toBe(200);
  });
});
