import type { PolicyOption } from '@parse-factors/core';
import { RecoveryCodesFactor } from '@parse-factors/recovery-codes';
import { afterEach, describe, expect, it } from 'vitest';
import { countStatements } from '@parse-factors/test-server/count-statements';
import type { Answer, Person } from '@parse-factors/test-server/parse-server';
import { slug, startStage, type Stage } from '../support/harness.js';
import { LOG_IN, MASTER } from '../support/requests.js';
import { DAY, MINUTE } from '../support/time.js';
import { DEFAULT_BADGE } from '../support/providers.js';

let stage: Stage;
const start = async (policy: PolicyOption, others: object = {}): Promise<void> => {
  stage = await startStage({
    install: true,
    compose: { policy, ...others },
    more: { recovery: new RecoveryCodesFactor() },
    server: { auth: { badge: DEFAULT_BADGE, wallet: DEFAULT_BADGE } },
  });
};
afterEach(() => stage.stop());

/** A user with an authenticator app and a phone. Their messages are counted from now. */
async function withTwo(): Promise<{ person: Person; secret: string }> {
  const person = await stage.signUp();
  const secret = await stage.enrolTotp(person);
  await stage.enrolPhone(person, `+1555111${person.username.replace('person', '').padStart(4, '0')}`);
  stage.time.now += 5 * MINUTE;
  return { person, secret };
}

async function smsCode({ username, password }: Person): Promise<string> {
  stage.time.now += MINUTE;
  const { status } = await stage.challenge({ username, password, challengeData: { otp: true } });
  expect(status).toBe(200);
  return stage.lastCode(stage.sms);
}

const makeMember = async (person: Person, role: string): Promise<void> => {
  const users = { __op: 'AddRelation', objects: [{ __type: 'Pointer', className: '_User', objectId: person.id }] };
  const { status } = await stage.call('POST', '/roles', { name: role, ACL: { '*': { read: true } }, users }, MASTER);
  expect(status).toBe(201);
};

describe('the policy "all"', () => {
  it('the policy "all" needs every factor, names the missing ones, and consumes nothing before', async () => {
    await start('all');
    const { person, secret } = await withTwo();
    const otp = await smsCode(person);
    const totp = stage.totp(secret);
    for (let round = 0; round < 12; round += 1) {
      const alone = await stage.logIn(person, { totp });
      expect(alone.body).toEqual({ code: 211, error: 'factor_required: Also required: otp.' });
      expect((await stage.logIn(person, { otp })).body['error']).toBe('factor_required: Also required: totp.');
    }
    expect((await stage.logIn(person, { otp, totp })).status).toBe(200);
    expect((await stage.logIn(person, { otp, totp })).status).toBe(400);
  });

  it('the policy "all" holds by GraphQL, batch and a login by another provider', async () => {
    await start('all');
    const { person, secret } = await withTwo();
    const { username, password } = person;
    const proof = { id: person.id, secret: 'right' };
    await stage.save(person, { totp: stage.totp(secret) }); // on an account with a factor, that needs a fresh proof
    stage.time.now += MINUTE;
    await stage.call('PUT', `/users/${person.id}`, { authData: { badge: proof, wallet: proof } }, person.session);
    const totp = stage.totp(secret);
    const graphql = await stage.graphql(LOG_IN, { input: { username, password, authData: { totp } } });
    expect(graphql['errors'][0].message).toBe('factor_required: Also required: otp.');
    const request = { method: 'POST', path: '/parse/login', body: { username, password, authData: { totp } } };
    const batch = await stage.call('POST', '/batch', { requests: [request, request] });
    expect(batch.body[0].error.error).toBe('factor_required: Also required: otp.');
    for (const provider of ['badge', 'wallet']) {
      const social = (authData: object, proof = 'right'): Promise<Answer> =>
        stage.call('POST', '/users', { authData: { [provider]: { id: person.id, secret: proof }, ...authData } });
      expect((await social({ totp: stage.totp(secret) })).body['error']).toBe('factor_required: Also required: otp.');
      const otp = await smsCode(person);
      // Who has not proven the first factor is told nothing of the others.
      expect((await social({ totp: stage.totp(secret) }, 'wrong')).body['error']).not.toMatch(/factor_required|otp/);
      expect((await social({ otp, totp: stage.totp(secret) })).body).toMatchObject({ sessionToken: expect.any(String) });
    }
  });

  it('the policy "all" lets a recovery code replace one factor, and not two', async () => {
    await start('all');
    const { person, secret } = await withTwo();
    await stage.save(person, { totp: stage.totp(secret) });
    const made = await stage.save(person, { recovery: { generate: 'true' } });
    const [one, two] = String(made.body['authDataResponse'].recovery.codes).split(', ');
    stage.time.now += MINUTE;
    expect((await stage.logIn(person, { recovery: one })).body['error']).toMatch(/^factor_required: .*otp.*totp/);
    expect((await stage.logIn(person, { recovery: one, totp: stage.totp(secret) })).status).toBe(200);
    expect((await stage.logIn(person, { recovery: two, otp: await smsCode(person) })).status).toBe(200);
  });

  it('the policy "all" asks no more of a user with one factor, or none', async () => {
    await start('all');
    const [one, none] = [await stage.signUp(), await stage.signUp()];
    const secret = await stage.enrolTotp(one);
    expect((await stage.logIn(one, { totp: stage.totp(secret) })).status).toBe(200);
    expect((await stage.logIn(none)).status).toBe(200);
  });

  it('the policy "all" adds no SQL statement', async () => {
    await start('all');
    const strict = await withTwo();
    const otp = await smsCode(strict.person);
    const all = await countStatements(() => stage.logIn(strict.person, { otp, totp: stage.totp(strict.secret) }));
    await stage.stop();
    await start('any');
    const lax = await withTwo();
    const code = await smsCode(lax.person);
    expect(await countStatements(() => stage.logIn(lax.person, { otp: code, totp: stage.totp(lax.secret) }))).toBe(all);
  });
});

describe('the policy "at least"', () => {
  it('the policy "at least" needs that many factors of a user', async () => {
    await start({ atLeast: 2 }, { enrolment: { graceMs: 366 * DAY } });
    const { person, secret } = await withTwo();
    stage.time.now += 10 * MINUTE;
    await stage.save(person, { totp: stage.totp(secret) });
    await stage.enrolEmail(person);
    const answer = await stage.logIn(person, { totp: stage.totp(secret, 1) });
    expect(answer.body['error']).toBe('factor_required: 2 factors are required; also give one of: otp, email.');
    const otp = await smsCode(person);
    expect((await stage.logIn(person, { otp, totp: stage.totp(secret) })).status).toBe(200);
  });
});

describe('policies for some', () => {
  it('a policy by role holds for members of inherited roles too, and costs no statement once roles are cached', async () => {
    await start({ byRole: { staff: 'all' }, otherwise: 'any' });
    const [member, other] = [await withTwo(), await withTwo()];
    await makeMember(member.person, 'interns');
    const { body } = await stage.call('GET', `/roles?where=${encodeURIComponent('{"name":"interns"}')}`, undefined, MASTER);
    const roles = {
      __op: 'AddRelation',
      objects: [{ __type: 'Pointer', className: '_Role', objectId: body['results'][0].objectId }],
    };
    await stage.call('POST', '/roles', { name: 'staff', ACL: { '*': { read: true } }, roles }, MASTER);
    expect(slug(await stage.logIn(member.person, { totp: stage.totp(member.secret) }))).toBe('factor_required');
    expect((await stage.logIn(other.person, { totp: stage.totp(other.secret) })).status).toBe(200);
    const refused = (): Promise<Answer> => stage.logIn(member.person, { totp: stage.totp(member.secret) });
    await refused();
    const cached = await countStatements(refused);
    await stage.stop();
    await start('all');
    const { person, secret } = await withTwo();
    expect(await countStatements(() => stage.logIn(person, { totp: stage.totp(secret) }))).toBe(cached);
  });

  it('a policy by a function holds as the function says, and one that fails or returns nonsense lets no user in', async () => {
    let policy: unknown = 'any';
    await start(({ user }) => (user.get('isStaff') === true ? 'all' : (policy as 'any')));
    const { person, secret } = await withTwo();
    await stage.call('PUT', `/users/${person.id}`, { isStaff: true }, MASTER);
    expect(slug(await stage.logIn(person, { totp: stage.totp(secret) }))).toBe('factor_required');
    await stage.call('PUT', `/users/${person.id}`, { isStaff: false }, MASTER);
    policy = 'none';
    expect(slug(await stage.logIn(person, { totp: stage.totp(secret) }))).toBe('unavailable');
    policy = 'any';
    expect((await stage.logIn(person, { totp: stage.totp(secret) })).status).toBe(200);
  });
});
