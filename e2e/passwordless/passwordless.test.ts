// @compat
import { randomUUID } from 'node:crypto';
import { RecoveryCodesFactor } from '@parse-factors/recovery-codes';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { loadParseSdk } from '@parse-factors/test-server/parse-sdk';
import type { Answer, Person } from '@parse-factors/test-server/parse-server';
import { slug, startStage, type Stage } from '../support/harness.js';
import { CHALLENGE, LOG_IN_WITH, MASTER, personOf } from '../support/requests.js';
import { HOUR, MINUTE } from '../support/time.js';
import { DEFAULT_BADGE } from '../support/providers.js';
import { countSessions, countUsersBy, storedFactors, storeFactors } from '../support/rows.js';

let stage: Stage;
beforeAll(async () => {
  stage = await startStage({
    install: { adminFunctions: true },
    emailLogin: { maxSendsPerIp: 100_000 },
    compose: { maxAttemptsPerIp: 100_000 },
    more: { recovery: new RecoveryCodesFactor() },
    server: { auth: { badge: DEFAULT_BADGE } },
  });
});
afterAll(() => stage.stop());

const newAddress = (): string => `${randomUUID()}@example.com`;
const ask = (email: unknown, headers?: Record<string, string>): Promise<Answer> =>
  stage.challenge({ challengeData: { emailLogin: { email } } }, headers);
const signIn = (authData: unknown, others: object = {}): Promise<Answer> =>
  stage.call('POST', '/users', { authData: { emailLogin: authData, ...others } });

/** A code that was just sent there. */
async function codeFor(email: string): Promise<string> {
  stage.time.now += MINUTE;
  const { status, body } = await ask(email);
  expect(body).toMatchObject({ challengeData: { emailLogin: { status: 'sent' } } });
  expect(status).toBe(200);
  expect(stage.mail.messages.at(-1)?.to).toBe(email);
  return stage.lastCode(stage.mail);
}

/** A user who has signed up with an address alone. */
async function newPerson(email = newAddress()): Promise<Person & { readonly email: string }> {
  const answer = await signIn({ id: email, code: await codeFor(email) });
  expect(answer.status).toBe(201);
  return { ...personOf(answer), email };
}

const sessionsOf = (person: Person): Promise<number> => countSessions(stage, person);

/** A code for the session's own address, or for another one. */
async function codeBySession(person: Pick<Person, 'session'>, payload: unknown): Promise<string> {
  stage.time.now += MINUTE;
  expect((await stage.challenge({ challengeData: { emailLogin: payload } }, person.session)).status).toBe(200);
  return stage.lastCode(stage.mail);
}

describe('a code by e-mail alone', () => {
  it('an emailed code signs up and logs in again, and proves itself only once', async () => {
    const email = newAddress();
    const code = await codeFor(email);
    const signedUp = await signIn({ id: email, code });
    expect(signedUp).toMatchObject({ status: 201, body: { sessionToken: expect.any(String) } });
    expect(slug(await signIn({ id: email, code }))).toBe('code_rejected');
    const again = await signIn({ id: email, code: await codeFor(email) });
    expect(again).toMatchObject({ status: 200, body: { objectId: signedUp.body['objectId'] } });
    expect(again.body['sessionToken']).not.toBe(signedUp.body['sessionToken']);
    const me = await stage.call('GET', '/users/me', undefined, personOf(again).session);
    expect(me.body['authData']).toEqual({
      emailLogin: { status: 'enabled', destination: expect.stringMatching(/^.•••@e•••\.com$/) },
    });
  });

  it('a code is asked for with any spelling of the address, and is valid for its one normalised form', async () => {
    const email = newAddress();
    stage.time.now += MINUTE;
    expect((await ask(email.toUpperCase())).status).toBe(200);
    const code = stage.lastCode(stage.mail);
    expect(slug(await signIn({ id: email.toUpperCase(), code }))).toBe('invalid_input');
    expect((await signIn({ id: email, code })).status).toBe(201);
    // An international domain is kept in ASCII.
    stage.time.now += MINUTE;
    await ask('ann@bücher.example');
    expect(stage.mail.messages.at(-1)?.to).toBe('ann@xn--bcher-kva.example');
    const answer = await signIn({
      id: 'ann@xn--bcher-kva.example',
      email: 'ann@bücher.example',
      code: stage.lastCode(stage.mail),
    });
    expect(answer.status).toBe(201);
    // A sub-address is an address of its own.
    const tagged = email.replace('@', '+tag@');
    expect((await signIn({ id: tagged, code: await codeFor(tagged) })).status).toBe(201);
  });

  it('a sign-in accepts the older spelling of authData', async () => {
    const email = newAddress();
    expect((await signIn({ id: email, email, otp: await codeFor(email) })).status).toBe(201);
    expect((await signIn({ id: email, otp: await codeFor(email) })).status).toBe(200);
  });

  it('passwordless sign-in works by GraphQL', async () => {
    const email = newAddress();
    const input = { challengeData: { emailLogin: { email } } };
    stage.time.now += MINUTE;
    expect((await stage.graphql(CHALLENGE, { input }))['data'].challenge.challengeData.emailLogin.status).toBe('sent');
    const use = (code: string) => stage.graphql(LOG_IN_WITH, { input: { authData: { emailLogin: { id: email, code } } } });
    const { viewer } = (await use(stage.lastCode(stage.mail)))['data'].logInWith;
    expect(viewer.sessionToken).toEqual(expect.any(String));
    const again = await use(await codeFor(email));
    expect(again['data'].logInWith.viewer.user.objectId).toBe(viewer.user.objectId);
    expect((await use('000000'))['errors'][0].message).toMatch(/^code_rejected/);
  });

  it('passwordless sign-in works with the JS SDK', async () => {
    const Parse = loadParseSdk('test', stage.url);
    Parse.User.enableUnsafeCurrentUser();
    const email = newAddress();
    const user = await Parse.User.logInWith('emailLogin', { authData: { id: email, code: await codeFor(email) } });
    await Parse.User.logOut();
    const again = await Parse.User.logInWith('emailLogin', { authData: { id: email, code: await codeFor(email) } });
    expect(again.id).toBe(user.id);
    const second = newAddress();
    const session = { 'X-Parse-Session-Token': again.getSessionToken() };
    // Changing the address takes a proof of the old one.
    await again.linkWith('emailLogin', {
      authData: { id: email, code: await codeBySession({ session }, true) },
    });
    await again.linkWith('emailLogin', {
      authData: { id: second, code: await codeBySession({ session }, { email: second }) },
    });
    await again.save();
    await Parse.User.logOut();
    const changed = new Parse.User();
    await changed.linkWith('emailLogin', { authData: { id: second, code: await codeFor(second) } });
    expect(changed.id).toBe(user.id);
    expect(changed.getSessionToken()).toEqual(expect.any(String));
  });

  it('an SDK that sends the used code along later causes no error', async () => {
    const Parse = loadParseSdk('test', stage.url);
    Parse.User.enableUnsafeCurrentUser();
    const email = newAddress();
    const user = await Parse.User.logInWith('emailLogin', { authData: { id: email, code: await codeFor(email) } });
    const session = { 'X-Parse-Session-Token': user.getSessionToken() };
    const badge = { authData: { id: randomUUID(), secret: 'right' } };
    await expect(user.linkWith('badge', badge)).rejects.toThrow('fresh_proof_required');
    stage.time.now += MINUTE;
    await stage.challenge({ challengeData: { emailLogin: true } }, session);
    await user.linkWith('emailLogin', { authData: { id: email, code: stage.lastCode(stage.mail) } });
    await user.linkWith('badge', badge);
    const asked = await stage.challenge({ challengeData: { totp: true } }, session);
    const secret = String(asked.body['challengeData'].totp.secret);
    await user.linkWith('totp', { authData: { code: stage.totp(secret) } });
    user.set('nickname', 'Ann');
    await user.save();
    const me = await stage.call('GET', '/users/me', undefined, session);
    expect(Object.keys(me.body['authData'])).toEqual(expect.arrayContaining(['emailLogin', 'badge', 'totp']));
    // What is sent along proves nothing, and locks nothing.
    for (let round = 0; round < 12; round += 1) {
      await stage.call(
        'PUT',
        `/users/${user.id}`,
        { authData: { emailLogin: { id: email, code: '000000' }, totp: { status: 'enabled' } } },
        session,
      );
    }
    expect(slug(await stage.call('PUT', `/users/${user.id}`, { authData: { emailLogin: null } }, session))).toBe(
      'fresh_proof_required',
    );
    expect((await signIn({ id: email, code: await codeFor(email) }, { totp: stage.totp(secret, 1) })).status).toBe(200);
    await Parse.User.logOut();
  });

  it('passwordless sign-in works by SMS', async () => {
    const phone = '+15551230001';
    const signInByPhone = async (): Promise<Answer> => {
      stage.time.now += MINUTE;
      await stage.challenge({ challengeData: { phoneLogin: { phone: '+1 (555) 123-0001' } } });
      return stage.call('POST', '/users', { authData: { phoneLogin: { id: phone, code: stage.lastCode(stage.sms) } } });
    };
    const signedUp = await signInByPhone();
    expect(signedUp.status).toBe(201);
    expect((await signInByPhone()).body['objectId']).toBe(signedUp.body['objectId']);
  });

  it('malformed input does not spend a code', async () => {
    const email = newAddress();
    const code = await codeFor(email);
    const bad = [
      code,
      { code },
      { id: email },
      { id: email, code: Number(code) },
      { id: email, code: `${code}0` },
      { id: email, code, more: 'x' },
      { id: email, code, otp: code },
      { id: email, email: 'other@example.com', code },
      { id: [email], code },
      { id: { $ne: null }, code },
      { id: '', code },
      [{ id: email, code }],
      { id: email, code: ['1'] },
      { __op: 'Delete' },
    ];
    for (const payload of bad) {
      const { status, body } = await signIn(payload);
      expect([status, JSON.stringify(body)], JSON.stringify(payload)).toEqual([
        expect.toSatisfy((n) => n >= 400 && n < 500),
        expect.not.stringContaining(email),
      ]);
    }
    expect((await signIn({ id: email, code })).status).toBe(201);
  });
});

describe('what strangers learn', () => {
  it('an ask for a code gets the same reply for known, unknown and guessed-at addresses', async () => {
    const { email } = await newPerson();
    const guessedAt = newAddress();
    const code = await codeFor(guessedAt);
    for (let guess = 0; guess < 12; guess += 1) await signIn({ id: guessedAt, code: code === '000000' ? '000001' : '000000' });
    stage.time.now += MINUTE;
    const [known, unknown, other] = [await ask(email), await ask(newAddress()), await ask(guessedAt)];
    // What was sent comes back in either: the address, and its mask.
    const asked = /"destination":".•••@|"id":"[^"]+"/g;
    const withoutMask = ({ status, body }: Answer): unknown => [status, JSON.stringify(body).replaceAll(asked, '')];
    expect(withoutMask(unknown)).toEqual(withoutMask(known));
    expect(withoutMask(other)).toEqual(withoutMask(known));
    // No number of wrong codes keeps its owner out.
    expect(stage.mail.messages.at(-1)?.to).toBe(guessedAt);
    expect((await signIn({ id: guessedAt, code: stage.lastCode(stage.mail) })).status).toBe(201);
  });

  it('a user who sends an id beside other things, or changes another user, learns nothing', async () => {
    const known = await newPerson();
    await stage.enrolEmail(known, newAddress());
    const stranger = await stage.signUp();
    const enrolled = await stage.signUp();
    await stage.enrolEmail(enrolled, newAddress());
    const ways: ((id: string) => Promise<Answer>)[] = [];
    for (const person of [stranger, enrolled]) {
      const put = (body: object): Promise<Answer> => stage.call('PUT', `/users/${person.id}`, body, person.session);
      ways.push(
        (id) => put({ password: 'x', authData: { emailLogin: { id, code: '000000' } } }),
        (id) => put({ password: 'x', authData: { emailLogin: { id } } }),
        (id) => put({ authData: { email: '123456', emailLogin: { id, code: '000000' } } }),
        (id) => put({ authData: { totp: '123456', emailLogin: { id, code: '000000' } } }),
        (id) => put({ authData: { badge: { id: 'x', secret: 'wrong' }, emailLogin: { id, code: '000000' } } }),
        (id) => stage.call('PUT', `/users/${known.id}`, { authData: { phoneLogin: { id, code: '000000' } } }, person.session),
        (id) =>
          stage.call('POST', '/users', { authData: { email: '123456', emailLogin: { id, code: '000000' } } }, person.session),
      );
    }
    ways.push((id) => stage.call('PUT', `/users/${stranger.id}`, { authData: { emailLogin: { id, code: '000000' } } }));
    for (const way of ways) {
      const [one, other] = [await way(known.email), await way(newAddress())];
      expect(one, String(way)).toEqual(other);
      expect(one.status).toBeGreaterThanOrEqual(400);
    }
  });

  it('a wrong code gets the same reply for every address', async () => {
    const known = await newPerson();
    const withTotp = await newPerson();
    await stage.enrolTotp(withTotp);
    const withMail = await newPerson();
    await stage.enrolEmail(withMail, newAddress());
    const guessedAt = newAddress();
    await codeFor(guessedAt);
    for (let guess = 0; guess < 12; guess += 1) await signIn({ id: guessedAt, code: '000000' });
    const asked = newAddress();
    const code = await codeFor(asked);
    const spent = newAddress();
    await signIn({ id: spent, code: await codeFor(spent) });
    const wrong = code === '000000' ? '000001' : '000000';
    const addresses = [newAddress(), asked, spent, guessedAt, known.email, withTotp.email, withMail.email];
    const stranger = await stage.signUp();
    const ways: ((id: string) => Promise<Answer>)[] = [
      (id) => signIn({ id, code: wrong }),
      (id) => signIn({ id, code: wrong }, { totp: '123456' }),
      (id) => signIn({ id, code: wrong }, { email: '123456' }),
      (id) => signIn({ id, code: wrong }, { otp: { phone: '+15551234567', code: '123456' } }),
      (id) => signIn({ id, code: wrong }, { recovery: '7k3m-7k3m-7k3m-7k3m' }),
      (id) => signIn({ id, code: wrong }, { anonymous: { id: 'x' } }),
      (id) => signIn({ id, code: wrong }, { badge: { id: 'x', secret: 'wrong' } }),
      (id) => signIn({ id }),
      (id) => signIn({ id, code: '1' }),
      (id) => signIn(id),
      (id) =>
        stage.call('POST', '/users', { username: randomUUID(), password: 'x', authData: { emailLogin: { id, code: wrong } } }),
      (id) => stage.call('POST', '/users', { authData: { emailLogin: { id, code: wrong } } }, stranger.session),
      (id) => stage.save(stranger, { emailLogin: { id, code: wrong } }),
      (id) => stage.challenge({ authData: { emailLogin: { id, code: wrong } }, challengeData: { totp: true } }),
      (id) => stage.challenge({ authData: { emailLogin: { id } }, challengeData: { totp: true } }),
    ];
    for (const way of ways) {
      const answers = await Promise.all(addresses.map(way));
      expect(new Set(answers.map((answer) => JSON.stringify(answer))).size, String(way)).toBe(1);
      expect(answers[0]?.status).toBeGreaterThanOrEqual(400);
    }
  });
});

describe('at the same moment', () => {
  it('20 parallel asks send one message', async () => {
    const email = newAddress();
    stage.time.now += MINUTE;
    const before = stage.mail.messages.length;
    const answers = await Promise.all(Array.from({ length: 20 }, () => ask(email)));
    expect(answers.filter(({ status }) => status === 200)).toHaveLength(1);
    expect(new Set(answers.filter(({ status }) => status !== 200).map(slug))).toEqual(new Set(['cooldown']));
    expect(stage.mail.messages.length - before).toBe(1);
  });

  it('parallel sign-ins with one code open one session', async () => {
    const person = await newPerson();
    const code = await codeFor(person.email);
    const before = await sessionsOf(person);
    const answers = await Promise.all(Array.from({ length: 20 }, () => signIn({ id: person.email, code })));
    expect(answers.filter(({ status }) => status === 200)).toHaveLength(1);
    expect(await sessionsOf(person)).toBe(before + 1);
  });

  it('one code in one batch opens one session', async () => {
    const person = await newPerson();
    const code = await codeFor(person.email);
    const before = await sessionsOf(person);
    const request = { method: 'POST', path: '/parse/users', body: { authData: { emailLogin: { id: person.email, code } } } };
    for (const transaction of [false, true]) {
      await stage.call('POST', '/batch', { requests: Array.from({ length: 5 }, () => request), transaction });
    }
    expect(await sessionsOf(person)).toBeLessThanOrEqual(before + 1);
  });

  it('parallel sign-ups for one address make one user', async () => {
    const email = newAddress();
    const code = await codeFor(email);
    const answers = await Promise.all(Array.from({ length: 10 }, () => signIn({ id: email, code })));
    expect(answers.filter(({ status }) => status === 201)).toHaveLength(1);
    expect(await countUsersBy(stage, 'emailLogin', email)).toBe(1);
  });

  it('no more of 200 guesses are looked at than one code allows', async () => {
    const email = newAddress();
    const code = await codeFor(email);
    const guesses = Array.from({ length: 200 }, (_, index) => (index === 199 ? code : String(index).padStart(6, '0')));
    const answers = await Promise.all(guesses.map((guess) => signIn({ id: email, code: guess })));
    expect(new Set(answers.slice(0, 199).map(slug))).toEqual(new Set(['code_rejected']));
    // The code is dead by now: the right code is no better than the others.
    expect(slug(await signIn({ id: email, code }))).toBe('code_rejected');
  });
});

describe('a user with a second factor', () => {
  it('a passwordless login also needs the second factor, and a login without it does not spend the code', async () => {
    const person = await newPerson();
    const secret = await stage.enrolTotp(person);
    const code = await codeFor(person.email);
    const alone = await signIn({ id: person.email, code });
    expect(alone).toMatchObject({ body: { code: 211, error: 'factor_required: Also required: totp.' } });
    expect(slug(await signIn({ id: person.email, code }, { totp: '000000' }))).toBe('code_rejected');
    expect((await signIn({ id: person.email, code }, { totp: stage.totp(secret) })).status).toBe(200);
    expect(slug(await signIn({ id: person.email, code }, { totp: stage.totp(secret, 1) }))).toBe('code_rejected');
  });

  it("a passwordless login asks for the second factor's code with the emailed one, which stays valid", async () => {
    const person = await newPerson();
    await stage.enrolPhone(person, '+15551230002');
    await stage.enrolEmail(person, newAddress()).catch(() => undefined);
    const code = await codeFor(person.email);
    const first = { emailLogin: { id: person.email, code } };
    const asked = await stage.challenge({ authData: first, challengeData: { otp: true } });
    expect(asked.body['challengeData'].otp).toMatchObject({ status: 'sent', destination: '•••• 0002' });
    const otp = stage.lastCode(stage.sms);
    expect((await stage.call('POST', '/users', { authData: { ...first, otp } })).status).toBe(200);
    const wrong = { emailLogin: { id: person.email, code: '000000' } };
    const refused = await stage.challenge({ authData: wrong, challengeData: { otp: true } });
    expect(refused.body).toEqual({ code: 101, error: 'User not found.' });
  });

  it('parallel passwordless logins with both codes open one session', async () => {
    const person = await newPerson();
    const secret = await stage.enrolTotp(person);
    const code = await codeFor(person.email);
    const before = await sessionsOf(person);
    const both = (): Promise<Answer> => signIn({ id: person.email, code }, { totp: stage.totp(secret) });
    const answers = await Promise.all(Array.from({ length: 10 }, both));
    expect(answers.filter(({ status }) => status === 200)).toHaveLength(1);
    expect(await sessionsOf(person)).toBe(before + 1);
  });

  it('a recovery code can replace the second factor of a passwordless login', async () => {
    const person = await newPerson();
    const secret = await stage.enrolTotp(person);
    await stage.save(person, { totp: stage.totp(secret) });
    const made = await stage.save(person, { recovery: { generate: 'true' } });
    const [recovery] = String(made.body['authDataResponse'].recovery.codes).split(', ');
    expect((await signIn({ id: person.email, code: await codeFor(person.email) }, { recovery })).status).toBe(200);
  });
});

describe('an address that is linked to an account', () => {
  it('a session links an address with a code, and the address logs in to that account', async () => {
    const person = await stage.signUp();
    const email = newAddress();
    const code = await codeBySession(person, { email });
    // It signs no user in, and works for no other user.
    expect(slug(await signIn({ id: email, code }))).toBe('code_rejected');
    expect(slug(await stage.save(await stage.signUp(), { emailLogin: { id: email, code } }))).toBe('code_rejected');
    const linked = await stage.save(person, { emailLogin: { id: email, code } });
    expect(linked.body['authDataResponse'].emailLogin).toMatchObject({ status: 'enabled' });
    const login = await signIn({ id: email, code: await codeFor(email) });
    expect(login.body['objectId']).toBe(person.id);
    // And the password goes on working.
    expect((await stage.logIn(person)).status).toBe(200);
  });

  it('a code that was made for signing in does not link an address', async () => {
    const person = await stage.signUp();
    const email = newAddress();
    const code = await codeFor(email);
    expect(slug(await stage.save(person, { emailLogin: { id: email, code } }))).toBe('code_rejected');
    expect(slug(await stage.save(person, { emailLogin: { id: email } }))).toBe('invalid_input');
    expect(slug(await stage.logIn(person, { emailLogin: { id: email, code } }))).toBe('session_required');
    expect((await stage.call('GET', '/users/me', undefined, person.session)).body['authData']).toBeUndefined();
  });

  it('an address stays with the account that has it, and only a person who proves the address learns that', async () => {
    const owner = await newPerson();
    const person = await stage.signUp();
    const code = await codeBySession(person, { email: owner.email });
    expect(
      slug(await stage.save(person, { emailLogin: { id: owner.email, code: code === '000000' ? '000001' : '000000' } })),
    ).toBe('code_rejected');
    expect((await stage.save(person, { emailLogin: { id: owner.email, code } })).body['code']).toBe(208);
    const again = await codeBySession(person, { email: owner.email });
    expect((await stage.save(person, { emailLogin: { email: owner.email, code: again } })).body['code']).toBe(208);
    expect((await signIn({ id: owner.email, code: await codeFor(owner.email) })).body['objectId']).toBe(owner.id);
  });

  it('changing a linked address needs a proof of the old and of the new one', async () => {
    const person = await newPerson();
    const next = newAddress();
    const refused = await stage.challenge({ challengeData: { emailLogin: { email: next } } }, person.session);
    expect(slug(refused)).toBe('fresh_proof_required');
    const proof = await codeBySession(person, true);
    expect(stage.mail.messages.at(-1)?.to).toBe(person.email);
    const proven = await stage.save(person, { emailLogin: { id: person.email, code: proof } });
    expect(proven.body['authDataResponse'].emailLogin).toMatchObject({ status: 'verified', freshUntil: expect.any(String) });
    const code = await codeBySession(person, { email: next });
    expect(slug(await stage.save(person, { emailLogin: { id: next, code: proof } }))).toBe('code_rejected');
    expect((await stage.save(person, { emailLogin: { id: next, code } })).status).toBe(200);
    expect((await signIn({ id: next, code: await codeFor(next) })).body['objectId']).toBe(person.id);
    expect((await signIn({ id: person.email, code: await codeFor(person.email) })).status).toBe(201);
  });

  it('a linked address beside a second factor is a fresh proof only for changing itself', async () => {
    const person = await newPerson();
    const secret = await stage.enrolTotp(person);
    stage.time.now += 6 * MINUTE;
    await stage.save(person, { emailLogin: { id: person.email, code: await codeBySession(person, true) } });
    for (const attempt of [{ totp: null }, { recovery: { generate: 'true' } }, { totp: null, emailLogin: null }]) {
      expect(slug(await stage.save(person, attempt))).toBe('fresh_proof_required');
    }
    const sensitive = (): Promise<Answer> => stage.call('POST', '/functions/sensitive', {}, person.session);
    expect(slug(await sensitive())).toBe('fresh_proof_required');
    await stage.save(person, { totp: stage.totp(secret) });
    expect((await sensitive()).status).toBe(200);
  });

  it('a stolen session cannot change, remove or join an address, whatever second factor it has set up', async () => {
    const person = await newPerson();
    await stage.enrolTotp(person); // makes the session fresh
    const other = { phoneLogin: { phone: '+15551230077' } };
    const attempts = [
      () => stage.challenge({ challengeData: { emailLogin: { email: newAddress() } } }, person.session),
      () => stage.challenge({ challengeData: other }, person.session),
      () => stage.save(person, { emailLogin: null }),
      () => stage.save(person, { emailLogin: null, totp: null }),
    ];
    for (const attempt of attempts) expect(slug(await attempt())).toBe('fresh_proof_required');
    await stage.save(person, { emailLogin: await codeBySession(person, true) });
    expect((await stage.challenge({ challengeData: other }, person.session)).status).toBe(200);
    expect((await stage.save(person, { emailLogin: null })).status).toBe(200);
  });

  it('a linked address is a fresh proof for a user without another factor', async () => {
    const person = await newPerson();
    const sensitive = (): Promise<Answer> => stage.call('POST', '/functions/sensitive', {}, person.session);
    expect(slug(await sensitive())).toBe('fresh_proof_required');
    await stage.save(person, { emailLogin: await codeBySession(person, true) });
    expect((await sensitive()).status).toBe(200);
  });

  it('a linked address goes with a fresh proof, and so do the sessions that it opened', async () => {
    const person = await newPerson();
    const other = personOf(await signIn({ id: person.email, code: await codeFor(person.email) }));
    expect(slug(await stage.save(person, { emailLogin: null }))).toBe('fresh_proof_required');
    await stage.save(person, { emailLogin: await codeBySession(person, true) });
    expect((await stage.save(person, { emailLogin: null })).status).toBe(200);
    expect((await stage.call('GET', '/users/me', undefined, other.session)).body['code']).toBe(209);
    expect((await signIn({ id: person.email, code: await codeFor(person.email) })).body['objectId']).not.toBe(person.id);
  });

  it('only a fresh session adds an address to an account with a second factor', async () => {
    const person = await stage.signUp();
    const secret = await stage.enrolTotp(person);
    stage.time.now += 6 * MINUTE;
    const email = newAddress();
    expect(slug(await stage.challenge({ challengeData: { emailLogin: { email } } }, person.session))).toBe(
      'fresh_proof_required',
    );
    await stage.save(person, { totp: stage.totp(secret) });
    expect((await stage.save(person, { emailLogin: { id: email, code: await codeBySession(person, { email }) } })).status).toBe(
      200,
    );
  });

  it('echoing a linked address changes nothing', async () => {
    const person = await newPerson();
    const { body } = await stage.call('GET', '/users/me', undefined, person.session);
    expect((await stage.save(person, body['authData'])).status).toBe(200);
    // An id alone is not a record: it would leave an unsealed one.
    expect(slug(await stage.save(person, { emailLogin: { id: person.email } }))).toMatch(
      /^(invalid_input|fresh_proof_required)$/,
    );
    expect((await signIn({ id: person.email, code: await codeFor(person.email) })).body['objectId']).toBe(person.id);
  });

  it('an administrator resets a linked address only by naming it', async () => {
    const person = await newPerson();
    await stage.enrolTotp(person);
    const admin = (name: string, params: object): Promise<Answer> => stage.call('POST', `/functions/${name}`, params, MASTER);
    expect((await admin('factorsReset', { userId: person.id })).body['result']).toEqual(['totp']);
    expect((await admin('factorsReset', { userId: person.id, factor: 'emailLogin' })).body['result']).toEqual(['emailLogin']);
  });
});

describe('an account that another person has prepared', () => {
  it("an account with the address in its e-mail field is not the one that the address's owner gets", async () => {
    const email = newAddress();
    const attacker = await stage.signUp({ email });
    const owner = await newPerson(email);
    expect(owner.id).not.toBe(attacker.id);
  });

  it('an account cannot be prepared with a dotted key or an id without a proof', async () => {
    const email = newAddress();
    const attempts = [
      { 'authData.emailLogin': { id: email } },
      { 'authData.emailLogin.id': email },
      { authData: { anonymous: { id: randomUUID() }, emailLogin: { id: email } } },
      { authData: { anonymous: { id: randomUUID() }, emailLogin: { id: email, sealed: '1.test.AAAA' } } },
      { authData: { emailLogin: { id: email, sealed: '1.test.AAAA' } } },
      { authData: { badge: { id: randomUUID(), secret: 'right' }, emailLogin: { id: email } } },
    ];
    for (const attempt of attempts) {
      const { status } = await stage.call('POST', '/users', { username: randomUUID(), password: 'mine', ...attempt });
      expect(status, JSON.stringify(attempt)).toBeGreaterThanOrEqual(400);
    }
    expect((await stage.rows.dump()).includes(email)).toBe(false);
  });

  it('an account that was prepared past every check signs no user in, as its id is not sealed', async () => {
    const email = newAddress();
    const attacker = await stage.signUp();
    await storeFactors(stage, attacker, { emailLogin: { id: email } });
    expect(slug(await signIn({ id: email, code: await codeFor(email) }))).toBe('unavailable');
    // Nor does a seal from elsewhere.
    const own = await newPerson();
    const { emailLogin } = await storedFactors(stage, own);
    const copied = { emailLogin: { id: email, sealed: emailLogin?.['sealed'] } };
    await storeFactors(stage, attacker, copied);
    expect(slug(await signIn({ id: email, code: await codeFor(email) }))).toBe('unavailable');
  });
});

describe('addresses that look like another', () => {
  it('look-alike addresses are refused or lead to the same account, and nothing else reaches the channel', async () => {
    const local = randomUUID();
    const victim = await newPerson(`${local}@example.com`);
    const mine = newAddress();
    const ids: unknown[] = [
      `${local}@EXAMPLE.com`,
      `${local.toUpperCase()}@example.com`,
      `${local}＠example.com`,
      `${local}@example.com.`,
      `"${local}"@example.com`,
      `Ann <${local}@example.com>`,
      `${local}@example.com,${mine}`,
      `${local}@example.com ${mine}`,
      `${mine}\n${local}@example.com`,
      `${local}@example.com\r\nBcc: ${mine}`,
      `${local}@ｅxample.com`,
      `${local}\u200b@example.com`,
      `${local}@example\u3002com`,
      [`${local}@example.com`, mine],
      { $in: [`${local}@example.com`] },
      `mailto:${local}@example.com`,
      ` ${local}@example.com`,
      `${local}@example.com%00`,
      `(x)${local}@example.com`,
    ];
    const before = stage.mail.messages.length;
    for (const id of ids) {
      stage.time.now += 3 * HOUR;
      const { status } = await ask(id);
      if (status === 200) expect(stage.mail.messages.at(-1)?.to, String(id)).toBe(victim.email);
      // With my own code, in my own address's place, beside my own address.
      const code = await codeFor(mine);
      for (const payload of [
        { id, code },
        { id, email: mine, code },
        { id: mine, email: id, code },
        { id, email: mine, otp: code },
      ]) {
        const { status: refused } = await signIn(payload);
        expect([refused, String(id)]).toEqual([expect.toSatisfy((n) => n >= 400 && n < 500), String(id)]);
      }
    }
    expect(new Set(stage.mail.messages.slice(before).map(({ to }) => to))).toEqual(new Set([victim.email, mine]));
  });

  it('a look-alike address does not take over an account', async () => {
    const victim = await newPerson();
    const mine = newAddress();
    const code = await codeFor(mine);
    const payloads = [
      { id: victim.email, email: mine, otp: code },
      { id: victim.email, email: mine, code },
      { id: victim.email, code },
      { id: mine, email: victim.email, code },
    ];
    for (const payload of payloads) expect((await signIn(payload)).status).toBe(400);
    const person = await stage.signUp();
    for (const payload of payloads) expect((await stage.logIn(person, { emailLogin: payload })).status).toBe(400);
    for (const payload of payloads) expect((await stage.save(person, { emailLogin: payload })).status).toBe(400);
    expect((await signIn({ id: mine, code: await codeFor(mine) })).status).toBe(201);
  });
});

describe('a login that is not one', () => {
  it('a request with an emailed code that is no login carries a session', async () => {
    const person = await newPerson();
    const { session } = await stage.signUp();
    const code = await codeFor(person.email);
    for (const headers of [session, person.session]) {
      const { status, body } = await stage.call(
        'POST',
        '/users',
        { authData: { emailLogin: { id: person.email, code } } },
        headers,
      );
      expect([status, body['sessionToken']]).toEqual([400, undefined]);
    }
    expect((await signIn({ id: person.email, code })).status).toBe(200);
  });

  it('a sign-up with an emailed code beside second factors or another user is refused', async () => {
    const email = newAddress();
    const code = await codeFor(email);
    expect(slug(await signIn({ id: email, code }, { totp: '123456' }))).toBe('session_required');
    const other = await newPerson();
    const badge = { id: randomUUID(), secret: 'right' };
    expect((await stage.call('POST', '/users', { authData: { badge } })).status).toBe(201);
    expect(slug(await signIn({ id: email, code }, { badge }))).toBe('session_required');
    expect((await signIn({ id: email, code }, { phoneLogin: { id: '+15551230009', code: '123456' } })).status).toBe(400);
    expect(other.id).not.toBe('');
  });
});
