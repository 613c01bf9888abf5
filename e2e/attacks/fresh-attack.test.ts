import { composeFactors, generateKey } from '@parse-factors/core';
import { initializeOtpAdapter } from '@parse-factors/email-otp';
import { RecoveryCodesFactor } from '@parse-factors/recovery-codes';
import { TotpFactor } from '@parse-factors/totp';
import { TrustedDeviceFactor } from '@parse-factors/trusted-device';
import { afterEach, describe, expect, it, vi } from 'vitest';
import type { Answer, Person } from '@parse-factors/test-server/parse-server';
import { authenticatorCode } from '../support/authenticator-code.js';
import { mailServer } from '../support/mail-server.js';
import { cloudCode } from '../support/cloud-code.js';
import { slug, startStage, type Stage, type StageOptions } from '../support/harness.js';
import { enrolled } from '../support/people.js';
import { BADGE } from '../support/providers.js';
import { credentials, personOf } from '../support/requests.js';
import { storedFactors, storedKeys } from '../support/rows.js';
import { MINUTE } from '../support/time.js';

/** Requests that share something: a batch, a server with two sets of factors, a login that was refused. */

let stage: Stage;
let isRunning = false;
const start = async (options: StageOptions = {}): Promise<void> => {
  stage = await startStage({ install: true, ...options });
  isRunning = true;
};
afterEach(async () => {
  isRunning = false;
  await stage.stop();
});

/** The clock of the stage that is started next. */
const testClock = (): { readonly clock: () => number } => {
  let started: Stage | undefined;
  return { clock: () => (started ??= isRunning ? stage : undefined)?.time.now ?? Date.UTC(2026, 10, 21, 12) };
};

const ANSWER_MS = 5000;
const HUNG = 'the server has not answered';
const inTime = <Result>(work: Promise<Result>): Promise<Result> =>
  Promise.race([
    work,
    new Promise<never>((_resolve, reject) => {
      setTimeout(() => reject(new Error(HUNG)), ANSWER_MS);
    }),
  ]);

const batch = async (requests: readonly object[], headers?: Record<string, string>): Promise<Answer['body'][]> => {
  const { body } = await stage.call('POST', '/batch', { requests }, headers);
  return body as unknown as Answer['body'][];
};
const login = (person: Person, authData?: object): object => ({
  method: 'POST',
  path: '/parse/login',
  body: { ...credentials(person), ...(authData && { authData }) },
});
const sessionsIn = (answers: readonly Answer['body'][]): string[] =>
  answers.flatMap(({ success }) => (success?.sessionToken === undefined ? [] : [String(success.sessionToken)]));

/** Signs up by an emailed code alone. */
async function signUpByEmail(id: string): Promise<Person> {
  await stage.challenge({ challengeData: { emailLogin: { email: id } } });
  const answer = await stage.call('POST', '/users', { authData: { emailLogin: { id, code: stage.lastCode(stage.mail) } } });
  expect(answer.status).toBe(201);
  return personOf(answer);
}

/** Asks for the code that signs in alone. */
async function emailedCode(id: string): Promise<string> {
  stage.time.now += MINUTE;
  await stage.challenge({ challengeData: { emailLogin: { email: id } } });
  return stage.lastCode(stage.mail);
}

/** The session proves the mailbox again. */
async function proveMailbox(person: Person, id: string): Promise<void> {
  stage.time.now += MINUTE;
  await stage.challenge({ challengeData: { emailLogin: true } }, person.session);
  const proven = await stage.save(person, { emailLogin: { id, code: stage.lastCode(stage.mail) } });
  expect(proven.body['authDataResponse']).toMatchObject({ emailLogin: { status: 'verified' } });
}

describe('two sets of factors on one server', () => {
  async function startWithTwoSets(key: string, more: StageOptions = {}): Promise<void> {
    const { clock } = testClock();
    const other = composeFactors({
      keys: generateKey('other'),
      clock,
      notices: false,
      selfCheck: false,
      factors: { [key]: new TotpFactor({ issuer: 'Other' }) },
    });
    await start({ ...more, server: { auth: other.auth } });
    other.install();
  }
  async function enrolOther(person: Person, key: string): Promise<string> {
    const { body } = await stage.challenge({ challengeData: { [key]: true } }, person.session);
    const { secret } = body['challengeData'][key] as { secret: string };
    expect((await stage.save(person, { [key]: authenticatorCode(secret, stage.time.now, 0) })).status).toBe(200);
    stage.time.now += MINUTE;
    return secret;
  }

  it.each(['app', 'zapp'])(
    'a login that answers factors of two sets is answered, and needs both right, under the key %s',
    async (key) => {
      await startWithTwoSets(key);
      const { person, secret } = await enrolled(stage);
      const second = await enrolOther(person, key);
      const given = (): string => authenticatorCode(second, stage.time.now, 0);
      const right = await inTime(stage.logIn(person, { totp: stage.totp(secret), [key]: given() }));
      expect(right.status).toBe(200);
      for (const wrong of [
        { totp: '000000', [key]: given() },
        { totp: stage.totp(secret), [key]: '000000' },
      ]) {
        stage.time.now += MINUTE;
        expect(slug(await inTime(stage.logIn(person, wrong)))).toBe('code_rejected');
      }
    },
  );

  it('a login by an emailed code of one set, beside a second factor of another, is answered, and needs both right', async () => {
    await startWithTwoSets('zapp');
    const person = await signUpByEmail('a@example.com');
    // For one set, the factor of the other is another provider.
    await proveMailbox(person, 'a@example.com');
    const secret = await enrolOther(person, 'zapp');
    const send = async (code: string, zapp: string): Promise<Answer> =>
      inTime(stage.call('POST', '/users', { authData: { emailLogin: { id: 'a@example.com', code }, zapp } }));
    const wrong = await send(await emailedCode('a@example.com'), '000000');
    expect(slug(wrong)).toBe('code_rejected');
    const right = await send(await emailedCode('a@example.com'), authenticatorCode(secret, stage.time.now, 0));
    expect(right.status).toBe(200);
  });

  it('a save that sets up factors of two sets is answered', async () => {
    await startWithTwoSets('zapp');
    const { person, secret } = await enrolled(stage);
    const second = await enrolOther(person, 'zapp');
    const both = { totp: stage.totp(secret), zapp: authenticatorCode(second, stage.time.now, 0) };
    expect((await inTime(stage.save(person, both))).status).toBe(200);
  });
});

describe('the drop-in beside composed factors', () => {
  afterEach(() => vi.useRealTimers());

  it('a login by its code beside an authenticator is answered, and needs both right', async () => {
    const sent: string[] = [];
    const sendEmail = async (_email: string, code: string): Promise<void> => void sent.push(code);
    vi.useFakeTimers({ toFake: ['Date'] });
    await start({ server: { auth: { dropIn: initializeOtpAdapter({ otpValidityInMs: 300_000, maxAttempts: 3, sendEmail }) } } });
    const id = 'drop@example.com';
    const ask = async (): Promise<string> => {
      vi.setSystemTime(Date.now() + 2 * MINUTE);
      stage.time.now += MINUTE;
      await stage.challenge({ challengeData: { dropIn: { email: id } } });
      return sent.at(-1) ?? '';
    };
    const send = async (authData: object): Promise<Answer> => inTime(stage.call('POST', '/users', { authData }));
    const person = personOf(await send({ dropIn: { id, otp: await ask() } }));
    const secret = await stage.enrolTotp(person);
    expect(slug(await send({ dropIn: { id, otp: await ask() }, totp: '000000' }))).toBe('code_rejected');
    const otp = await ask();
    expect((await send({ dropIn: { id, otp }, totp: stage.totp(secret) })).status).toBe(200);
  });
});

describe('a login by authData that opens no session', () => {
  /** Parse Server takes this installation for Cloud Code, which it gives no session; any client may claim it. */
  const CLOUD = { 'X-Parse-Installation-Id': 'cloud' };
  const STATUS = { status: 'enabled' };

  it('the reply to a login by an emailed code shows neither what was typed nor what is stored', async () => {
    await start();
    const id = 'cloud@example.com';
    const person = await signUpByEmail(id);
    const secret = await stage.enrolTotp(person);
    await stage.enrolPhone(person);
    const [code, totp] = [await emailedCode(id), stage.totp(secret)];
    const authData = { emailLogin: { id, code }, totp };
    const { status, body } = await stage.call('POST', '/users', { authData }, CLOUD);
    expect(status).toBe(200);
    expect(body['sessionToken']).toBe(undefined);
    expect(body['authData']).toMatchObject({ totp: STATUS, otp: STATUS, emailLogin: STATUS });
    for (const secretText of ['sealed', code, totp]) expect(JSON.stringify(body)).not.toContain(secretText);
  });

  it('the replies to social logins, in a batch too, show nothing that is stored of the factors', async () => {
    await start({ server: { auth: { badge: BADGE } } });
    const { person, secret } = await enrolled(stage);
    await stage.enrolPhone(person);
    const badge = { id: person.id, secret: 'right' };
    expect((await stage.save(person, { badge })).status).toBe(200);
    stage.time.now += MINUTE;
    const social = { method: 'POST', path: '/parse/users', body: { authData: { badge, totp: stage.totp(secret) } } };
    const passed = (await batch([social, social], CLOUD)).filter(({ success }) => success !== undefined);
    expect(passed.map(({ success }) => success?.authData)).toEqual([
      { totp: STATUS, otp: expect.objectContaining(STATUS), badge },
    ]);
  });
});

describe('malformed answers beside right ones', () => {
  it.each([{ bad: '12345' }, { bad: { code: 123_456 } }, { bad: ['123456'] }, { bad: {} }])(
    'a login with a right code and one that cannot be read, %j, costs neither',
    async ({ bad }) => {
      await start({ compose: { policy: 'all' } });
      const { person, secret } = await enrolled(stage);
      await stage.enrolPhone(person);
      stage.time.now += MINUTE;
      await stage.challenge({ ...credentials(person), challengeData: { otp: true } });
      const otp = stage.lastCode(stage.sms);
      expect(slug(await stage.logIn(person, { otp, totp: bad }))).toBe('invalid_input');
      expect((await stage.logIn(person, { otp, totp: stage.totp(secret) })).status).toBe(200);
    },
  );

  it('a login with a recovery code and an answer that cannot be read keeps the recovery code', async () => {
    await start({ more: { recovery: new RecoveryCodesFactor(), zdevice: new TrustedDeviceFactor() } });
    const { person } = await enrolled(stage);
    const made = await stage.save(person, { recovery: { generate: 'true' } });
    const [code] = String(made.body['authDataResponse'].recovery.codes).split(', ');
    expect(slug(await stage.logIn(person, { recovery: code, totp: 'no code' }))).toBe('invalid_input');
    expect((await stage.logIn(person, { recovery: code })).status).toBe(200);
  });
});

describe('logins that share a request', () => {
  it('of logins of several users in one batch, only the one with a right code opens a session', async () => {
    await start();
    const users = [await enrolled(stage), await enrolled(stage), await enrolled(stage)];
    const [, owner] = users;
    const code = stage.totp(owner?.secret ?? '');
    const answers = await batch(users.map(({ person }) => login(person, { totp: code })));
    expect(answers.map(({ success }) => success?.objectId)).toEqual([undefined, owner?.person.id, undefined]);
  });

  it('20 logins of one user in one batch with one right code, and wrong and missing ones, open one session', async () => {
    await start();
    const { person, secret } = await enrolled(stage);
    const code = stage.totp(secret);
    const given = Array.from({ length: 20 }, (_, at) => [{ totp: code }, undefined, { totp: code }, { otp: '000000' }][at % 4]);
    const answers = await batch(given.map((authData) => login(person, authData)));
    expect(sessionsIn(answers)).toHaveLength(1);
  });

  it('a login that a trigger refuses after a right code leaves nothing for the next one in the batch', async () => {
    await start({ more: { recovery: new RecoveryCodesFactor(), device: new TrustedDeviceFactor() } });
    const { Cloud, Error: ParseError } = cloudCode();
    let refusals = 0;
    Cloud.beforeLogin(() => {
      refusals -= 1;
      if (refusals >= 0) throw new ParseError(142, 'not now');
    });
    // The logins of a batch run at the same time. Whichever comes to the trigger first is refused: here it must be the code's.
    let isRefused = false;
    for (let round = 0; round < 10 && !isRefused; round += 1) {
      const { person, secret } = await enrolled(stage);
      const made = await stage.save(person, { recovery: { generate: 'true' } });
      const codes = String(made.body['authDataResponse'].recovery.codes).split(', ');
      stage.time.now += MINUTE;
      refusals = 1;
      const answers = await batch([
        login(person, { totp: stage.totp(secret) }),
        login(person),
        login(person, { recovery: codes[0] }),
      ]);
      const opened = sessionsIn(answers);
      expect(opened.length).toBeLessThanOrEqual(1);
      expect(answers[1]?.error).toMatchObject({});
      isRefused = answers[0]?.error !== undefined;
      for (const token of isRefused ? opened : []) {
        const session = { 'X-Parse-Session-Token': token };
        const trusted = await stage.call('PUT', `/users/${person.id}`, { authData: { device: { remember: 'true' } } }, session);
        expect(slug(trusted)).toBe('fresh_proof_required');
      }
    }
    expect(isRefused).toBe(true);
  });

  it('a batch that sets up an enforced factor in one login opens no session that has none', async () => {
    await start({ compose: { enrolment: { requiredFor: 'everybody' } } });
    const person = await stage.signUp();
    const { body } = await stage.challenge({ ...credentials(person), challengeData: { totp: true } });
    const { secret } = body['challengeData'].totp as { secret: string };
    const given = [undefined, { totp: stage.totp(secret) }, undefined, undefined];
    const answers = await batch(given.map((authData) => login(person, authData)));
    const opened = sessionsIn(answers);
    expect(opened.length).toBeLessThanOrEqual(1);
    expect(answers[0]?.success).toBe(undefined);
    expect(answers[2]?.success).toBe(undefined);
    expect(answers[3]?.success).toBe(undefined);
  });
});

describe('keys that may do more than a client', () => {
  const [READ_ONLY, MAINTENANCE] = [{ 'X-Parse-Master-Key': 'read only' }, { 'X-Parse-Maintenance-Key': 'maintenance' }];
  const server = { readOnlyMasterKey: 'read only', maintenanceKey: 'maintenance', maintenanceKeyIps: ['0.0.0.0/0', '::/0'] };

  it('the read-only master key does not log in without a factor, and changes none', async () => {
    await start({ server });
    const { person } = await enrolled(stage);
    const before = await storedFactors(stage, person);
    for (const [method, path, body] of [
      ['POST', '/login', credentials(person)],
      ['POST', '/login', { ...credentials(person), authData: { totp: { status: 'enabled' } } }],
      ['PUT', `/users/${person.id}`, { authData: { totp: null } }],
      ['PUT', `/users/${person.id}`, { authData: { emailLogin: { id: 'a@example.com' } } }],
      ['POST', '/users', { authData: { emailLogin: { id: 'a@example.com' } } }],
      ['POST', '/loginAs', { userId: person.id }],
    ] as const) {
      const answer = await stage.call(method, path, body, READ_ONLY);
      expect(answer.body['sessionToken'], `${method} ${path}`).toBe(undefined);
      expect(answer.status, `${method} ${path}`).toBeLessThan(500);
      expect(answer.status, `${method} ${path}`).toBeGreaterThanOrEqual(400);
    }
    expect(await storedFactors(stage, person)).toEqual(before);
  });

  it('the maintenance key does not log in without a factor, and changes none', async () => {
    await start({ server });
    const { person } = await enrolled(stage);
    const before = await storedFactors(stage, person);
    for (const [method, path, body] of [
      ['POST', '/login', credentials(person)],
      ['PUT', `/users/${person.id}`, { authData: { totp: null } }],
      ['PUT', `/users/${person.id}`, { authData: { totp: before['totp'], x: null } }],
      ['PUT', `/users/${person.id}`, { 'authData.totp': { __op: 'Delete' } }],
      ['PUT', `/users/${person.id}`, { authData: { emailLogin: { id: 'a@example.com' } } }],
      ['PUT', `/users/${person.id}`, { _auth_data_totp: null }],
    ] as const) {
      const answer = await stage.call(method, path, body, MAINTENANCE);
      expect(answer.body['sessionToken'], JSON.stringify(body)).toBe(undefined);
      expect(answer.status, JSON.stringify(body)).toBeLessThan(500);
    }
    expect(await storedFactors(stage, person)).toEqual(before);
  });
});

describe('links that reset a password', () => {
  const links: string[] = [];
  const server = mailServer(links);
  async function reset(email: string, password: string): Promise<number> {
    expect((await stage.call('POST', '/requestPasswordReset', { email })).status).toBe(200);
    const token = new URL(links.at(-1) ?? 'http://none').searchParams.get('token');
    const headers = { 'X-Requested-With': 'XMLHttpRequest', 'Content-Type': 'application/x-www-form-urlencoded' };
    const form = new URLSearchParams({ new_password: password, token: token ?? '' }).toString();
    return (await stage.call('POST', '/apps/test/request_password_reset', form, headers)).status;
  }

  it('a new password by a link leaves the factors, and ends the proofs of the session', async () => {
    await start({ server: { ...server, revokeSessionOnPasswordReset: false } });
    const { person, secret } = await enrolled(stage);
    await stage.call('PUT', `/users/${person.id}`, { email: 'owner@example.com' }, person.session);
    const before = await storedFactors(stage, person);
    expect((await stage.call('POST', '/functions/sensitive', {}, person.session)).status).toBe(200);
    expect(await reset('owner@example.com', 'another password')).toBe(200);
    expect(await storedFactors(stage, person)).toEqual(before);
    expect(slug(await stage.call('POST', '/functions/sensitive', {}, person.session))).toBe('fresh_proof_required');
    const anew = { ...person, password: 'another password' };
    expect((await stage.logIn(anew)).body['sessionToken']).toBe(undefined);
    expect((await stage.logIn(anew, { totp: stage.totp(secret) })).status).toBe(200);
  });

  it.each([{ email: 'thief@example.com', username: 'thief' }, { username: 'thief@example.com' }])(
    'a stolen passwordless session gets no first password by a link to an address that it has written into the row: %j',
    async (written) => {
      await start({ server });
      const person = await signUpByEmail('victim@example.com');
      stage.time.now += 10 * MINUTE;
      links.length = 0;
      expect(slug(await stage.call('PUT', `/users/${person.id}`, written, person.session))).toBe('fresh_proof_required');
      await reset('thief@example.com', 'mine now');
      const loggedIn = await stage.call('POST', '/login', { username: written.username, password: 'mine now' });
      expect(loggedIn.body['sessionToken']).toBe(undefined);
      expect(links).toEqual([]);
    },
  );

  it('a passwordless user changes other fields freely, and the address for links after a proof by the mailbox', async () => {
    await start({ server });
    const person = await signUpByEmail('victim@example.com');
    stage.time.now += 10 * MINUTE;
    const put = async (body: object): Promise<Answer> => stage.call('PUT', `/users/${person.id}`, body, person.session);
    expect((await put({ nickname: 'Vic', username: 'vic' })).status).toBe(200);
    expect((await put({ email: 'victim@example.com' })).status).toBe(200); // signs in already
    await proveMailbox(person, 'victim@example.com');
    expect((await put({ email: 'new@example.com' })).status).toBe(200);
    stage.time.now += 10 * MINUTE;
    expect((await put({ email: 'new@example.com', nickname: 'Victor' })).status).toBe(200);
    expect(await reset('new@example.com', 'chosen')).toBe(200);
    expect((await stage.call('POST', '/login', { username: 'vic', password: 'chosen' })).status).toBe(200);
    expect((await put({ email: 'other@example.com' })).body['code']).toBe(209);
  });
});

describe('a stolen session', () => {
  it.each([{ other: { anonymous: { id: 'chosen-by-a-thief' } } }, { other: { badge: { id: 'thief', secret: 'right' } } }])(
    'another provider, %j, is not linked beside the echo of the own address',
    async ({ other }) => {
      await start({ server: { auth: { badge: BADGE } } });
      const id = 'echo@example.com';
      const person = await signUpByEmail(id);
      stage.time.now += 10 * MINUTE;
      expect(slug(await stage.save(person, { emailLogin: { id }, ...other }))).toBe('fresh_proof_required');
      await stage.save(person, { emailLogin: { id, status: 'enabled' }, ...other });
      expect(await storedKeys(stage, person)).toEqual(['emailLogin']);
    },
  );
});
