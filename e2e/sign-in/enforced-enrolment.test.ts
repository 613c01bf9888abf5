import type { AnyFactor, EnrolmentOptions, PolicyOption } from '@parse-factors/core';
import { RecoveryCodesFactor } from '@parse-factors/recovery-codes';
import { afterEach, describe, expect, it } from 'vitest';
import type { Answer, Person } from '@parse-factors/test-server/parse-server';
import { slug, startStage, type Stage } from '../support/harness.js';
import { credentials, LOG_IN, MASTER, sessionHeaders } from '../support/requests.js';
import { DAY, MINUTE } from '../support/time.js';
import { BADGE } from '../support/providers.js';
import { countSessions, storedKeys } from '../support/rows.js';

/** Users who must set up a factor. */

let stage: Stage;
const start = async (
  enrolment: EnrolmentOptions,
  policy: PolicyOption = 'any',
  more: Record<string, AnyFactor> = {},
): Promise<void> => {
  stage = await startStage({ install: true, compose: { enrolment, policy }, more, server: { auth: { badge: BADGE } } });
};
afterEach(() => stage.stop());

const factorsOf = (person: Person): Promise<string[]> => storedKeys(stage, person);
const sessions = (person: Person): Promise<number> => countSessions(stage, person);
const beginPhone = (person: Person, phone: string): Promise<Answer> =>
  stage.challenge({ ...credentials(person), challengeData: { otp: { phone } } });
const beginTotp = async (person: Person): Promise<string> => {
  const asked = await stage.challenge({ ...credentials(person), challengeData: { totp: true } });
  expect(asked.body['error']).toBe(undefined);
  return String(asked.body['challengeData'].totp.secret);
};

describe('a user who must have a factor and has none', () => {
  it('a user who must have a factor is refused with the password alone, and sets one up and logs in in one step', async () => {
    await start({ requiredFor: 'everybody' });
    const person = await stage.signUp();
    expect((await stage.logIn(person)).body).toEqual({
      code: 211,
      error: 'enrolment_required: Set up one of these first: otp, email, totp.',
    });
    const phone = '+15554440001';
    expect((await beginPhone(person, phone)).body['challengeData'].otp).toMatchObject({ status: 'sent' });
    expect((await stage.logIn(person)).status).toBe(400);
    const wrong = await stage.logIn(person, { otp: { phone, code: '000000' } });
    expect(slug(wrong)).toBe('code_rejected');
    const code = stage.lastCode(stage.sms);
    const login = await stage.logIn(person, { otp: { phone, code } });
    expect(login.body).toMatchObject({
      sessionToken: expect.any(String),
      authDataResponse: { otp: { status: 'enabled', destination: '•••• 0001' } },
    });
    expect(await factorsOf(person)).toEqual(['otp']);
    // From now on it is needed, and the code is spent.
    expect((await stage.logIn(person)).body['error']).toContain('Missing additional authData otp');
    expect(slug(await stage.logIn(person, { otp: code }))).toBe('code_expired');
    // The session of the sign-up ended with the change; the new one is a full one, and fresh.
    expect(await sessions(person)).toBe(1);
    const session = sessionHeaders(login);
    expect((await stage.call('GET', '/users/me', undefined, session)).status).toBe(200);
    expect((await stage.call('POST', '/functions/sensitive', {}, session)).status).toBe(200);
  });

  it('a user who has just set up a required factor has a fresh session, so that recovery codes can follow at once', async () => {
    await start({ requiredFor: 'everybody' }, 'any', { recovery: new RecoveryCodesFactor() });
    const person = await stage.signUp();
    const secret = await beginTotp(person);
    const login = await stage.another(person, { totp: stage.totp(secret) });
    expect((await stage.call('POST', '/functions/sensitive', {}, login.session)).status).toBe(200);
    expect((await stage.save(login, { recovery: { generate: 'true' } })).status).toBe(200);
    stage.time.now += MINUTE;
    const other = await stage.another(person, { totp: stage.totp(secret) });
    expect((await stage.call('POST', '/functions/sensitive', {}, other.session)).status).toBe(400);
    stage.time.now += 4 * MINUTE;
    expect((await stage.call('POST', '/functions/sensitive', {}, login.session)).status).toBe(400);
  });

  it('a user sets up a required authenticator by GraphQL too', async () => {
    await start({ requiredFor: 'everybody' });
    const [one, two] = [await stage.signUp(), await stage.signUp()];
    const secret = await beginTotp(one);
    expect((await stage.logIn(one, { totp: stage.totp(secret) })).status).toBe(200);
    const refused = await stage.graphql(LOG_IN, { input: credentials(two) });
    expect(refused['errors'][0].message).toMatch(/^enrolment_required: /);
    const other = await beginTotp(two);
    const login = await stage.graphql(LOG_IN, { input: { ...credentials(two), authData: { totp: stage.totp(other) } } });
    expect(login['data'].logIn.viewer.sessionToken).toEqual(expect.any(String));
  });

  it('the code that confirms a required factor opens one session, in parallel and in a batch', async () => {
    await start({ requiredFor: 'everybody' });
    const [one, two] = [await stage.signUp(), await stage.signUp()];
    const totp = stage.totp(await beginTotp(one));
    const answers = await Promise.all(Array.from({ length: 20 }, () => stage.logIn(one, { totp })));
    expect(answers.filter(({ status }) => status === 200)).toHaveLength(1);
    const body = { ...credentials(two), authData: { totp: stage.totp(await beginTotp(two)) } };
    const plain = Array.from({ length: 20 }, () => credentials(two));
    const requests = [body, ...plain, body, ...plain].map((given) => ({ method: 'POST', path: '/parse/login', body: given }));
    const batch = await stage.call('POST', '/batch', { requests });
    expect((batch.body as unknown as { success?: unknown }[]).filter(({ success }) => success)).toHaveLength(1);
  });

  it('a person without the password cannot send, confirm or log in for a required factor', async () => {
    await start({ requiredFor: 'everybody' });
    const person = await stage.signUp();
    const stranger = { ...person, password: 'not it' };
    expect((await beginPhone(stranger, '+15554440002')).status).not.toBe(200);
    expect(stage.sms.messages).toEqual([]);
    const phone = '+15554440003';
    await beginPhone(person, phone);
    const code = stage.lastCode(stage.sms);
    expect((await stage.logIn(stranger, { otp: { phone, code } })).status).not.toBe(200);
    const paths: [string, string, object][] = [
      ['PUT', `/users/${person.id}`, { authData: { otp: { phone, code } } }],
      ['POST', '/users', { authData: { otp: { phone, code } } }],
      ['POST', '/challenge', { challengeData: { otp: { phone, code } } }],
    ];
    for (const [method, path, body] of paths) expect((await stage.call(method, path, body)).status).toBe(400);
    const byMaster = await stage.call('PUT', `/users/${person.id}`, { authData: { otp: { phone, code } } }, MASTER);
    expect(slug(byMaster)).toBe('session_required');
    expect(await factorsOf(person)).toEqual([]);
  });

  it('a user of another provider confirms a required factor in a challenge, and logs in with it then', async () => {
    await start({ requiredFor: 'everybody' });
    const badge = { id: 'b1', secret: 'right' };
    const { body } = await stage.call('POST', '/users', { authData: { badge } });
    const person = { id: String(body['objectId']), username: '', password: '', session: {} };
    const logIn = (authData: object): Promise<Answer> => stage.call('POST', '/users', { authData: { badge, ...authData } });
    expect(slug(await logIn({}))).toBe('enrolment_required');
    const begun = await stage.challenge({ authData: { badge }, challengeData: { totp: true } });
    const { secret } = begun.body['challengeData'].totp as { secret: string };
    const forged = { ...badge, secret: 'wrong' };
    const confirm = (given: object): Promise<Answer> =>
      stage.challenge({ authData: { badge: given }, challengeData: { totp: stage.totp(secret) } });
    expect((await confirm(forged)).status).not.toBe(200);
    expect((await confirm(badge)).body['challengeData'].totp).toEqual({ status: 'enabled' });
    expect(await factorsOf(person)).toEqual(['badge', 'totp']);
    expect((await logIn({})).body['error']).toContain('Missing additional authData totp');
    expect(slug(await logIn({ totp: stage.totp(secret) }))).toBe('code_rejected'); // its step confirmed the enrolment
    expect((await logIn({ totp: stage.totp(secret, 1) })).status).toBe(200);
  });

  it('two required factors that are confirmed at the same moment leave one', async () => {
    await start({ requiredFor: 'everybody' });
    const person = await stage.signUp();
    const phone = '+15554440004';
    const totp = stage.totp(await beginTotp(person));
    await beginPhone(person, phone);
    const otp = { phone, code: stage.lastCode(stage.sms) };
    const answers = await Promise.all([stage.logIn(person, { otp }), stage.logIn(person, { totp })]);
    expect(answers.filter(({ status }) => status === 200)).toHaveLength(1);
    expect(await factorsOf(person)).toHaveLength(1);
  });
});

describe('the grace period', () => {
  const signedUpAt = ({ id }: Person, at: number): Promise<void> =>
    stage.rows.update('_User', { objectId: id }, { createdAt: new Date(at) });

  it('the grace period lets users in until it is over, counted from sign-up or from when the rule began', async () => {
    const since = Date.UTC(2026, 10, 21, 12);
    await start({ requiredFor: 'everybody', graceMs: 7 * DAY, since });
    const [old, young] = [await stage.signUp(), await stage.signUp()];
    await signedUpAt(old, since - 400 * DAY);
    await signedUpAt(young, since + DAY);
    stage.time.now = since + 7 * DAY - 1;
    expect((await stage.logIn(old)).status).toBe(200);
    // Until then a session sets factors up, and a password does not.
    expect(slug(await beginPhone(old, '+15554440005'))).toBe('session_required');
    stage.time.now = since + 7 * DAY;
    expect(slug(await stage.logIn(old))).toBe('enrolment_required');
    expect((await beginPhone(old, '+15554440005')).status).toBe(200);
    expect((await stage.logIn(young)).status).toBe(200);
    stage.time.now = since + 8 * DAY;
    expect(slug(await stage.logIn(young))).toBe('enrolment_required');
  });
});

describe('the rule', () => {
  it('a policy requires a factor of the members of roles, or of the users that a function chooses', async () => {
    await start({ requiredFor: { roles: ['staff'] } });
    const [member, other] = [await stage.signUp(), await stage.signUp()];
    const users = { __op: 'AddRelation', objects: [{ __type: 'Pointer', className: '_User', objectId: member.id }] };
    await stage.call('POST', '/roles', { name: 'staff', ACL: { '*': { read: true } }, users }, MASTER);
    expect(slug(await stage.logIn(member))).toBe('enrolment_required');
    expect((await stage.logIn(other)).status).toBe(200);
    expect(slug(await beginPhone(other, '+15554440006'))).toBe('session_required');
    await stage.stop();
    await start({ requiredFor: ({ user }) => user.get('isStaff') === true });
    const person = await stage.signUp();
    expect((await stage.logIn(person)).status).toBe(200);
    await stage.call('PUT', `/users/${person.id}`, { isStaff: true }, MASTER);
    expect(slug(await stage.logIn(person))).toBe('enrolment_required');
  });

  it('a user with one of two required factors sets up the second in a login that answers the first', async () => {
    await start({}, { atLeast: 2 });
    const person = await stage.signUp();
    expect((await stage.logIn(person)).body['error']).toBe('enrolment_required: Set up 2 of these first: otp, email, totp.');
    const secret = await stage.enrolTotp(person); // in the session of the sign-up
    expect(slug(await stage.logIn(person, { totp: stage.totp(secret) }))).toBe('enrolment_required');
    const phone = '+15554440007';
    expect((await beginPhone(person, phone)).status).toBe(200);
    const otp = { phone, code: stage.lastCode(stage.sms) };
    expect((await stage.logIn(person, { otp })).body['error']).toContain('Missing additional authData totp');
    // A wrong answer to the first leaves everything as it was.
    const before = await sessions(person);
    expect(slug(await stage.logIn(person, { otp, totp: '000000' }))).toBe('code_rejected');
    expect(await factorsOf(person)).toEqual(['totp']);
    expect(await sessions(person)).toBe(before);
    expect(stage.events.filter(({ type }) => type === 'enrolled')).toHaveLength(1);
    await stage.challenge({ ...credentials(person), challengeData: { otp: { phone } } });
    stage.time.now += MINUTE;
    await beginPhone(person, phone);
    const again = { phone, code: stage.lastCode(stage.sms) };
    expect((await stage.logIn(person, { otp: again, totp: stage.totp(secret) })).status).toBe(200);
    expect(await factorsOf(person)).toEqual(['otp', 'totp']);
    stage.time.now += MINUTE;
    expect(slug(await stage.logIn(person, { totp: stage.totp(secret) }))).toBe('factor_required');
  });

  it('one login sets up both of two required factors', async () => {
    await start({}, { atLeast: 2 });
    const person = await stage.signUp();
    const phone = '+15554440010';
    await beginPhone(person, phone);
    const authData = { otp: { phone, code: stage.lastCode(stage.sms) }, totp: stage.totp(await beginTotp(person)) };
    expect(slug(await stage.logIn(person, { totp: authData.totp }))).toBe('enrolment_required'); // and spends nothing
    expect((await stage.logIn(person, authData)).body).toMatchObject({ sessionToken: expect.any(String) });
    expect(await factorsOf(person)).toEqual(['otp', 'totp']);
    expect(await sessions(person)).toBe(1);
    expect(stage.events.filter(({ type }) => type === 'enrolled').map(({ factor }) => factor)).toEqual(['otp', 'totp']);
  });

  it('a recovery code cannot add a required factor in the place of the first one', async () => {
    await start({}, { atLeast: 2 }, { recovery: new RecoveryCodesFactor() });
    const person = await stage.signUp();
    await stage.enrolTotp(person);
    const made = await stage.save(person, { recovery: { generate: 'true' } });
    const [recovery] = String(made.body['authDataResponse'].recovery.codes).split(', ');
    const phone = '+15554440009';
    await beginPhone(person, phone);
    const otp = { phone, code: stage.lastCode(stage.sms) };
    expect(slug(await stage.logIn(person, { otp, recovery }))).toBe('session_required');
    expect(await factorsOf(person)).toEqual(['recovery', 'totp']);
  });

  it('the password alone cannot add a second required factor', async () => {
    await start({}, { atLeast: 2 });
    const person = await stage.signUp();
    await stage.enrolTotp(person);
    const phone = '+15554440008';
    await beginPhone(person, phone);
    const code = stage.lastCode(stage.sms);
    expect((await stage.logIn(person, { otp: { phone, code } })).status).toBe(400);
    const inChallenge = await stage.challenge({ ...credentials(person), challengeData: { otp: { phone, code } } });
    expect(slug(inChallenge)).toBe('session_required');
    expect(await factorsOf(person)).toEqual(['totp']);
  });

  it('anonymous users and new accounts need no required factor', async () => {
    await start({ requiredFor: 'everybody' });
    const anonymous = { authData: { anonymous: { id: 'a1' } } };
    expect((await stage.call('POST', '/users', anonymous)).status).toBe(201);
    expect((await stage.call('POST', '/users', anonymous)).status).toBe(200);
  });
});
