import { countStatements } from '@parse-factors/test-server/count-statements';
import type { Answer, Person } from '@parse-factors/test-server/parse-server';
import { loadParseSdk } from '@parse-factors/test-server/parse-sdk';
import { afterEach, describe, expect, it } from 'vitest';
import { slug, type Stage, type StageOptions } from '../support/harness.js';
import { enrolled, equipped } from '../support/people.js';
import { NEW, otherThan, ResetRig } from '../support/reset-rig.js';
import { MASTER, personOf } from '../support/requests.js';
import { countSessions } from '../support/rows.js';
import { MINUTE } from '../support/time.js';

let rig: ResetRig;
let stage: Stage;
afterEach(() => stage?.stop());

async function start(options: StageOptions = {}): Promise<void> {
  rig = await ResetRig.start(options);
  ({ stage } = rig);
}
const ask = (params: object): Promise<Answer> => rig.ask(params);
const set = (params: object): Promise<Answer> => rig.set(params);
const withEmail = (email: string): Promise<Person> => rig.withEmail(email);
const codeFor = (params: object): Promise<string> => rig.codeFor(params);
const opens = (person: Person, password: string, authData?: object): Promise<boolean> => rig.opens(person, password, authData);
const later = (): void => rig.later();

/** Signs up without a password, by email or phone. */
async function signUpBy(factor: 'emailLogin' | 'phoneLogin', address: { email: string } | { phone: string }): Promise<Person> {
  const { body } = await stage.challenge({ challengeData: { [factor]: address } });
  const { id } = body['challengeData'][factor] as { id: string };
  const code = stage.lastCode(factor === 'emailLogin' ? stage.mail : stage.sms);
  const person = personOf(await stage.call('POST', '/users', { authData: { [factor]: { id, code } } }));
  const username = `owner-of-${person.id}`;
  await stage.call('PUT', `/users/${person.id}`, { username }, MASTER);
  later();
  return { ...person, username };
}

describe('a new password by a code', () => {
  it('goes to the verified email in any spelling, and by the user name', async () => {
    await start();
    const ann = await withEmail('Ann@Example.com');
    for (const factor of ['email', 'emailLogin'] as const) {
      for (const named of [{ email: 'ann@example.com' }, { email: 'ANN@example.com' }, { username: ann.username }]) {
        const code = await codeFor({ factor, ...named });
        expect(stage.mail.messages[0]?.text).toContain('to reset your password');
        const password = `${factor} ${Object.values(named).join()}`;
        expect(await set({ factor, ...named, code, password })).toEqual({ status: 200, body: { result: { status: 'reset' } } });
        expect(await opens(ann, password)).toBe(true);
        expect(await opens(ann, ann.password)).toBe(false);
        later();
      }
    }
  });

  it.each([
    ['emailLogin', { email: 'bob@example.com' }],
    ['phoneLogin', { phone: '+15551230001' }],
  ] as const)('goes to the address of the primary factor %s', async (factor, address) => {
    await start();
    const bob = await signUpBy(factor, address);
    const code = await codeFor({ factor, ...address });
    expect((await set({ factor, ...address, code, password: NEW })).status).toBe(200);
    expect(await opens(bob, NEW)).toBe(true);
  });

  it('works over GraphQL and the Parse JS SDK', async () => {
    await start();
    const ann = await withEmail('ann@example.com');
    const call = (functionName: string, params: object): Promise<object> =>
      stage.graphql('mutation ($input: CallCloudCodeInput!) { callCloudCode(input: $input) { result } }', {
        input: { functionName, params },
      });
    const named = { factor: 'emailLogin', email: 'ann@example.com' };
    await call('factorsRequestPasswordReset', named);
    await rig.settled();
    expect(stage.mail.messages).toHaveLength(1);
    const code = stage.lastCode(stage.mail);
    expect(await call('factorsResetPassword', { ...named, code, password: NEW })).toEqual({
      data: { callCloudCode: { result: { status: 'reset' } } },
    });
    expect(await opens(ann, NEW)).toBe(true);
    later();
    const Parse = loadParseSdk('test', stage.url);
    const next = await codeFor(named);
    expect(await Parse.Cloud.run('factorsResetPassword', { ...named, code: next, password: 'by the SDK' })).toEqual({
      status: 'reset',
    });
    expect(await opens(ann, 'by the SDK')).toBe(true);
  });

  it('ends all sessions, step-up proofs and trust in devices, and is told to every known address', async () => {
    await start({ compose: { notices: true } });
    const { person, secret, codes, token } = await equipped(stage);
    await rig.verify(person, { email: 'ann@example.com' });
    await stage.another(person, { totp: stage.totp(secret) });
    later();
    const code = await codeFor({ factor: 'emailLogin', email: 'ann@example.com' });
    stage.mail.messages.length = 0;
    const recovery = codes[0];
    const answer = await set({ factor: 'emailLogin', email: 'ann@example.com', code, password: NEW, authData: { recovery } });
    expect(answer.status).toBe(200);
    expect(await countSessions(stage, person)).toBe(0);
    expect((await stage.call('GET', '/users/me', undefined, person.session)).body['code']).toBe(209);
    expect(await opens(person, NEW)).toBe(false);
    expect(await opens(person, NEW, { device: { token } })).toBe(false);
    expect(await opens(person, NEW, { totp: stage.totp(secret) })).toBe(true);
    await rig.settled();
    expect(stage.mail.messages.map(({ text }) => text).join()).toContain('was reset with a code');
    expect(stage.events).toContainEqual(
      expect.objectContaining({ type: 'password_reset', factor: 'emailLogin', userId: person.id }),
    );
    expect(stage.events).toContainEqual(expect.objectContaining({ type: 'sessions_revoked', reason: 'password_reset' }));
  });

  it('ends a lock-out after wrong passwords where the server says so', async () => {
    await start({ server: { accountLockout: { duration: 5, threshold: 2, unlockOnPasswordReset: true } } });
    const ann = await withEmail('ann@example.com');
    for (let guess = 0; guess < 3; guess += 1) expect(await opens(ann, 'a guess')).toBe(false);
    expect(await opens(ann, ann.password)).toBe(false);
    const code = await codeFor({ factor: 'email', email: 'ann@example.com' });
    expect((await set({ factor: 'email', email: 'ann@example.com', code, password: NEW })).status).toBe(200);
    expect(await opens(ann, NEW)).toBe(true);
  });
});

describe('the password policy of the server', () => {
  it('decides; a password that it refuses uses up neither the code nor a second factor', async () => {
    await start({
      server: { passwordPolicy: { validatorPattern: '^.{12,}$', maxPasswordHistory: 3, validationError: 'Too short.' } },
    });
    const { person, secret } = await enrolled(stage, { password: 'a password of mine' });
    await rig.verify(person, { email: 'ann@example.com' });
    const named = { factor: 'email', email: 'ann@example.com' };
    const sent = { ...named, code: await codeFor(named), authData: { totp: stage.totp(secret) } };
    expect((await set({ ...sent, password: 'short' })).body).toEqual({ code: 142, error: 'Too short.' });
    expect((await set({ ...sent, password: 'a password of mine' })).body['code']).toBe(142); // in the history
    expect((await set({ ...sent, password: 'quite another one' })).status).toBe(200);
    stage.time.now += MINUTE;
    expect(await opens(person, 'quite another one', { totp: stage.totp(secret) })).toBe(true);
  });
});

describe('second factors at a reset', () => {
  const named = { factor: 'emailLogin', email: 'ann@example.com' };
  async function withTotp(): Promise<{ person: Person; secret: string }> {
    const user = await enrolled(stage);
    await rig.verify(user.person, { email: 'ann@example.com' });
    return user;
  }

  it('are demanded, and named before anything is used up; a wrong one counts and keeps the code', async () => {
    await start();
    const { person, secret } = await withTotp();
    const code = await codeFor(named);
    const missing = await set({ ...named, code, password: NEW });
    expect(missing.body).toEqual({ code: 211, error: 'factor_required: Also required: totp.' });
    const wrong = await set({ ...named, code, password: NEW, authData: { totp: otherThan(stage.totp(secret)) } });
    expect(slug(wrong)).toBe('code_rejected');
    expect(await opens(person, NEW, { totp: stage.totp(secret) })).toBe(false);
    expect((await set({ ...named, code, password: NEW, authData: { totp: stage.totp(secret) } })).status).toBe(200);
    stage.time.now += MINUTE;
    expect(await opens(person, NEW, { totp: stage.totp(secret) })).toBe(true);
  });

  it('a factor on the mailbox that received the code does not count a second time', async () => {
    await start();
    const { person, secret } = await withTotp();
    await stage.enrolEmail(person, 'ann@example.com');
    later();
    const code = await codeFor(named);
    const asked = await set({ ...named, code, challengeData: { email: true } });
    expect(slug(asked)).toBe('not_enrolled');
    const answer = await set({ ...named, code, password: NEW, authData: { email: code } });
    expect(slug(answer)).toBe('invalid_input');
    expect((await set({ ...named, code, password: NEW })).body['error']).toContain('totp');
    expect((await set({ ...named, code, password: NEW, authData: { totp: stage.totp(secret) } })).status).toBe(200);
  });

  it('the code is enough where the only factor is on that mailbox, and a login still asks for it', async () => {
    await start();
    const ann = await withEmail('ann@example.com');
    await stage.enrolEmail(ann, 'ann@example.com');
    later();
    const code = await codeFor(named);
    expect((await set({ ...named, code, password: NEW })).status).toBe(200);
    expect(await opens(ann, NEW)).toBe(false);
  });

  it('that are delivered are asked for with the code, which stays valid', async () => {
    await start();
    const ann = await withEmail('ann@example.com');
    await stage.enrolPhone(ann, '+15551230002');
    later();
    const code = await codeFor(named);
    const asked = await set({ ...named, code, challengeData: { otp: true } });
    expect(asked).toMatchObject({
      status: 200,
      body: { result: { challengeData: { otp: { status: 'sent', destination: '•••• 0002' } } } },
    });
    const otp = stage.lastCode(stage.sms);
    expect((await set({ ...named, code, password: NEW, authData: { otp } })).status).toBe(200);
  });

  it('a trusted device replaces none, and a code of a login answers no reset', async () => {
    await start();
    const { person, token } = await equipped(stage);
    await rig.verify(person, { email: 'ann@example.com' });
    const code = await codeFor(named);
    expect(slug(await set({ ...named, code, password: NEW, authData: { device: { token } } }))).toBe('invalid_input');
    await stage.challenge({ challengeData: { emailLogin: { email: 'ann@example.com' } } });
    const login = stage.lastCode(stage.mail);
    expect(login).not.toBe(code);
    expect(slug(await set({ ...named, code: login, password: NEW }))).toBe('code_rejected');
    const signUp = { authData: { emailLogin: { id: 'ann@example.com', code } } };
    expect(slug(await stage.call('POST', '/users', signUp))).toBe('code_rejected');
  });

  it('are demanded as the policy says; wrong ones lock the reset, and no login', async () => {
    await start({ compose: { policy: 'all' } });
    const { person, secret } = await withTotp();
    await stage.enrolPhone(person, '+15551230003');
    later();
    let code = await codeFor(named);
    const both = await set({ ...named, code, password: NEW, authData: { totp: stage.totp(secret) } });
    expect(both.body['error']).toBe('factor_required: Also required: otp.');
    for (let guess = 0; guess < 10; guess += 1) {
      if (guess % 3 === 2) {
        later();
        code = await codeFor(named);
      }
      const authData = { totp: otherThan(stage.totp(secret)), otp: '000000' };
      await set({ ...named, code, password: NEW, authData });
    }
    await stage.challenge({ username: person.username, password: person.password, challengeData: { otp: true } });
    expect(await opens(person, person.password, { totp: stage.totp(secret), otp: stage.lastCode(stage.sms) })).toBe(true);
  });
});

describe('attacks on a reset', () => {
  it('of five requests with one code at the same moment, exactly one sets its password', async () => {
    await start();
    const ann = await withEmail('ann@example.com');
    const named = { factor: 'email', email: 'ann@example.com' };
    const code = await codeFor(named);
    const answers = await Promise.all(
      Array.from({ length: 5 }, (_, each) => set({ ...named, code, password: `password ${each}` })),
    );
    expect(answers.filter(({ status }) => status === 200)).toHaveLength(1);
    const won = answers.findIndex(({ status }) => status === 200);
    expect(await opens(ann, `password ${won}`)).toBe(true);
    expect(slug(await set({ ...named, code, password: 'once more' }))).toBe('code_rejected');
  });

  it('five guesses use a code up, and a newer code replaces it', async () => {
    await start();
    const ann = await withEmail('ann@example.com');
    const named = { factor: 'email', email: 'ann@example.com' };
    const first = await codeFor(named);
    later();
    const code = await codeFor(named);
    expect(slug(await set({ ...named, code: first, password: NEW }))).toBe('code_rejected');
    for (let guess = 0; guess < 4; guess += 1) await set({ ...named, code: otherThan(code), password: NEW });
    expect(slug(await set({ ...named, code, password: NEW }))).toBe('code_rejected');
    expect(await opens(ann, ann.password)).toBe(true);
  });

  it('every address and name is answered alike, in body and statements; an unverified email gets nothing without takeOver', async () => {
    await start({ compose: { takeOver: false } });
    const ann = await withEmail('ann@example.com');
    await stage.signUp({ email: 'unverified@example.com' });
    await signUpBy('phoneLogin', { phone: '+15551230004' });
    await ask({ factor: 'email', email: 'warm@example.com' });
    let sent = stage.mail.messages.length + stage.sms.messages.length;
    const ways: readonly [object, object][] = [
      [
        { factor: 'email', email: 'ann@example.com' },
        { factor: 'email', email: 'none@example.com' },
      ],
      [
        { factor: 'emailLogin', email: 'ann@example.com' },
        { factor: 'emailLogin', email: 'none@example.com' },
      ],
      [
        { factor: 'email', username: ann.username },
        { factor: 'email', username: 'unknown' },
      ],
      [
        { factor: 'phoneLogin', phone: '+15551230004' },
        { factor: 'phoneLogin', phone: '+15551230005' },
      ],
    ];
    for (const [known, unknown] of ways) {
      later();
      const replies = [await ask(known), await ask(unknown)];
      const [one, other] = replies.map(({ status, body }) => ({ status, fields: Object.keys(body['result'] as object) }));
      expect(other).toEqual(one);
      expect('username' in known).toBe(!one?.fields.includes('destination'));
      await rig.settled();
      expect(stage.mail.messages.length + stage.sms.messages.length).toBe(sent + 1);
      sent += 1;
      const counts: number[] = [];
      for (const params of [known, unknown]) {
        const guess = async (): Promise<void> => {
          const answer = await set({ ...params, code: '000000', password: NEW });
          expect(answer.body).toEqual({ code: 210, error: 'code_rejected: The code is wrong.' });
        };
        counts.push(await countStatements(guess));
      }
      expect(counts[1], JSON.stringify(known)).toBe(counts[0]);
      expect(slug(await ask(known))).toBe('cooldown');
      expect(slug(await ask(unknown))).toBe('cooldown');
    }
    stage.mail.messages.length = 0;
    later();
    await ask({ factor: 'email', email: 'unverified@example.com' });
    await ask({ factor: 'email', email: 'ann@example.com' });
    await rig.settled();
    expect(stage.mail.messages.map(({ to }) => to)).toEqual(['ann@example.com']);
  });

  it.each([
    [{ factor: 'totp', email: 'ann@example.com' }],
    [{ factor: 'constructor', email: 'ann@example.com' }],
    [{ factor: 'email' }],
    [{ factor: 'email', email: 'ann@example.com', username: 'ann' }],
    [{ factor: 'email', email: { $ne: '' } }],
    [{ factor: 'email', username: { $regex: '.' } }],
    [{ factor: 'phoneLogin', username: 'ann' }],
    [{ factor: 'email', email: 'no address' }],
  ])('what is malformed is refused: %j', async (params) => {
    await start();
    expect(slug(await ask(params))).toBe('invalid_input');
    expect(slug(await set({ ...params, code: '123456', password: NEW }))).toBe('invalid_input');
  });

  it.each([
    [{ code: '12345' }],
    [{ password: '' }],
    [{ password: { __op: 'Delete' } }],
    [{ authData: 'totp' }],
    [{ authData: { totp: null } }],
    [{ objectId: 'another' }],
  ])('a reset with %j is refused, and the code stays', async (more) => {
    await start();
    const ann = await withEmail('ann@example.com');
    const named = { factor: 'email', email: 'ann@example.com' };
    const code = await codeFor(named);
    expect(slug(await set({ ...named, code, password: NEW, ...more }))).toBe('invalid_input');
    expect((await set({ ...named, code, password: NEW })).status).toBe(200);
    expect(await opens(ann, NEW)).toBe(true);
  });

  it('is not there unless the option names a factor', async () => {
    await start({ compose: { passwordReset: [] }, server: { appId: 'without-resets' } });
    expect((await ask({ factor: 'email', email: 'ann@example.com' })).body['code']).toBe(141);
  });
});
