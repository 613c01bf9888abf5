// @compat
import { afterEach, describe, expect, it } from 'vitest';
import type { Person } from '@parse-factors/test-server/parse-server';
import { slug, startStage, type Stage, type StageOptions } from '../support/harness.js';
import { MASTER } from '../support/requests.js';
import { MINUTE } from '../support/time.js';
import { storedKeys } from '../support/rows.js';

/** What a change of a factor does to the user's other sessions. */

let stage: Stage;
const start = async (compose: StageOptions['compose'] = {}): Promise<void> => {
  stage = await startStage({ install: true, compose });
};
afterEach(() => stage.stop());

/** Whether the session is let in, by what the server's cache knows of it. */
const isAlive = async (person: Person): Promise<boolean> =>
  (await stage.call('POST', '/functions/plain', {}, person.session)).status === 200;

describe('enrolling, replacing or removing a factor', () => {
  it("enrolling, replacing or removing a factor ends the user's other sessions at once, and leaves those of others alone", async () => {
    await start();
    const [person, stranger] = [await stage.signUp(), await stage.signUp()];
    const first = await stage.another(person);
    expect(await isAlive(first)).toBe(true); // and cached from now on
    const secret = await stage.enrolTotp(person);
    expect([await isAlive(person), await isAlive(first), await isAlive(stranger)]).toEqual([true, false, true]);
    expect(stage.events.filter(({ type }) => type === 'sessions_revoked')).toMatchObject([
      { userId: person.id, reason: 'enrolled' },
    ]);

    const second = await stage.another(person, { totp: stage.totp(secret) });
    expect(await isAlive(second)).toBe(true);
    const replacement = await stage.enrolTotp(person);
    expect([await isAlive(person), await isAlive(second)]).toEqual([true, false]);

    const third = await stage.another(person, { totp: stage.totp(replacement) });
    expect((await stage.save(person, { totp: null })).status).toBe(200);
    expect([await isAlive(person), await isAlive(third)]).toEqual([true, false]);
    expect(stage.events.filter(({ type }) => type === 'sessions_revoked').map(({ reason }) => reason)).toEqual([
      'enrolled',
      'replaced',
      'removed',
    ]);
  });

  it('a save that changes no factor ends no session', async () => {
    await start();
    const person = await stage.signUp();
    const secret = await stage.enrolTotp(person);
    const other = await stage.another(person, { totp: stage.totp(secret) });
    stage.time.now += 5 * MINUTE;
    await stage.save(person, { totp: '000000' });
    await stage.save(person, { totp: stage.totp(secret) });
    await stage.challenge({ challengeData: { otp: { phone: '+15553330009' } } }, person.session);
    await stage.save(person, { otp: { phone: '+15553330009', code: '000000' } });
    expect(slug(await stage.save(other, { totp: null }))).toBe('fresh_proof_required');
    expect([await isAlive(person), await isAlive(other)]).toEqual([true, true]);
  });

  it('a removal by the master key ends all sessions of the user', async () => {
    await start();
    const person = await stage.signUp();
    await stage.enrolTotp(person);
    await stage.call('PUT', `/users/${person.id}`, { authData: { totp: null } }, MASTER);
    expect(await isAlive(person)).toBe(false);
  });

  it('an option chooses for which changes sessions end, or for none', async () => {
    await start({ revokeSessionsOn: ['removed'] });
    const person = await stage.signUp();
    const other = await stage.another(person);
    await stage.enrolTotp(person);
    expect(await isAlive(other)).toBe(true);
    await stage.save(person, { totp: null });
    expect(await isAlive(other)).toBe(false);
  });
});

describe('three replacements at the same moment', () => {
  it('three parallel replacements of one phone leave one that works, and the proof is not lost', async () => {
    await start();
    const person = await stage.signUp();
    await stage.enrolPhone(person, '+15553330001');
    stage.time.now += MINUTE;
    await stage.challenge({ challengeData: { otp: { phone: '+15553330002' } } }, person.session);
    const otp = { phone: '+15553330002', code: stage.lastCode(stage.sms) };
    const answers = await Promise.all([1, 2, 3].map(() => stage.save(person, { otp })));
    expect(answers.filter(({ status }) => status === 200)).toHaveLength(1);
    const { username, password } = person;
    stage.time.now += MINUTE;
    await stage.challenge({ username, password, challengeData: { otp: true } });
    expect(stage.sms.messages.at(-1)?.to).toBe('+15553330002');
    expect((await stage.logIn(person, { otp: stage.lastCode(stage.sms) })).status).toBe(200);
  });
});

describe('a stolen session', () => {
  it('a stolen session alone achieves nothing lasting, with everything that there is to try', async () => {
    await start();
    const owner = await stage.signUp();
    const secret = await stage.enrolTotp(owner);
    stage.time.now += 5 * MINUTE;
    const thief = await stage.another(owner, { totp: stage.totp(secret) });
    stage.time.now += 5 * MINUTE;
    const tries: (() => Promise<{ status: number }>)[] = [
      () => stage.save(thief, { totp: null }),
      () => stage.save(thief, { totp: { __op: 'Delete' } }),
      () => stage.save(thief, { totp: {} }),
      () => stage.save(thief, { totp: { sealed: 'x' } }),
      () => stage.save(thief, { totp: { status: 'disabled' } }),
      () => stage.challenge({ challengeData: { otp: { phone: '+15553330003' } } }, thief.session),
      () => stage.save(thief, { otp: { phone: '+15553330003', code: '123456' } }),
      () => stage.call('PUT', `/users/${owner.id}`, { authData: {}, totp: null, 'authData.totp': null }, thief.session),
      () => stage.call('PUT', `/users/${owner.id}`, { authData: { __op: 'Delete' } }, thief.session),
    ];
    for (const attempt of tries) await attempt();
    expect(await storedKeys(stage, owner)).toEqual(['totp']);
    expect((await stage.logIn(owner)).body['error']).toContain('Missing additional authData totp');
    expect((await stage.logIn(owner, { totp: stage.totp(secret) })).status).toBe(200);
  });
});
