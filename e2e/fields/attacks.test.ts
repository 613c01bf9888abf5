// @slow
import { digits, FieldsFactor, isoDate } from '@parse-factors/fields';
import { afterAll, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import { countStatements } from '@parse-factors/test-server/count-statements';
import type { Answer, Person } from '@parse-factors/test-server/parse-server';
import { parseServerMajor } from '@parse-factors/test-server/parse-server-home';
import { slug, startStage, type Stage } from '../support/harness.js';
import { CHALLENGE, LOG_IN_WITH, MASTER, sessionHeaders } from '../support/requests.js';
import { DAY, MINUTE } from '../support/time.js';
import { BADGE } from '../support/providers.js';
import { dropFactor, storedFactors, type StoredFactors, storeFactor } from '../support/rows.js';
import { sqlOf } from '@parse-factors/test-server/database/postgres-rows';
import { onPostgres } from '@parse-factors/test-server/database/test-database';

const BIRTH_DATE = { __type: 'Date', iso: '1990-01-31T00:00:00.000Z' };

let stage: Stage;
const logged: string[] = [];
beforeAll(async () => {
  stage = await startStage({
    install: { adminFunctions: true },
    sms: { maxSendsPerIp: 100_000, maxSendsPer10Minutes: 100, maxSendsPerDay: 1000 },
    emailLogin: { maxSendsPerIp: 100_000 },
    compose: { maxAttemptsPerIp: 100_000 },
    more: {
      member: new FieldsFactor({ find: 'memberNumber', match: [{ name: 'birthDate', ...isoDate }], maxAsksPerIp: 10_000 }),
      badge: new FieldsFactor({ find: { name: 'badge', ...digits, toStored: Number }, match: ['pin'] }),
    },
    server: {
      auth: { abadge: BADGE, zbadge: BADGE },
      logLevel: 'info',
      // Parse Server's own lines about triggers hold whole rows.
      logLevels: { triggerAfter: 'silent', triggerBeforeSuccess: 'silent', triggerBeforeError: 'silent' },
      loggerAdapter: { log: (...given: unknown[]) => logged.push(JSON.stringify(given)) },
    },
  });
});
afterAll(() => stage.stop());
beforeEach(() => {
  stage.time.now += 2 * DAY; // longer than any lock
  stage.events.length = 0;
});

type Fields = Readonly<Record<string, string>>;
interface Member extends Person {
  readonly fields: Fields;
}

let members = 0;
const newFields = (): Fields => ({ memberNumber: `m-${(members += 1)}-of-them`, birthDate: '1990-01-31' });
const wrong = (fields: Fields): Fields => ({ ...fields, birthDate: '1990-02-01' });

/** A user who knows their number and birth date, without a second factor. */
async function newBare(fields = newFields()): Promise<Member> {
  return { ...(await stage.signUp({ ...fields, birthDate: BIRTH_DATE })), fields };
}

/** The same user with a phone as second factor. */
async function newMember(fields = newFields()): Promise<Member> {
  const member = await newBare(fields);
  await stage.enrolPhone(member, `+1555${String(3_000_000 + members)}`);
  stage.time.now += MINUTE;
  return member;
}

const signIn = (fields: unknown, others: object = {}, headers?: Record<string, string>): Promise<Answer> =>
  stage.call('POST', '/users', { authData: { member: fields, ...others } }, headers);
const ask = (fields: unknown): Promise<Answer> =>
  stage.challenge({ challengeData: { member: { ...(fields as object), factor: 'otp' } } });

async function codeOf(fields: Fields): Promise<string> {
  stage.time.now += MINUTE;
  const sent = stage.sms.messages.length;
  expect((await ask(fields)).status).toBe(200);
  await expect.poll(() => stage.sms.messages.length).toBe(sent + 1);
  return stage.lastCode(stage.sms);
}

async function lock(fields: Fields): Promise<Fields> {
  for (let guess = 0; guess < 11; guess += 1) await signIn(wrong(fields));
  return fields;
}

const authDataOf = (user: Pick<Person, 'id'>): Promise<StoredFactors> => storedFactors(stage, user);

const SIGN_UP = `mutation ($input: SignUpInput!) { signUp(input: $input) { viewer { sessionToken } } }`;

/** All of an answer that a client sees, but for what differs between any two. */
async function seen(path: string, body: object, headers: Record<string, string> = {}): Promise<string> {
  const url = path === '/graphql' ? stage.url.replace(/parse$/, 'graphql') : `${stage.url}${path}`;
  const response = await fetch(url, {
    method: 'POST',
    headers: { 'X-Parse-Application-Id': 'test', 'Content-Type': 'application/json', ...headers },
    body: JSON.stringify(body),
  });
  const shown = [...response.headers].filter(([name]) => name !== 'date' && name !== 'x-parse-request-id');
  return JSON.stringify([response.status, shown, await response.text()]);
}

/** Each kind of user that an answer might give away. */
async function kinds(): Promise<Record<string, Fields>> {
  const known = await newMember();
  const linked = await newMember();
  await signIn(linked.fields, { otp: await codeOf(linked.fields) });
  const twins = await newMember();
  await newMember(twins.fields);
  const bare = await newBare();
  return {
    'known, wrong date': wrong(known.fields),
    'known and linked, wrong date': wrong(linked.fields),
    ambiguous: twins.fields,
    'without a second factor': bare.fields,
    'locked, known': await lock((await newMember()).fields),
    'locked, unknown': await lock(newFields()),
    // What is right is told only with all of it.
    'known, right': known.fields,
    'known and linked, right': linked.fields,
  };
}

describe('nothing is told', () => {
  it('the answer to a login by fields is the same byte for byte, for every user and every part that is right', async () => {
    const others: Record<string, object> = {
      alone: {},
      'with a wrong code': { otp: '000000' },
      'with a malformed code': { otp: { code: ['1'] } },
      'with a factor that is not set up': { totp: '123456' },
      'with a factor to be set up': { otp: { phone: '+15551234567', code: '123456' } },
      'with a factor to be removed': { otp: null },
      'with a provider that is wrong': { abadge: { id: 'x', secret: 'wrong' } },
      'with another that is wrong': { zbadge: { id: 'x', secret: 'wrong' } },
      'with a provider that is not known': { zzz: { id: '1' } },
      'with an address and a wrong code': { emailLogin: { id: 'someone@example.com', code: '000000' } },
    };
    const fieldsOf = await kinds();
    for (const [name, more] of Object.entries(others)) {
      const reference = await seen('/users', { authData: { member: newFields(), ...more } });
      expect(JSON.parse(reference)[0], name).toBeGreaterThanOrEqual(400);
      for (const [kind, fields] of Object.entries(fieldsOf)) {
        await stage.call('POST', '/functions/none');
        expect(await seen('/users', { authData: { member: fields, ...more } }), `${kind}, ${name}`).toBe(reference);
      }
    }
  });

  it('no other way to sign in tells whether fields are right', async () => {
    const stranger = await stage.signUp();
    const ways: Record<string, (fields: Fields) => Promise<string>> = {
      'with a user name': (member) => seen('/users', { username: 'x', password: 'y', authData: { member } }),
      'by class': (member) => seen('/classes/_User', { authData: { member, otp: '123456' } }),
      'in a batch': (member) =>
        seen('/batch', { requests: [{ method: 'POST', path: '/parse/users', body: { authData: { member, otp: '123456' } } }] }),
      'by GraphQL': (member) =>
        seen('/graphql', { query: LOG_IN_WITH, variables: { input: { authData: { member, otp: '123456' } } } }),
      'by a sign-up of GraphQL': (member) =>
        seen('/graphql', {
          query: SIGN_UP,
          variables: { input: { fields: { username: 'x', password: 'y', authData: { member } } } },
        }),
      'with a session': (member) => seen('/users', { authData: { member, otp: '123456' } }, stranger.session),
      'with the master key': (member) => seen('/users', { authData: { member, otp: '000000' } }, MASTER),
      'as who asks for a code': (member) => seen('/challenge', { authData: { member }, challengeData: { otp: true } }),
    };
    const fieldsOf = await kinds();
    for (const [name, way] of Object.entries(ways)) {
      const reference = await way(newFields());
      for (const [kind, fields] of Object.entries(fieldsOf)) expect(await way(fields), `${kind}, ${name}`).toBe(reference);
    }
  });

  it('the reply to an ask for a code does not tell whether fields are right', async () => {
    const ways: Record<string, (fields: object) => Promise<string>> = {
      REST: (member) => seen('/challenge', { challengeData: { member } }),
      GraphQL: (member) => seen('/graphql', { query: CHALLENGE, variables: { input: { challengeData: { member } } } }),
    };
    const fieldsOf = await kinds();
    for (const [name, way] of Object.entries(ways)) {
      for (const factor of ['otp', 'email', 'totp']) {
        const reference = await way({ ...newFields(), factor });
        expect(reference).toContain('sent');
        for (const [kind, fields] of Object.entries(fieldsOf)) {
          // Again and again: the cooldown of who gets a code is not told.
          for (let round = 0; round < 2; round += 1) {
            expect(await way({ ...fields, factor }), `${kind}, ${name}, ${factor}`).toBe(reference);
          }
        }
      }
    }
  });

  it('a session learns nothing about the fields of another user', async () => {
    const [stranger, member] = [await newMember(), await newMember()];
    await stage.save(stranger, { member: stranger.fields });
    const bare = await stage.signUp();
    const fieldsOf = await kinds();
    for (const person of [stranger, bare]) {
      for (const others of [{}, { totp: '123456' }, { otp: { status: 'enabled' } }, { zbadge: { id: 'x', secret: 'wrong' } }]) {
        const put = async (fields: Fields): Promise<unknown> => {
          const { status, body } = await stage.save(person, { member: fields, ...others });
          return [status, body];
        };
        const reference = await put(newFields());
        for (const [kind, fields] of Object.entries(fieldsOf)) expect(await put(fields), kind).toEqual(reference);
        expect(await put(member.fields)).toEqual(reference);
      }
    }
  });

  it('the number of statements does not tell whether fields are right', async () => {
    const fieldsOf = await kinds();
    const names = ['known, wrong date', 'known and linked, wrong date', 'ambiguous', 'without a second factor'];
    const count = (fields: Fields, work: (fields: Fields) => Promise<unknown>): Promise<number> =>
      countStatements(() => work(fields));
    for (const work of [signIn, ask]) {
      const unknown = newFields();
      await work(unknown); // the first attempt at anything makes a row for it
      const reference = await count(unknown, work);
      for (const name of names) {
        await work(fieldsOf[name] ?? {});
        expect(await count(fieldsOf[name] ?? {}, work), name).toBe(reference);
      }
      expect(await count(fieldsOf['locked, known'] ?? {}, work)).toBe(await count(fieldsOf['locked, unknown'] ?? {}, work));
    }
  });

  it('no event and no log line contains the fields that were sent', async () => {
    const member = await newMember();
    await signIn(wrong(member.fields));
    await signIn({ ...member.fields, birthDate: '1990-01-31x' });
    await stage.call('POST', '/login', {
      username: member.username,
      password: member.password,
      authData: { member: member.fields },
    });
    await signIn(member.fields, { otp: await codeOf(member.fields) });
    const told = JSON.stringify(stage.events) + logged.join('\n');
    expect(stage.events.length).toBeGreaterThan(0);
    for (const value of [...Object.values(member.fields), '1990-02-01', '1990-01-31x'])
      expect(told.includes(value), value).toBe(false);
  });
});

describe('what was right is not told by what is sent beside', () => {
  const emailCode = async (email: string): Promise<string> => {
    stage.time.now += 2 * MINUTE;
    await stage.challenge({ challengeData: { emailLogin: { email } } });
    return stage.lastCode(stage.mail);
  };

  it('an own code by e-mail beside fields does not tell whether they are right, and stays valid', async () => {
    const member = await newMember();
    for (const fields of [member.fields, wrong(member.fields)]) {
      const id = `own${fields['birthDate']}@example.com`;
      const code = await emailCode(id);
      for (let guess = 0; guess < 5; guess += 1) {
        expect(slug(await signIn(fields, { emailLogin: { id, code } }))).toBe('code_rejected');
      }
      expect((await stage.call('POST', '/users', { authData: { emailLogin: { id, code } } })).status).toBe(201);
    }
  });

  it('an own session beside fields does not tell whether they are right, on an account of its own provider', async () => {
    const member = await newMember();
    const { body } = await stage.call('POST', '/users', { authData: { anonymous: { id: 'own' } } });
    const session = sessionHeaders({ body });
    const answers = await Promise.all(
      [member.fields, wrong(member.fields), newFields()].map((fields) => signIn(fields, { anonymous: { id: 'own' } }, session)),
    );
    expect(answers.map(slug)).toEqual(Array(3).fill('code_rejected'));
    expect(answers[0]).toEqual(answers[1]);
  });
});

describe('spellings of fields', () => {
  it('other spellings that the database takes for the same find no user, and win no guesses', async () => {
    const person = await stage.signUp({ badge: 4711, pin: '1234' });
    const secret = await stage.enrolTotp(person);
    const guess = (badge: string, pin: string): Promise<Answer> =>
      stage.call('POST', '/users', { authData: { badge: { badge, pin }, totp: stage.totp(secret) } });
    const before = stage.events.length;
    for (let zeros = 1; zeros < 20; zeros += 1)
      expect(slug(await guess(`${'0'.repeat(zeros)}4711`, '1234'))).toBe('code_rejected');
    const told = stage.events.slice(before).filter(({ userId }) => userId === person.id);
    expect(told).toEqual([]);
    expect((await guess('4711', '1234')).status).toBe(200);
  });
});

describe('guessing', () => {
  it('ten of 200 parallel guesses at a birth date are looked at', async () => {
    const { fields, id } = await newMember();
    const day = (index: number): string => new Date(Date.UTC(1990, 0, 1 + index)).toISOString().slice(0, 10);
    const guesses = Array.from({ length: 200 }, (_, index) => ({ ...fields, birthDate: day(index + 40) }));
    const answers = await Promise.all(guesses.map((guess) => signIn(guess)));
    expect(new Set(answers.map((answer) => JSON.stringify(answer.body))).size).toBe(1);
    const reasons = stage.events.filter(({ type }) => type === 'rejected').map(({ reason }) => reason);
    expect(reasons.filter((reason) => reason === 'code_rejected').length).toBe(10);
    expect(reasons.filter((reason) => reason === 'locked').length).toBe(190);
    expect(stage.events.filter(({ type }) => type === 'locked')).toMatchObject([{ factor: 'member', userId: id }]);
  });

  it('asking for codes counts as guessing at fields, and a locked user is sent none', async () => {
    const { fields } = await newMember();
    await Promise.all(Array.from({ length: 100 }, () => ask(wrong(fields))));
    const sent = stage.sms.messages.length;
    await ask(fields);
    await codeOf((await newMember()).fields); // enrols, asks
    expect(stage.sms.messages.length).toBe(sent + 2);
    expect(slug(await signIn(fields, { otp: '123456' }))).toBe('code_rejected');
  });

  it('a lock of fields grows each time, is told to no guesser, and ends with time or an administrator', async () => {
    const { fields, id } = await newMember();
    const code = await codeOf(fields);
    await lock(fields);
    expect(slug(await signIn(fields, { otp: code }))).toBe('code_rejected');
    const unlocked = await stage.call('POST', '/functions/factorsUnlock', { userId: id }, MASTER);
    expect(unlocked.status).toBe(200);
    await lock(fields);
    stage.time.now += 15 * MINUTE + 1;
    expect((await signIn(fields, { otp: await codeOf(fields) })).status).toBe(200);
    await lock(fields);
    const answer = await stage.call('POST', '/functions/factorsUnlock', { userId: id, factor: 'member' }, MASTER);
    expect(answer.body['result']).toEqual(['member']);
    expect((await signIn(fields, { otp: await codeOf(fields) })).status).toBe(200);
  });

  it("guesses at fields are not forgotten for another user's success, a session's proof elsewhere, or another factor's", async () => {
    const [victim, thief] = [await newMember(), await newMember()];
    for (let guess = 0; guess < 10; guess += 1) {
      await signIn(wrong(victim.fields));
      expect((await signIn(thief.fields, { otp: await codeOf(thief.fields) })).status).toBe(200);
    }
    expect(slug(await signIn(victim.fields, { otp: '123456' }))).toBe('code_rejected');
    expect(stage.events.filter(({ reason }) => reason === 'locked').length).toBe(1);
  });

  it('a user who asks for a code and logs in with it every day is never locked', async () => {
    const { fields } = await newMember();
    for (let day = 0; day < 12; day += 1) {
      stage.time.now += 11 * MINUTE;
      await signIn(wrong(fields));
      expect((await signIn(fields, { otp: await codeOf(fields) })).status).toBe(200);
    }
  });

  it('guesses at the second factor after fields are as limited as ever', async () => {
    const { fields } = await newMember();
    const code = await codeOf(fields);
    const codes = Array.from({ length: 30 }, (_, index) =>
      String(Number(code) + index + 1)
        .padStart(6, '0')
        .slice(-6),
    );
    await Promise.all(codes.map((otp) => signIn(fields, { otp })));
    expect(slug(await signIn(fields, { otp: code }))).toBe('code_rejected');
  });
});

describe('races', () => {
  it('20 parallel first logins with one code open one session', async () => {
    const member = await newMember();
    const otp = await codeOf(member.fields);
    // Ten attempts are looked at.
    const answers = await Promise.all(Array.from({ length: 20 }, () => signIn(member.fields, { otp })));
    expect(answers.filter(({ status }) => status === 200).length).toBe(1);
    const sessions = await stage.rows.find('_Session', { user: member.id });
    expect(sessions.filter(({ createdWith }) => JSON.stringify(createdWith).includes('member'))).toHaveLength(1);
    stage.time.now += DAY;
    expect((await signIn(member.fields, { otp: await codeOf(member.fields) })).status).toBe(200);
  });

  it('parallel first logins and asks leave one record that opens', async () => {
    const member = await newMember();
    const otp = await codeOf(member.fields);
    await Promise.all([
      ...Array.from({ length: 4 }, () => signIn(member.fields)),
      signIn(member.fields, { otp }),
      ask(member.fields),
    ]);
    const list = await stage.call('POST', '/functions/factorsList', { userId: member.id }, MASTER);
    expect(list.body['result'].member).toEqual({ status: 'enabled' });
  });

  it.runIf(onPostgres)('a first login ends when another request holds its row, and the next one works', async () => {
    const member = await newMember();
    const otp = await codeOf(member.fields);
    const sql = sqlOf(stage);
    await sql.query('begin');
    await sql.query(`select 1 from "_User" where "objectId" = $1 for update`, [member.id]);
    const refused = await signIn(member.fields, { otp });
    await sql.query('rollback');
    expect(slug(refused)).toBe('unavailable');
    expect((await signIn(member.fields, { otp })).status).toBe(200);
  });

  it("a login ends when a batch's transaction writes its row, and the next one works", async () => {
    const member = await newMember();
    const otp = await codeOf(member.fields);
    const requests = [
      { method: 'PUT', path: `/parse/users/${member.id}`, body: { nickname: 'Ann' } },
      { method: 'POST', path: '/parse/users', body: { authData: { member: member.fields, otp } } },
    ];
    const batch = await stage.call('POST', '/batch', { requests, transaction: true }, member.session);
    expect(JSON.stringify(batch.body)).not.toContain('sessionToken');
    stage.time.now += DAY;
    expect((await signIn(member.fields, { otp: await codeOf(member.fields) })).status).toBe(200);
  });
});

describe('a user that no lookup has found', () => {
  it('an id, a ticket, or fields beside a password is no answer that was looked up', async () => {
    const [victim, thief] = [await newMember(), await newMember()];
    await signIn(victim.fields, { otp: await codeOf(victim.fields) });
    await signIn(thief.fields, { otp: await codeOf(thief.fields) });
    const [theirs, own] = [(await authDataOf(victim))['member'], (await authDataOf(thief))['member']];
    const ticket = 'A'.repeat(43);
    const before = [await authDataOf(victim), await authDataOf(thief)];
    for (const record of [theirs, own]) {
      const { id = '', sealed = '' } = record ?? {};
      for (const payload of [
        { id },
        { id, sealed },
        { id, ticket },
        { ...victim.fields, id },
        { ...victim.fields, ticket },
        { status: 'enabled', id },
      ]) {
        const otp = await codeOf(thief.fields);
        for (const answer of [
          await signIn(payload, { otp }),
          await signIn(payload),
          await stage.logIn(thief, { member: payload, otp }),
          await stage.logIn(thief, { member: payload }),
          await stage.challenge({ authData: { member: payload }, challengeData: { otp: true } }),
        ]) {
          expect(answer.status, JSON.stringify(payload)).toBeGreaterThanOrEqual(400);
          expect(answer.status).toBeLessThan(500);
        }
        await stage.save(thief, { member: payload });
        await stage.save(thief, { member: payload, otp });
        await stage.call('PUT', `/users/${thief.id}`, { authData: { member: payload } });
        await stage.call('PUT', `/users/${victim.id}`, { authData: { member: payload } }, thief.session);
      }
    }
    expect([await authDataOf(victim), await authDataOf(thief)]).toEqual(before);
    expect((await stage.logIn(thief, { member: victim.fields, otp: await codeOf(thief.fields) })).status).toBe(400);
    // Parse Server 8 looks them up there as well, so the user's own fields are one more answer.
    const beside = await stage.logIn(thief, { member: thief.fields, otp: await codeOf(thief.fields) });
    expect(beside.status).toBe(parseServerMajor === 8 ? 200 : 400);
    expect((await stage.logIn(thief, { otp: await codeOf(thief.fields) })).status).toBe(200);
  });

  it("fields beside another user's address prove no user, in either order of look-up", async () => {
    const [victim, thief] = [await newMember(), await newMember()];
    await signIn(victim.fields, { otp: await codeOf(victim.fields) });
    const id = 'thief@example.com';
    const askByMail = async (headers?: Record<string, string>): Promise<string> => {
      stage.time.now += MINUTE;
      await stage.challenge({ challengeData: { emailLogin: { email: id } } }, headers);
      return stage.lastCode(stage.mail);
    };
    await stage.challenge({ challengeData: { otp: true } }, thief.session);
    await stage.save(thief, { otp: stage.lastCode(stage.sms) });
    expect((await stage.save(thief, { emailLogin: { id, code: await askByMail(thief.session) } })).status).toBe(200);
    for (const fields of [victim.fields, wrong(victim.fields)]) {
      const code = await askByMail();
      const answer = await signIn(fields, { emailLogin: { id, code }, otp: await codeOf(thief.fields) });
      expect([slug(answer), answer.body['sessionToken']]).toEqual(['code_rejected', undefined]);
    }
    expect(Object.keys(await authDataOf(victim)).toSorted()).toEqual(['member', 'otp']);
  });

  it("a record of fields that was copied to another user's row opens no session", async () => {
    const [victim, thief] = [await newMember(), await newMember()];
    await signIn(victim.fields, { otp: await codeOf(victim.fields) });
    const { member } = await authDataOf(victim);
    await dropFactor(stage, victim, 'member');
    await storeFactor(stage, thief, 'member', member);
    // The user's own fields find them by it; no other user's fields do.
    const answer = await signIn(victim.fields, { otp: await codeOf(thief.fields) });
    expect(answer.body['sessionToken']).toBe(undefined);
  });

  it('fields change no user, with or without a session, however the keys are spelled', async () => {
    const [victim, thief] = [await newMember(), await newMember()];
    const before = [await authDataOf(victim), await authDataOf(thief)];
    const dotted = { 'authData.member.memberNumber': victim.fields['memberNumber'], 'authData.member.birthDate': '1990-01-31' };
    for (const headers of [{}, thief.session]) {
      for (const body of [dotted, { ...dotted, authData: { member: thief.fields } }, { 'authData.member': victim.fields }]) {
        for (const path of [`/users/${victim.id}`, `/users/${thief.id}`]) {
          // Parse Server 8 leaves such keys out, and what is left is the thief's own proof.
          const isProof = parseServerMajor === 8 && headers === thief.session && path.includes(thief.id) && 'authData' in body;
          if (!isProof) expect((await stage.call('PUT', path, body, headers)).status).toBeGreaterThanOrEqual(400);
        }
        const answer = await stage.call('POST', '/users', body, headers);
        expect([answer.status >= 400, answer.body['sessionToken']]).toEqual([true, undefined]);
      }
    }
    const after = [await authDataOf(victim), await authDataOf(thief)].map(({ member: _own, ...others }) => others);
    expect(after).toEqual(before);
  });
});

describe('malformed fields', () => {
  it('malformed fields are refused before anything is counted, for every user, and nothing of them is stored', async () => {
    const { fields, id } = await newMember();
    const { memberNumber = '' } = fields;
    const values: unknown[] = [
      '',
      ' ',
      0,
      true,
      null,
      [],
      ['1990-01-31'],
      {},
      { $ne: null },
      { $regex: '.' },
      { __op: 'Delete' },
      { __type: 'Date', iso: '1990-01-31T00:00:00.000Z' },
      '1990-02-31',
      '1990-1-31',
      '31.01.1990',
      '1990-01-31T00:00:00Z',
      '١٩٩٠-٠١-٣١',
      '１９９０-01-31',
      '1990-01-31\u200b',
      '1990\0-01-31',
      'x'.repeat(1_000_000),
    ];
    const payloads: unknown[] = [
      ...values.map((birthDate) => ({ memberNumber, birthDate })),
      ...values.slice(0, 12).map((number) => ({ ...fields, memberNumber: number })),
      { memberNumber: `${memberNumber}\u200b`, birthDate: '1990-01-31' },
      { memberNumber: `${memberNumber}\ud800`, birthDate: '1990-01-31' },
      { memberNumber: 'x'.repeat(101), birthDate: '1990-01-31' },
      { memberNumber },
      { birthDate: '1990-01-31' },
      { ...fields, more: 'x' },
      { ...fields, code: '123456' },
      { ...fields, factor: 'otp' },
      JSON.parse(`{"memberNumber":"${memberNumber}","birthDate":"1990-01-31","__proto__":{"id":"x"}}`),
      [fields],
      JSON.stringify(fields),
      memberNumber,
      42,
      true,
      {},
      [],
    ];
    for (const payload of payloads) {
      for (const answer of [await signIn(payload), await signIn(payload, { otp: '123456' })]) {
        const shown = JSON.stringify(payload).slice(0, 100);
        expect([answer.status, shown]).toEqual([expect.toSatisfy((status) => status >= 400 && status < 500), shown]);
        expect(JSON.stringify(answer.body)).not.toContain('1990');
      }
    }
    for (const asked of [
      ...values.map((factor) => ({ ...fields, factor })),
      fields,
      { ...fields, factor: 'member' },
      { ...fields, factor: 'emailLogin' },
      { ...fields, factor: 'toString' },
      { ...fields, factor: 'otp', id: 'x' },
      { ...fields, factor: 'otp', birthDate: ['1990-01-31'] },
      'x',
      true,
      [],
    ]) {
      const answer = await stage.challenge({ challengeData: { member: asked } });
      expect([answer.status, slug(answer)], JSON.stringify(asked).slice(0, 100)).toEqual([400, 'invalid_input']);
    }
    expect(stage.events.filter(({ type }) => type === 'rejected')).toEqual([]);
    expect(Object.keys(await authDataOf({ id }))).toEqual(['otp']);
    expect((await signIn(fields, { otp: await codeOf(fields) })).status).toBe(200);
  });
});
