import type { MethodDemand, SessionMethods } from '@parse-factors/core';
import { RecoveryCodesFactor } from '@parse-factors/recovery-codes';
import type { Answer, Person } from '@parse-factors/test-server/parse-server';
import { afterEach, beforeEach, expect, it } from 'vitest';
import { cloudCode } from '../support/cloud-code.js';
import { slug, startStage, type Stage } from '../support/harness.js';
import { enrolled, type Enrolled, makeRecoveryCodes } from '../support/people.js';
import { credentials, MASTER, sessionHeaders } from '../support/requests.js';
import { MINUTE } from '../support/time.js';

/** Attempts to give a session methods that were not verified for it. */

const FIELD = 'factorMethods';

let stage: Stage;
let ann: Enrolled;
let byPassword: Person;
let byFactor: Person;
afterEach(() => stage.stop());
beforeEach(async () => {
  stage = await startStage({ install: true, compose: { revokeSessionsOn: [] }, more: { recovery: new RecoveryCodesFactor() } });
  cloudCode().Cloud.define('methods', (request) => stage.factors.sessionMethods(request));
  cloudCode().Cloud.define('pay', async (request) => stage.factors.requireFactor(request, request.params as MethodDemand));
  const person = await stage.signUp();
  byPassword = await stage.another(person);
  ann = { person, secret: await stage.enrolTotp(person) };
  byFactor = await stage.another(person, { totp: stage.totp(ann.secret) });
  stage.time.now += MINUTE;
});

const methodsOf = async ({ session }: Pick<Person, 'session'>): Promise<readonly string[]> => {
  const { body } = await stage.call('POST', '/functions/methods', {}, session);
  return (body['result'] as SessionMethods).methods.map(({ method }) => method);
};
const pay = async ({ session }: Pick<Person, 'session'>): Promise<string | undefined> => {
  const answer = await stage.call('POST', '/functions/pay', { oneOf: ['totp'] }, session);
  return answer.status === 200 ? 'paid' : slug(answer);
};
const idOf = async ({ session }: Pick<Person, 'session'>): Promise<string> =>
  String((await stage.call('GET', '/sessions/me', undefined, session)).body['objectId']);
const kept = async (person: Pick<Person, 'session'>): Promise<readonly unknown[]> =>
  ((await stage.call('GET', `/sessions/${await idOf(person)}`, undefined, MASTER)).body[FIELD] ?? []) as unknown[];

/** Writes the row directly, as an attacker with access to the database can. */
const write = async (person: Pick<Person, 'session'>, value: unknown): Promise<void> =>
  stage.rows.update('_Session', { objectId: await idOf(person) }, { [FIELD]: value });

it('a session that was opened by the password alone does not become one that a factor has opened, by any write of its row', async () => {
  const stolen = await kept(byFactor);
  const id = await idOf(byPassword);
  expect(await pay(byFactor)).toBe('paid');
  const added = { __op: 'Add', objects: stolen };
  const writes = [
    { [FIELD]: stolen },
    { [FIELD]: added },
    { [FIELD]: null },
    { [FIELD]: { __op: 'Delete' } },
    { [`${FIELD}.a`]: 'x' },
  ];
  for (const body of writes) {
    for (const headers of [byPassword.session, MASTER]) {
      const answer = await stage.call('PUT', `/sessions/${id}`, body, headers);
      expect([answer.status, answer.body['code']]).toEqual([400, FIELD in body ? 105 : 111]); // a text has no parts
    }
    const batch = { requests: [{ method: 'PUT', path: `/parse/sessions/${id}`, body }] };
    const answer = await stage.call('POST', '/batch', batch, byPassword.session);
    expect(JSON.stringify(answer.body)).toContain('"error"');
  }
  expect([await methodsOf(byPassword), await pay(byPassword)]).toEqual([['password'], 'fresh_proof_required']);
  expect(await methodsOf(byFactor)).toEqual(['password', 'totp']);
});

it('what was kept with one session opens for no other one, of the same user or another, and a forged one for none', async () => {
  const stranger = await stage.signUp();
  const stolen = await kept(byFactor);
  const forged = [[{ methods: [{ method: 'totp', kind: 'factor', at: 0 }] }], ['{"methods":[]}'], ['1.test.AAAA'], [null], []];
  for (const value of [stolen, [...stolen, ...stolen], [...(await kept(byPassword)), ...stolen], ...forged]) {
    for (const session of [byPassword, stranger]) {
      await write(session, value);
      expect(await pay(session)).toBe('fresh_proof_required');
    }
  }
});

it('a copy of a session has no methods, whatever is sent with it', async () => {
  const stolen = await kept(byFactor);
  for (const body of [{}, { [FIELD]: stolen }, { createdWith: { action: 'login', authProvider: 'password' } }]) {
    const answer = await stage.call('POST', '/sessions', body, byFactor.session);
    if (answer.status !== 201) continue;
    const copy = { session: sessionHeaders(answer) };
    expect([await methodsOf(copy), await pay(copy)]).toEqual([[], 'fresh_proof_required']);
  }
});

it('a login takes no methods of another login in the same batch', async () => {
  const other = await enrolled(stage);
  const logIn = (person: Person, authData?: object): object => ({
    method: 'POST',
    path: '/parse/login',
    body: { ...credentials(person), ...(authData && { authData }) },
  });
  const plain = await stage.signUp();
  const requests = [
    logIn(plain),
    logIn(other.person, { totp: stage.totp(other.secret) }),
    logIn(plain),
    logIn(ann.person, { totp: stage.totp(ann.secret, 1) }),
  ];
  const { body } = await stage.call('POST', '/batch', { requests });
  const answers = body as unknown as readonly { readonly success?: Answer['body'] }[];
  const methods: unknown[] = [];
  for (const { success } of answers) {
    if (success !== undefined) methods.push(await methodsOf({ session: sessionHeaders({ body: success }) }));
  }
  expect(methods).toEqual([['password'], ['password', 'totp'], ['password'], ['password', 'totp']]);
});

it('a sign-up takes no methods of a login in the same batch', async () => {
  const requests = [
    { method: 'POST', path: '/parse/users', body: { username: 'new-user', password: 'a password' } },
    { method: 'POST', path: '/parse/login', body: { ...credentials(ann.person), authData: { totp: stage.totp(ann.secret, 1) } } },
  ];
  const { body } = await stage.call('POST', '/batch', { requests });
  const [signedUp] = body as unknown as readonly { readonly success: Answer['body'] }[];
  expect(await methodsOf({ session: sessionHeaders({ body: signedUp?.success ?? {} }) })).toEqual(['password']);
});

it('a step-up with recovery codes shows as a backup, and a requirement does not take it', async () => {
  await stage.save(byFactor, { totp: stage.totp(ann.secret, 1) });
  const codes = await makeRecoveryCodes(stage, byFactor);
  stage.time.now += 10 * MINUTE;
  const recovering = await stage.another(ann.person, { recovery: codes[0] });
  expect((await stage.save(recovering, { recovery: codes[1] })).status).toBe(200);
  expect(await methodsOf(recovering)).toEqual(['password', 'recovery']);
  expect(await pay(recovering)).toBe('fresh_proof_required');
});

it('a session that a new password opens has no methods of the one before', async () => {
  const answer = await stage.call('PUT', `/users/${byFactor.id}`, { password: 'another password' }, byFactor.session);
  expect(answer.status).toBe(200);
  const next = { session: sessionHeaders(answer) };
  expect([await methodsOf(next), await pay(next)]).toEqual([[], 'fresh_proof_required']);
});

it('a field of that name and another type, which a client made before, keeps no user out and is reported', async () => {
  await stage.stop();
  stage = await startStage({ install: true });
  const fields = { [FIELD]: { type: 'String' } };
  expect((await stage.call('POST', '/schemas/_Session', { className: '_Session', fields }, MASTER)).status).toBe(200);
  cloudCode().Cloud.define('methods', (request) => stage.factors.sessionMethods(request));
  const { person, secret } = await enrolled(stage);
  const opened = await stage.another(person, { totp: stage.totp(secret) });
  stage.time.now += MINUTE;
  expect((await stage.save(opened, { totp: stage.totp(secret) })).status).toBe(200);
  expect(await methodsOf(opened)).toEqual([]);
  expect((await stage.factors.check()).map(({ reason }) => reason)).toContain('session_field_taken');
});

it('an administrator who logs in as the user proves nothing', async () => {
  const answer = await stage.call('POST', `/loginAs?userId=${byFactor.id}`, {}, MASTER);
  expect(answer.status).toBe(200);
  const session = { session: sessionHeaders(answer) };
  expect([await methodsOf(session), await pay(session)]).toEqual([[], 'fresh_proof_required']);
});
