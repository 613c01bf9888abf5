import { FieldsFactor } from '@parse-factors/fields';
import { RecoveryCodesFactor } from '@parse-factors/recovery-codes';
import { afterAll, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import type { Answer, Person } from '@parse-factors/test-server/parse-server';
import { slug, startStage, type Stage } from '../support/harness.js';
import { MASTER, sessionHeaders } from '../support/requests.js';
import { DAY, MINUTE } from '../support/time.js';
import { BADGE } from '../support/providers.js';

let stage: Stage;
beforeAll(async () => {
  stage = await startStage({
    install: { adminFunctions: true },
    sms: { maxSendsPerIp: 100_000, maxSendsPer10Minutes: 100, maxSendsPerDay: 1000 },
    emailLogin: { maxSendsPerIp: 100_000, maxSendsPer10Minutes: 100, maxSendsPerDay: 1000, cooldownMs: 1000 },
    more: {
      member: new FieldsFactor({ find: 'memberNumber', match: ['pin'], maxAsksPerIp: 10_000 }),
      recovery: new RecoveryCodesFactor(),
    },
    server: { auth: { asocial: BADGE, zsocial: BADGE } },
  });
});
afterAll(() => stage.stop());
beforeEach(() => {
  stage.time.now += 2 * DAY; // longer than any lock
});

let users = 0;
interface Owner extends Person {
  readonly number: string;
  readonly email: string;
  readonly secret: string;
}

/** The ways to prove a first factor; each without the password. */
type Way = (owner: Owner) => Promise<Record<string, object>>;
const WAYS: Readonly<Record<'fields' | 'an emailed code' | 'a social login' | 'another social login', Way>> = {
  fields: async ({ number }) => ({ member: { memberNumber: number, pin: '4711' } }),
  'an emailed code': async ({ email }) => ({ emailLogin: { id: email, code: await emailedCode(email) } }),
  'a social login': async ({ id }) => ({ asocial: { id: `a-${id}`, secret: 'right' } }),
  'another social login': async ({ id }) => ({ zsocial: { id: `z-${id}`, secret: 'right' } }),
};

async function emailedCode(email: string): Promise<string> {
  stage.time.now += 1000;
  expect((await stage.challenge({ challengeData: { emailLogin: { email } } })).status).toBe(200);
  return stage.lastCode(stage.mail);
}

const ok = (answer: Answer): Answer => {
  if (answer.status !== 200) throw new Error(JSON.stringify(answer));
  return answer;
};

/** A user who has every primary factor and an authenticator app. */
async function newOwner(): Promise<Owner> {
  users += 1;
  const number = `number-${users}`;
  const email = `owner-${users}@example.com`;
  const person = await stage.signUp({ memberNumber: number, pin: '4711' });
  ok(await stage.save(person, { asocial: { id: `a-${person.id}`, secret: 'right' } }));
  ok(await stage.save(person, { zsocial: { id: `z-${person.id}`, secret: 'right' } }));
  ok(await stage.challenge({ challengeData: { emailLogin: { email } } }, person.session));
  ok(await stage.save(person, { emailLogin: { id: email, code: stage.lastCode(stage.mail) } }));
  const secret = await stage.enrolTotp(person);
  return { ...person, number, email, secret };
}

const signIn = async (way: Way, owner: Owner, second: object): Promise<Answer> =>
  stage.call('POST', '/users', { authData: { ...(await way(owner)), ...second } });

/** Signs in with what the authenticator shows once the first factor is ready. */
async function signInRightly(way: Way, owner: Owner): Promise<Answer> {
  stage.time.now += MINUTE;
  const authData = await way(owner);
  return stage.call('POST', '/users', { authData: { ...authData, totp: stage.totp(owner.secret) } });
}

describe('wrong answers to a second factor', () => {
  it.each(Object.entries(WAYS))(
    'wrong answers behind %s lock the second factor there, and not behind the password or any other primary factor',
    async (name, way) => {
      const owner = await newOwner();
      for (let guess = 0; guess < 10; guess += 1)
        expect(slug(await signIn(way, owner, { totp: '000000' }))).toBe('code_rejected');
      for (const [other, otherWay] of Object.entries(WAYS))
        expect([other, (await signInRightly(otherWay, owner)).status]).toEqual([other, other === name ? 400 : 200]);
      stage.time.now += MINUTE;
      expect((await stage.logIn(owner, { totp: stage.totp(owner.secret) })).status).toBe(200);
    },
  );

  it('wrong answers behind the password lock the second factor there, and behind no other primary factor', async () => {
    const owner = await newOwner();
    for (let guess = 0; guess < 10; guess += 1) expect(slug(await stage.logIn(owner, { totp: '000000' }))).toBe('code_rejected');
    expect(slug(await stage.logIn(owner, { totp: stage.totp(owner.secret) }))).toBe('locked');
    expect((await signIn(WAYS.fields, owner, { totp: stage.totp(owner.secret) })).status).toBe(200);
  });

  it('ten of 100 parallel answers are looked at behind each primary factor', async () => {
    const owner = await newOwner();
    for (const way of [WAYS['another social login'], WAYS['a social login']]) {
      const answers = await Promise.all(Array.from({ length: 50 }, () => signIn(way, owner, { totp: '000000' })));
      expect(answers.filter((answer) => slug(answer) === 'code_rejected')).toHaveLength(10);
    }
    expect((await stage.logIn(owner, { totp: stage.totp(owner.secret) })).status).toBe(200);
  });

  it('wrong answers behind several primary factors at once lock what stands behind none of them alone', async () => {
    const owner = await newOwner();
    const both: Way = async (user) => ({
      ...(await WAYS['a social login'](user)),
      ...(await WAYS['another social login'](user)),
    });
    for (let guess = 0; guess < 11; guess += 1) await signIn(both, owner, { totp: '000000' });
    expect(slug(await signIn(both, owner, { totp: stage.totp(owner.secret) }))).toBe('locked');
    expect((await signIn(WAYS['a social login'], owner, { totp: stage.totp(owner.secret) })).status).toBe(200);
  });

  it('wrong recovery codes are counted apart for each primary factor', async () => {
    const owner = await newOwner();
    ok(await stage.save(owner, { totp: stage.totp(owner.secret) }));
    const made = ok(await stage.save(owner, { recovery: { generate: 'true' } }));
    const [code] = String(made.body['authDataResponse'].recovery.codes).split(', ');
    for (let guess = 0; guess < 11; guess += 1) await signIn(WAYS.fields, owner, { recovery: 'AAAA-AAAA-AAAA-AAAA' });
    expect(slug(await signIn(WAYS.fields, owner, { recovery: code }))).toBe('code_rejected'); // fields tell nothing
    expect((await stage.logIn(owner, { recovery: code })).status).toBe(200);
  });

  it('an administrator forgives wrong answers behind every primary factor', async () => {
    const owner = await newOwner();
    const ways = [WAYS.fields, WAYS['a social login'], WAYS['an emailed code']];
    for (const way of ways) for (let guess = 0; guess < 10; guess += 1) await signIn(way, owner, { totp: '000000' });
    for (const way of ways) expect((await signInRightly(way, owner)).status).toBe(400);
    ok(await stage.call('POST', '/functions/factorsUnlock', { userId: owner.id }, MASTER));
    for (const way of ways) expect((await signInRightly(way, owner)).status).toBe(200);
  });

  it('wrong answers leave nothing in the store once the user is deleted', async () => {
    const owner = await newOwner();
    for (const way of [WAYS.fields, WAYS['a social login'], WAYS['another social login']])
      await signIn(way, owner, { totp: '000000' });
    const countFailing = async (): Promise<number> =>
      (await stage.rows.find('FactorState')).filter(({ failures }) => Number(failures) > 0).length;
    const failing = await countFailing();
    expect((await stage.call('DELETE', `/users/${owner.id}`, undefined, MASTER)).status).toBe(200);
    expect(failing - (await countFailing())).toBe(3);
  });
});

describe('a step of an authenticator', () => {
  it.each(Object.entries(WAYS))(
    'a step that was used behind %s does not log in behind the password, nor the other way round',
    async (_, way) => {
      const owner = await newOwner();
      expect((await signInRightly(way, owner)).status).toBe(200);
      expect(slug(await stage.logIn(owner, { totp: stage.totp(owner.secret) }))).toBe('code_rejected');
      stage.time.now += MINUTE;
      const authData = await way(owner);
      const totp = stage.totp(owner.secret);
      expect((await stage.logIn(owner, { totp })).status).toBe(200);
      expect((await stage.call('POST', '/users', { authData: { ...authData, totp } })).status).toBe(400);
    },
  );

  it('20 parallel logins with one step behind different primary factors open one session', async () => {
    const owner = await newOwner();
    const totp = stage.totp(owner.secret);
    const log = [
      () => stage.logIn(owner, { totp }),
      () => signIn(WAYS.fields, owner, { totp }),
      () => signIn(WAYS['a social login'], owner, { totp }),
      () => signIn(WAYS['another social login'], owner, { totp }),
    ];
    const answers = await Promise.all(Array.from({ length: 20 }, async (_, index) => log[index % 4]?.()));
    expect(answers.filter((answer) => answer?.body['sessionToken'] !== undefined)).toHaveLength(1);
  });
});

describe('a delivered code', () => {
  /** Asks for a code with what the login will give, as each kind of first factor does. */
  const ask = async (name: keyof typeof WAYS, owner: Owner): Promise<Record<string, object>> => {
    stage.time.now += MINUTE;
    const authData = await WAYS[name](owner);
    const sent = stage.sms.messages.length;
    if (name === 'fields') ok(await stage.challenge({ challengeData: { member: { ...authData['member'], factor: 'otp' } } }));
    else ok(await stage.challenge({ authData, challengeData: { otp: true } }));
    await expect.poll(() => stage.sms.messages.length).toBe(sent + 1);
    return authData;
  };
  const withPhone = async (): Promise<Owner> => {
    const owner = await newOwner();
    ok(await stage.save(owner, { totp: stage.totp(owner.secret) }));
    await stage.enrolPhone(owner, `+1555${String(4_000_000 + users)}`);
    return owner;
  };

  it.each(Object.keys(WAYS) as (keyof typeof WAYS)[])(
    'a code that was asked for with %s logs in with that primary factor',
    async (name) => {
      const owner = await withPhone();
      const authData = await ask(name, owner);
      const log = { authData: { ...authData, otp: stage.lastCode(stage.sms) } };
      expect((await stage.call('POST', '/users', log)).status).toBe(200);
      expect((await stage.call('POST', '/users', log)).status).not.toBe(200);
    },
  );

  it.each(Object.keys(WAYS) as (keyof typeof WAYS)[])(
    'a code that the owner has asked for with the password is not used up, replaced or locked by guesses behind %s',
    async (name) => {
      const owner = await withPhone();
      const { username, password } = owner;
      stage.time.now += MINUTE;
      ok(await stage.challenge({ username, password, challengeData: { otp: true } }));
      const code = stage.lastCode(stage.sms);
      const wrong = String((Number(code) + 1) % 1_000_000).padStart(6, '0');
      // The codes that are e-mailed take a minute each, and this one lives for five.
      for (let guess = 0; guess < (name === 'an emailed code' ? 3 : 12); guess += 1)
        await signIn(WAYS[name], owner, { otp: wrong });
      expect((await stage.logIn(owner, { otp: code })).status).toBe(200);
    },
  );

  it('a code is valid behind another primary factor than it was asked for with, and 20 logins open one session', async () => {
    const owner = await withPhone();
    const { username, password } = owner;
    stage.time.now += MINUTE;
    ok(await stage.challenge({ username, password, challengeData: { otp: true } }));
    const otp = stage.lastCode(stage.sms);
    const log = [
      () => signIn(WAYS['a social login'], owner, { otp }),
      () => stage.logIn(owner, { otp }),
      () => signIn(WAYS.fields, owner, { otp }),
      () => signIn(WAYS['another social login'], owner, { otp }),
    ];
    const answers = await Promise.all(Array.from({ length: 20 }, async (_, index) => log[index % 4]?.()));
    expect(answers.filter((answer) => answer?.body['sessionToken'] !== undefined)).toHaveLength(1);
    stage.time.now += DAY;
    await ask('a social login', owner);
    expect((await stage.logIn(owner, { otp: stage.lastCode(stage.sms) })).status).toBe(200);
  });

  it('ten guesses at a code are looked at behind each primary factor, and none while that is locked', async () => {
    const owner = await withPhone();
    const { username, password } = owner;
    stage.time.now += MINUTE;
    ok(await stage.challenge({ username, password, challengeData: { otp: true } }));
    const otp = stage.lastCode(stage.sms);
    const wrong = String((Number(otp) + 1) % 1_000_000).padStart(6, '0');
    const answers = await Promise.all(Array.from({ length: 100 }, () => signIn(WAYS['a social login'], owner, { otp: wrong })));
    expect(answers.filter((answer) => slug(answer) !== 'locked')).toHaveLength(10);
    expect(slug(await signIn(WAYS['a social login'], owner, { otp }))).toBe('locked');
    expect((await stage.logIn(owner, { otp })).status).toBe(200);
  });

  it('a user without a password is sent a code by a social login', async () => {
    const made = await stage.call('POST', '/users', { authData: { asocial: { id: 'a-alone', secret: 'right' } } });
    const person: Person = {
      id: String(made.body['objectId']),
      username: '',
      password: '',
      session: sessionHeaders(made),
    };
    await stage.enrolPhone(person, '+15554999999');
    stage.time.now += MINUTE;
    const authData = { asocial: { id: 'a-alone', secret: 'right' } };
    ok(await stage.challenge({ authData, challengeData: { otp: true } }));
    const otp = stage.lastCode(stage.sms);
    expect((await stage.call('POST', '/users', { authData: { ...authData, otp } })).status).toBe(200);
  });
});
