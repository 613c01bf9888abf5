import type { ComposeOptions, PolicyOption, PolicyRequest } from '@parse-factors/core';
import { RecoveryCodesFactor } from '@parse-factors/recovery-codes';
import { TrustedDeviceFactor } from '@parse-factors/trusted-device';
import { afterEach, describe, expect, it } from 'vitest';
import type { Answer, Person } from '@parse-factors/test-server/parse-server';
import { newApp } from '../support/client-stage.js';
import { slug, startStage, type Stage } from '../support/harness.js';
import { equipped, type Enrolled } from '../support/people.js';
import { DEFAULT_BADGE } from '../support/providers.js';
import { credentials, LOG_IN, MASTER, personOf } from '../support/requests.js';
import { NEW, ResetRig } from '../support/reset-rig.js';
import { countSessions, storedKeys } from '../support/rows.js';
import { DAY, MINUTE } from '../support/time.js';

/** Policies that name factors, and policies that see the request. */

let stage: Stage;
afterEach(() => stage.stop());
const start = async (policy: PolicyOption, compose: Partial<ComposeOptions> = {}): Promise<void> => {
  stage = await startStage({
    install: true,
    compose: { policy, ...compose },
    more: { recovery: new RecoveryCodesFactor(), device: new TrustedDeviceFactor() },
    server: { auth: { badge: DEFAULT_BADGE } },
  });
};

/** Long enough for the cooldown of codes and the next step of an app. */
const later = (): void => void (stage.time.now += 11 * MINUTE);
let phones = 0;
const newPhone = (): string => `+1555444${String((phones += 1)).padStart(4, '0')}`;

/** A user with an authenticator app and a phone. */
async function withTwo(): Promise<Enrolled> {
  const person = await stage.signUp();
  const secret = await stage.enrolTotp(person);
  await stage.enrolPhone(person, newPhone());
  later();
  return { person, secret };
}

/** The same, with an email address. */
async function withThree(): Promise<Enrolled> {
  const user = await withTwo();
  await stage.save(user.person, { totp: stage.totp(user.secret) });
  await stage.enrolEmail(user.person);
  later();
  return user;
}

/** Asks for codes with the first factor of a login, and reads them. */
async function codeOf(key: 'otp' | 'email', first: object): Promise<string> {
  const { status, body } = await stage.challenge({ ...first, challengeData: { [key]: true } });
  expect([status, body['error']]).toEqual([200, undefined]);
  return stage.lastCode(key === 'otp' ? stage.sms : stage.mail);
}

const error = ({ body }: Answer): unknown => body['error'];

async function addRole(name: string, ...people: readonly Person[]): Promise<void> {
  const objects = people.map(({ id }) => ({ __type: 'Pointer', className: '_User', objectId: id }));
  const role = { name, ACL: { '*': { read: true } }, users: { __op: 'AddRelation', objects } };
  expect((await stage.call('POST', '/roles', role, MASTER)).status).toBe(201);
}

describe('the policy "one of"', () => {
  it('needs one of the named factors, and names them before anything is used up', async () => {
    await start({ oneOf: ['totp', 'email'] });
    const { person, secret } = await withTwo();
    const otp = await codeOf('otp', credentials(person));
    for (let round = 0; round < 12; round += 1) {
      expect((await stage.logIn(person, { otp })).body).toEqual({ code: 211, error: 'factor_required: Also required: totp.' });
    }
    expect((await stage.logIn(person, { otp, totp: stage.totp(secret) })).status).toBe(200);
    expect(slug(await stage.logIn(person, { otp, totp: stage.totp(secret, 1) }))).toBe('code_expired'); // it was used by then
    later();
    expect((await stage.logIn(person, { totp: stage.totp(secret) })).status).toBe(200);
  });

  it('lets the user choose among those that they have', async () => {
    await start({ oneOf: ['totp', 'email'] });
    const { person } = await withThree();
    const otp = await codeOf('otp', credentials(person));
    expect(error(await stage.logIn(person, { otp }))).toBe(
      'factor_required: Another factor is required; also give one of: email, totp.',
    );
    expect((await stage.logIn(person, { email: await codeOf('email', credentials(person)) })).status).toBe(200);
  });
});

describe('the policy "all of"', () => {
  it('needs every named factor, and does not count a wrong answer that comes without the others', async () => {
    await start({ allOf: ['email', 'totp'] });
    const { person, secret } = await withThree();
    const [wrong, otp] = [
      String((Number(stage.totp(secret)) + 1) % 1_000_000).padStart(6, '0'),
      await codeOf('otp', credentials(person)),
    ];
    for (let round = 0; round < 25; round += 1) {
      expect(error(await stage.logIn(person, { totp: wrong }))).toBe('factor_required: Also required: email.');
      expect(error(await stage.logIn(person, { otp, totp: wrong }))).toBe('factor_required: Also required: email.');
    }
    expect(error(await stage.logIn(person, { otp }))).toBe('factor_required: Also required: email, totp.');
    expect(stage.events.filter(({ type }) => type === 'rejected' || type === 'locked')).toEqual([]);
    const email = await codeOf('email', credentials(person));
    expect((await stage.logIn(person, { email, totp: stage.totp(secret) })).status).toBe(200);
  });

  it('opens one session with one set of codes', async () => {
    await start({ allOf: ['otp', 'totp'] });
    const { person, secret } = await withTwo();
    const before = await countSessions(stage, person);
    const otp = await codeOf('otp', credentials(person));
    const answers = await Promise.all(Array.from({ length: 12 }, () => stage.logIn(person, { otp, totp: stage.totp(secret) })));
    expect(answers.filter(({ status }) => status === 200)).toHaveLength(1);
    expect(await countSessions(stage, person)).toBe(before + 1);
  });
});

describe('named factors by role', () => {
  it('a user with several roles meets the policies of all of them', async () => {
    await start(
      { byRole: { staff: { atLeast: 2 }, admin: { oneOf: ['totp'] } }, otherwise: 'any' },
      { enrolment: { graceMs: DAY } },
    );
    const [both, admin, other] = [await withThree(), await withTwo(), await withTwo()];
    await addRole('staff', both.person);
    await addRole('admin', both.person, admin.person);
    const codes = { otp: await codeOf('otp', credentials(both.person)), email: await codeOf('email', credentials(both.person)) };
    expect(error(await stage.logIn(both.person, codes))).toBe('factor_required: Also required: totp.');
    const totp = stage.totp(both.secret);
    expect(error(await stage.logIn(both.person, { totp }))).toBe(
      'factor_required: 2 factors are required; also give one of: otp, email.',
    );
    expect((await stage.logIn(both.person, { totp, otp: codes.otp })).status).toBe(200);
    const otp = await codeOf('otp', credentials(admin.person));
    expect(error(await stage.logIn(admin.person, { otp }))).toBe('factor_required: Also required: totp.');
    expect((await stage.logIn(other.person, { otp: await codeOf('otp', credentials(other.person)) })).status).toBe(200);
  });
});

describe('a policy function', () => {
  it('sees the user, their roles, the address, the headers and the installation', async () => {
    const seen: PolicyRequest[] = [];
    await start(
      async (request) => {
        seen.push(request);
        const isKnown =
          request.headers['x-network'] === 'office' && request.ip === '192.0.2.1' && (await request.roles()).length === 0;
        return isKnown ? 'any' : { oneOf: ['totp'] };
      },
      { clientIp: ({ headers }) => (headers['x-address'] === undefined ? undefined : String(headers['x-address'])) },
    );
    const { person, secret } = await withTwo();
    const otp = await codeOf('otp', credentials(person));
    const logIn = (headers: Record<string, string>): Promise<Answer> =>
      stage.call('POST', '/login', { ...credentials(person), authData: { otp } }, headers);
    const office = { 'X-Network': 'office', 'X-Address': '192.0.2.1', 'X-Parse-Installation-Id': 'i1' };
    for (const headers of [{}, { ...office, 'X-Network': 'home' }, { ...office, 'X-Address': '192.0.2.2' }])
      expect(error(await logIn(headers))).toBe('factor_required: Also required: totp.');
    const wrong = { ...credentials(person), authData: { otp: otp === '000000' ? '000001' : '000000' } };
    const requests = [{ method: 'POST', path: '/parse/login', body: wrong }];
    for (const [headers, expected] of [
      [{}, 'factor_required'],
      [office, 'code_rejected'],
    ] as const) {
      const graphql = await stage.graphql(LOG_IN, { input: wrong }, headers);
      expect(graphql['errors'][0].message).toContain(expected);
      expect((await stage.call('POST', '/batch', { requests }, headers)).body[0].error.error).toContain(expected);
    }
    seen.length = 0;
    expect((await logIn(office)).status).toBe(200);
    expect(seen).not.toEqual([]);
    for (const { user, ip, installationId } of seen)
      expect([user.id, user.get('username'), ip, installationId]).toEqual([person.id, person.username, '192.0.2.1', 'i1']);
    await addRole('staff', person);
    expect(error(await stage.call('POST', '/login', { ...credentials(person), authData: { otp } }, office))).toMatch(/totp/);
    expect((await stage.logIn(person, { totp: stage.totp(secret) })).status).toBe(200);
  });

  it('that names anything but a second factor refuses the login, and says so in an event', async () => {
    let chosen: unknown;
    await start(() => chosen as 'any');
    chosen = 'any';
    const { person, secret } = await withTwo();
    for (chosen of [{ oneOf: ['recovery'] }, { allOf: ['totp', 'emailLogin'] }, { oneOf: [] }, { oneOf: ['totp'], atLeast: 1 }]) {
      stage.events.length = 0;
      expect(slug(await stage.logIn(person, { totp: stage.totp(secret) }))).toBe('unavailable');
      expect(stage.events).toContainEqual(expect.objectContaining({ type: 'fault', reason: 'PolicyFault' }));
    }
    chosen = { oneOf: ['totp'] };
    expect((await stage.logIn(person, { totp: stage.totp(secret) })).status).toBe(200);
  });

  it('decides by the request who must set a factor up', async () => {
    await start('any', { enrolment: { requiredFor: ({ headers }) => headers['x-network'] !== 'office' } });
    const person = await stage.signUp();
    expect(slug(await stage.logIn(person))).toBe('enrolment_required');
    const logIn = await stage.call('POST', '/login', credentials(person), { 'X-Network': 'office' });
    expect(logIn.status).toBe(200);
  });
});

describe('a user who has none of the named factors', () => {
  const beginTotp = async (first: object): Promise<string> => {
    const { body } = await stage.challenge({ ...first, challengeData: { totp: true } });
    expect(body['error']).toBe(undefined);
    return String(body['challengeData'].totp.secret);
  };

  it('sets a named factor up in the login, and no other one', async () => {
    await start({ oneOf: ['email', 'totp'] });
    const person = await stage.signUp();
    expect(error(await stage.logIn(person))).toBe('enrolment_required: Set up one of these first: email, totp.');
    const phone = newPhone();
    expect(slug(await stage.challenge({ ...credentials(person), challengeData: { otp: { phone } } }))).toBe('session_required');
    expect(stage.sms.messages).toEqual([]);
    const secret = await beginTotp(credentials(person));
    const beside = { otp: { phone, code: '123456' }, totp: stage.totp(secret) };
    expect(slug(await stage.logIn(person, beside))).toBe('session_required');
    expect((await stage.logIn(person, { totp: stage.totp(secret) })).status).toBe(200);
    expect(await storedKeys(stage, person)).toEqual(['totp']);
    expect(slug(await stage.challenge({ ...credentials(person), challengeData: { email: { email: 'a@example.com' } } }))).toBe(
      'session_required',
    );
  });

  it('answers the factors that they have in the same login', async () => {
    await start({ allOf: ['totp'] });
    const person = await stage.signUp();
    await stage.enrolPhone(person, newPhone());
    later();
    const otp = await codeOf('otp', credentials(person));
    expect(error(await stage.logIn(person, { otp }))).toBe('enrolment_required: Set up one of these first: totp.');
    const totp = stage.totp(await beginTotp(credentials(person)));
    expect((await stage.logIn(person, { totp })).status).toBe(400);
    expect(await storedKeys(stage, person)).toEqual(['otp']);
    expect((await stage.logIn(person, { otp, totp })).status).toBe(200);
    expect(await storedKeys(stage, person)).toEqual(['otp', 'totp']);
  });

  it('sets all of them up in one login', async () => {
    await start({ allOf: ['otp', 'totp'] });
    const person = await stage.signUp();
    expect(error(await stage.logIn(person))).toBe('enrolment_required: Set up 2 of these first: otp, totp.');
    const phone = newPhone();
    await stage.challenge({ ...credentials(person), challengeData: { otp: { phone } } });
    const totp = stage.totp(await beginTotp(credentials(person)));
    expect(error(await stage.logIn(person, { totp }))).toBe('enrolment_required: Set up one of these first: otp.');
    expect((await stage.logIn(person, { totp, otp: { phone, code: stage.lastCode(stage.sms) } })).status).toBe(200);
  });

  it('sets one up after a social login and with a code alone', async () => {
    await start({ oneOf: ['totp'] });
    const badge = { id: 'b1', secret: 'right' };
    await stage.call('POST', '/users', { authData: { badge } });
    const logIn = (authData: object = {}): Promise<Answer> => stage.call('POST', '/users', { authData: { badge, ...authData } });
    expect(error(await logIn())).toBe('enrolment_required: Set up one of these first: totp.');
    const other = await stage.challenge({ authData: { badge }, challengeData: { otp: { phone: newPhone() } } });
    expect([slug(other), stage.sms.messages]).toEqual(['session_required', []]);
    const secret = await beginTotp({ authData: { badge } });
    const confirmed = await stage.challenge({ authData: { badge }, challengeData: { totp: stage.totp(secret) } });
    expect(confirmed.body['challengeData']).toEqual({ totp: { status: 'enabled' } });
    expect((await logIn({ totp: stage.totp(secret, 1) })).status).toBe(200);
    const email = 'alone@example.com';
    const codeTo = async (): Promise<object> => {
      later();
      await stage.challenge({ challengeData: { emailLogin: { email } } });
      return { id: email, code: stage.lastCode(stage.mail) };
    };
    await stage.call('POST', '/users', { authData: { emailLogin: await codeTo() } });
    const emailLogin = await codeTo();
    expect(error(await stage.call('POST', '/users', { authData: { emailLogin } }))).toMatch(/^enrolment_required: .*: totp\.$/);
    const alone = await beginTotp({ authData: { emailLogin } });
    const both = { emailLogin, totp: stage.totp(alone) };
    expect((await stage.call('POST', '/users', { authData: both })).status).toBe(200);
  });

  it('sets one up after a social login, beside a factor that the policy does not name', async () => {
    await start({ oneOf: ['totp'] }, { enrolment: { since: Date.UTC(2026, 11, 1) } });
    const badge = { id: 'b1', secret: 'right' };
    const person = personOf(await stage.call('POST', '/users', { authData: { badge } }));
    await stage.enrolPhone(person, newPhone());
    stage.time.now = Date.UTC(2026, 11, 1);
    const otp = await codeOf('otp', { authData: { badge } });
    const logIn = (authData: object): Promise<Answer> => stage.call('POST', '/users', { authData: { badge, ...authData } });
    expect(error(await logIn({ otp }))).toBe('enrolment_required: Set up one of these first: totp.');
    const secret = await beginTotp({ authData: { badge } });
    expect((await logIn({ otp, totp: stage.totp(secret) })).status).toBe(200);
    expect(await storedKeys(stage, person)).toEqual(['badge', 'otp', 'totp']);
  });

  it('sets one up with the client after a social login, beside a factor that the policy does not name', async () => {
    await start({ oneOf: ['totp'] }, { enrolment: { since: Date.UTC(2026, 11, 1) } });
    const badge = { id: 'b1', secret: 'right' };
    await stage.enrolPhone(personOf(await stage.call('POST', '/users', { authData: { badge } })), newPhone());
    stage.time.now = Date.UTC(2026, 11, 1);
    const login = await newApp(stage.url).client.logInWith({ badge });
    if (login.status !== 'factors') throw new Error(login.status);
    await login.challenge('otp');
    const more = await login.answer('otp', stage.lastCode(stage.sms));
    if (more.status !== 'enrolment') throw new Error(more.status);
    const { secret = '' } = await more.enrol('totp');
    expect((await more.confirm('totp', stage.totp(secret))).status).toBe('session');
  });

  it('logs in with what they have during the grace period', async () => {
    await start({ oneOf: ['totp'] }, { enrolment: { since: Date.UTC(2026, 11, 1) } });
    const person = await stage.signUp();
    expect((await stage.logIn(person)).status).toBe(200);
    await stage.enrolPhone(person, newPhone());
    later();
    expect((await stage.logIn(person, { otp: await codeOf('otp', credentials(person)) })).status).toBe(200);
    stage.time.now = Date.UTC(2026, 11, 1);
    const otp = await codeOf('otp', credentials(person));
    expect(error(await stage.logIn(person, { otp }))).toBe('enrolment_required: Set up one of these first: totp.');
  });
});

describe('backup authenticators', () => {
  it('a recovery code replaces one named factor, and not two', async () => {
    let policy: PolicyOption = { oneOf: ['totp'] };
    await start(() => policy as 'any');
    const { person, codes } = await equipped(stage);
    expect((await stage.logIn(person, { recovery: codes[0] })).status).toBe(200);
    await stage.stop();
    policy = 'any';
    await start(() => policy as 'any');
    const { person: other, codes: more } = await equipped(stage);
    await stage.enrolPhone(other, newPhone());
    later();
    policy = { allOf: ['otp', 'totp'] };
    expect(error(await stage.logIn(other, { recovery: more[0] }))).toBe('factor_required: Also required: otp, totp.');
    const otp = await codeOf('otp', credentials(other));
    expect((await stage.logIn(other, { recovery: more[0], otp })).status).toBe(200); // it was not used up
  });

  it('a trusted device does not replace a named factor, and keeps its token', async () => {
    let policy: PolicyOption = 'any';
    await start(() => policy as 'any');
    const { person, secret, codes, token } = await equipped(stage);
    policy = { oneOf: ['totp'] };
    expect(error(await stage.logIn(person, { device: { token } }))).toBe('factor_required: Also required: totp.');
    expect((await stage.logIn(person, { device: { token }, recovery: codes[0] })).status).toBe(200);
    policy = 'any';
    const { token: other, ...two } = await equipped(stage);
    policy = { allOf: ['totp'] };
    expect(error(await stage.logIn(two.person, { device: { token: other } }))).toBe('factor_required: Also required: totp.');
    policy = 'any';
    expect((await stage.logIn(two.person, { device: { token: other } })).status).toBe(200);
    expect((await stage.logIn(person, { totp: stage.totp(secret) })).status).toBe(200);
  });
});

describe('every kind of login', () => {
  it('meets the policy: GraphQL, batches, social logins and codes alone', async () => {
    await start({ oneOf: ['totp'] }, { enrolment: { graceMs: 366 * DAY } });
    const { person, secret } = await withTwo();
    const first = credentials(person);
    const otp = await codeOf('otp', first);
    const graphql = await stage.graphql(LOG_IN, { input: { ...first, authData: { otp } } });
    expect(graphql['errors'][0].message).toBe('factor_required: Also required: totp.');
    const login = { method: 'POST', path: '/parse/login', body: { ...first, authData: { otp } } };
    const batch = await stage.call('POST', '/batch', { requests: [login, login] });
    expect(batch.body[1].error.error).toBe('factor_required: Also required: totp.');
    const right = await stage.graphql(LOG_IN, { input: { ...first, authData: { totp: stage.totp(secret) } } });
    expect(right['data'].logIn.viewer.sessionToken).toEqual(expect.any(String));
  });

  it.each(['badge', 'emailLogin'])('meets the policy: %s', async (key) => {
    await start({ oneOf: ['totp'] }, { enrolment: { graceMs: 366 * DAY } });
    const email = 'ann@example.com';
    const proof = async (): Promise<object> => {
      if (key === 'badge') return { [key]: { id: 'b1', secret: 'right' } };
      later();
      await stage.challenge({ challengeData: { emailLogin: { email } } });
      return { [key]: { id: email, code: stage.lastCode(stage.mail) } };
    };
    const logIn = (authData: object): Promise<Answer> => stage.call('POST', '/users', { authData });
    const signedUp = await logIn(await proof());
    expect(signedUp.status).toBe(201);
    const person = personOf(signedUp);
    const secret = await stage.enrolTotp(person);
    await stage.enrolPhone(person, newPhone());
    later();
    const first = await proof();
    const otp = await codeOf('otp', { authData: first });
    expect(error(await logIn({ ...first, otp }))).toBe('factor_required: Also required: totp.');
    expect((await logIn({ ...first, otp, totp: stage.totp(secret) })).status).toBe(200);
  });

  it('meets the policy: the client of the JavaScript SDK, which reads what is missing', async () => {
    await start({ oneOf: ['email', 'totp'] });
    const { client } = newApp(stage.url);
    const { person, secret } = await withThree();
    const login = await client.logIn(person.username, person.password);
    if (login.status !== 'factors') throw new Error(login.status);
    await login.challenge('otp');
    const more = await login.answer('otp', stage.lastCode(stage.sms));
    expect(more).toMatchObject({ status: 'factors', needs: ['email', 'totp'], count: 1 });
    if (more.status !== 'factors') return;
    expect((await more.answer('totp', stage.totp(secret))).status).toBe('session');
    const none = await stage.signUp();
    const alone = await client.logIn(none.username, none.password);
    expect(alone).toMatchObject({ status: 'enrolment', needs: ['email', 'totp'], count: 1 });
    if (alone.status !== 'enrolment') return;
    const { secret: seed = '' } = await alone.enrol('totp');
    expect((await alone.confirm('totp', stage.totp(seed))).status).toBe('session');
  });

  it('meets the policy: a password reset asks for the named factors that are not on the address', async () => {
    const policy = { allOf: ['email', 'totp'] };
    const rig = await ResetRig.start({ compose: { policy, passwordReset: ['email'], enrolment: { graceMs: 366 * DAY } } });
    ({ stage } = rig);
    const { person, secret } = await withThree();
    const email = `${person.username}@example.com`;
    await rig.verify(person, { email });
    const code = await rig.codeFor({ factor: 'email', email });
    const set = (authData: object): Promise<Answer> => rig.set({ factor: 'email', email, code, password: NEW, authData });
    expect(error(await set({ otp: '123456' }))).toBe('factor_required: Also required: totp.');
    expect((await set({ totp: stage.totp(secret) })).status).toBe(200);
  });
});
