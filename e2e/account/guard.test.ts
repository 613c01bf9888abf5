// @compat
import { afterAll, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import { loadParseSdk } from '@parse-factors/test-server/parse-sdk';
import type { Person } from '@parse-factors/test-server/parse-server';
import { slug, startStage, type Stage } from '../support/harness.js';
import { MASTER, sessionHeaders, UPDATE_USER } from '../support/requests.js';
import { DAY, MINUTE } from '../support/time.js';
import { countRows, storedKeys } from '../support/rows.js';
import { enrolledLongAgo } from '../support/people.js';

let stage: Stage;
beforeAll(async () => {
  stage = await startStage({ install: true, compose: { revokeSessionsOn: [] } }); // several sessions are looked at
});
afterAll(() => stage.stop());
beforeEach(() => {
  stage.time.now += DAY;
  stage.events.length = 0;
});

const factorsOf = (person: Person): Promise<string[]> => storedKeys(stage, person);
const rows = (): Promise<number> => countRows(stage, 'FactorState');

describe('removing a factor', () => {
  it('a session without a fresh proof cannot remove a factor by any endpoint', async () => {
    const { person } = await enrolledLongAgo(stage);
    const body = { authData: { totp: null } };
    expect(slug(await stage.call('PUT', `/users/${person.id}`, body, person.session))).toBe('fresh_proof_required');
    expect(slug(await stage.call('PUT', `/classes/_User/${person.id}`, body, person.session))).toBe('fresh_proof_required');
    const viaPost = await stage.call('POST', `/users/${person.id}`, { ...body, _method: 'PUT' }, person.session);
    expect(slug(viaPost)).toBe('fresh_proof_required');
    const batch = { requests: [{ method: 'PUT', path: `/parse/users/${person.id}`, body }] };
    expect((await stage.call('POST', '/batch', batch, person.session)).body[0].error.error).toMatch(/^fresh_proof_required: /);
    expect((await stage.call('POST', '/batch', { ...batch, transaction: true }, person.session)).status).not.toBe(200);
    const graphql = await stage.graphql(UPDATE_USER, { input: { id: person.id, fields: body } }, person.session);
    expect(graphql['errors'][0].message).toMatch(/^fresh_proof_required: /);
    for (const authData of [{ __op: 'Delete' }, null, { totp: { __op: 'Delete' } }, { totp: null, google: null }]) {
      expect((await stage.call('PUT', `/users/${person.id}`, { authData }, person.session)).status).toBe(400);
    }
    const Sdk = loadParseSdk('test', stage.url);
    Sdk.User.enableUnsafeCurrentUser();
    const user = await Sdk.User.become(person.session['X-Parse-Session-Token'] ?? '');
    await expect(user._unlinkFrom('totp')).rejects.toThrow(/^fresh_proof_required: /);
    user.set('authData', { totp: null });
    await expect(user.save()).rejects.toThrow(/^fresh_proof_required: /);
    expect(await factorsOf(person)).toEqual(['totp']);
    expect((await stage.logIn(person)).body['error']).toContain('Missing additional authData totp');
    expect(stage.events.some(({ type }) => type === 'removed')).toBe(false);
  });

  it("another user or a stranger cannot remove a user's factor", async () => {
    const { person } = await enrolledLongAgo(stage);
    const other = await stage.signUp();
    for (const headers of [other.session, {}]) {
      expect((await stage.call('PUT', `/users/${person.id}`, { authData: { totp: null } }, headers)).status).toBe(400);
    }
    expect(await factorsOf(person)).toEqual(['totp']);
  });

  it('a session with a fresh proof removes a factor, and that is an event', async () => {
    const { person, secret } = await enrolledLongAgo(stage);
    await stage.save(person, { totp: stage.totp(secret) });
    expect((await stage.save(person, { totp: null })).status).toBe(200);
    expect(await factorsOf(person)).toEqual([]);
    expect(stage.events.filter(({ type }) => type === 'removed')).toMatchObject([{ factor: 'totp', userId: person.id }]);
    expect((await stage.logIn(person)).status).toBe(200);
    stage.time.now += MINUTE;
    await stage.enrolTotp(person); // and can be set up again at once
  });

  it('a fresh proof allows one removal, even when two are sent at the same moment', async () => {
    const { person, secret } = await enrolledLongAgo(stage);
    await stage.save(person, { totp: stage.totp(secret) });
    await stage.enrolPhone(person, '+15559990001');
    const answers = await Promise.all(['totp', 'otp'].map((key) => stage.save(person, { [key]: null })));
    expect(answers.filter(({ status }) => status === 200)).toHaveLength(1);
    expect(await factorsOf(person)).toHaveLength(1);
    const [left = ''] = await factorsOf(person);
    expect(slug(await stage.save(person, { [left]: null }))).toBe('fresh_proof_required');
  });

  it('removing a factor that is not set up needs no proof, and other saves are not disturbed', async () => {
    const { person } = await enrolledLongAgo(stage);
    expect((await stage.save(person, { otp: null })).status).toBe(200);
    expect((await stage.call('PUT', `/users/${person.id}`, { nickname: 'Ann' }, person.session)).status).toBe(200);
    expect(await factorsOf(person)).toEqual(['totp']);
  });

  it('the master key removes a factor, and that is an event', async () => {
    const { person } = await enrolledLongAgo(stage);
    expect((await stage.call('PUT', `/users/${person.id}`, { authData: { totp: null } }, MASTER)).status).toBe(200);
    expect(await factorsOf(person)).toEqual([]);
    expect(stage.events.filter(({ type }) => type === 'removed')).toMatchObject([
      { type: 'removed', factor: 'totp', userId: person.id },
    ]);
  });
});

describe('freshness', () => {
  const isFresh = async (person: Person, params: object = {}): Promise<string> => {
    const answer = await stage.call('POST', '/functions/sensitive', params, person.session);
    return answer.status === 200 ? 'fresh' : slug(answer);
  };

  it('requireFresh in Cloud Code asks for a proof by any factor or by a named one, and as recent as it says', async () => {
    const { person, secret } = await enrolledLongAgo(stage);
    expect(await isFresh(person)).toBe('fresh_proof_required');
    expect(slug(await stage.call('POST', '/functions/sensitive', {}))).toBe('session_required');
    await stage.save(person, { totp: stage.totp(secret) });
    expect(await isFresh(person)).toBe('fresh');
    expect(await isFresh(person, { factors: ['otp', 'email'] })).toBe('fresh_proof_required');
    expect(await isFresh(person, { factors: ['totp'], maxAgeMs: MINUTE })).toBe('fresh');
    stage.time.now += MINUTE;
    expect(await isFresh(person, { maxAgeMs: MINUTE })).toBe('fresh_proof_required');
    stage.time.now += 4 * MINUTE - 1;
    expect(await isFresh(person)).toBe('fresh');
    stage.time.now += 1;
    expect(await isFresh(person)).toBe('fresh_proof_required');
  });

  it('a fresh proof ends with a new password, with the session, and when a factor is removed', async () => {
    const { person, secret } = await enrolledLongAgo(stage);
    await stage.save(person, { totp: stage.totp(secret) });
    const changed = await stage.call('PUT', `/users/${person.id}`, { password: 'another password' }, person.session);
    const session = sessionHeaders(changed);
    const after = { ...person, password: 'another password', session };
    expect(await isFresh(after)).toBe('fresh_proof_required');

    stage.time.now += MINUTE;
    await stage.save(after, { totp: stage.totp(secret) });
    expect(await isFresh(after)).toBe('fresh');
    stage.time.now += MINUTE;
    const login = await stage.logIn(after, { totp: stage.totp(secret) });
    const other = { ...after, session: sessionHeaders(login) };
    expect(await isFresh(other)).toBe('fresh_proof_required');
    await stage.call('POST', '/logout', {}, after.session);
    expect(await isFresh(other)).toBe('fresh_proof_required');

    stage.time.now += MINUTE;
    await stage.save(other, { totp: stage.totp(secret) });
    await stage.call('PUT', `/users/${person.id}`, { authData: { totp: null } }, MASTER);
    expect(await isFresh(other)).toBe('fresh_proof_required');
  });
});

it('deleting a user removes everything that the store holds about that user', async () => {
  const before = await rows();
  const { person, secret } = await enrolledLongAgo(stage);
  await stage.save(person, { totp: stage.totp(secret) });
  await stage.enrolEmail(person);
  await stage.logIn(person, { email: '000000' });
  expect(await rows()).toBeGreaterThan(before);
  // Counts per address and IP address can be shared with other users, and expire by themselves.
  const shared = (await stage.rows.find('FactorState')).filter(
    ({ count1Until, sentAt }) => Number(count1Until ?? 0) > 0 && Number(sentAt ?? 0) === 0,
  );
  expect((await stage.call('DELETE', `/users/${person.id}`, undefined, person.session)).status).toBe(200);
  const left = await stage.rows.find('FactorState');
  expect(left.length).toBeLessThanOrEqual(before + shared.length);
  const own = left.filter(({ digest, mark }) => Boolean(digest) || Number(mark ?? -1) > -1);
  expect(own.length).toBeLessThanOrEqual(before);
});
