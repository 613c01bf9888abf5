// @compat
import { afterAll, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import type { Answer, Person } from '@parse-factors/test-server/parse-server';
import { slug, startStage, type Stage } from '../support/harness.js';
import { sessionHeaders } from '../support/requests.js';
import { DAY, MINUTE } from '../support/time.js';

let stage: Stage;
beforeAll(async () => {
  stage = await startStage({ compose: { revokeSessionsOn: [] } }); // so that a thief's session outlives what is tried
});
afterAll(() => stage.stop());
beforeEach(() => {
  stage.time.now += DAY;
});

const logInAgain = (person: Person, authData: object): Promise<Person> => stage.another(person, authData);

describe('a fresh proof', () => {
  it('answering a factor again gives a fresh proof for five minutes, and lets the session add a second factor', async () => {
    const person = await stage.signUp();
    const secret = await stage.enrolTotp(person);
    stage.time.now += 5 * MINUTE;
    const begin = (): Promise<Answer> => stage.challenge({ challengeData: { otp: { phone: '+15558880001' } } }, person.session);
    expect((await begin()).body).toMatchObject({ code: 119, error: expect.stringMatching(/^fresh_proof_required: /) });
    expect(stage.sms.messages).toHaveLength(0);

    const proof = await stage.save(person, { totp: stage.totp(secret) });
    const freshUntil = stage.time.now + 5 * MINUTE;
    expect(proof.body['authDataResponse']).toEqual({
      totp: { status: 'verified', freshUntil: new Date(freshUntil).toISOString() },
    });
    expect((await begin()).status).toBe(200);
    const answer = { otp: { phone: '+15558880001', code: stage.lastCode(stage.sms) } };
    stage.time.now = freshUntil - 1;
    expect((await stage.save(person, answer)).status).toBe(200);
    const ask = { challengeData: { email: { email: 'x@example.com' } } };
    stage.time.now += 5 * MINUTE; // setting it up was a proof as well
    expect(slug(await stage.challenge(ask, person.session))).toBe('fresh_proof_required');
  });

  it('a login gives no fresh proof, and neither does another session of the user', async () => {
    const person = await stage.signUp();
    const secret = await stage.enrolTotp(person);
    const other = await logInAgain(person, { totp: stage.totp(secret) });
    stage.time.now += MINUTE;
    expect((await stage.save(person, { totp: stage.totp(secret) })).body['authDataResponse'].totp.status).toBe('verified');
    const ask = (session: Person): Promise<Answer> =>
      stage.challenge({ challengeData: { email: { email: 'x@example.com' } } }, session.session);
    expect(slug(await ask(other))).toBe('fresh_proof_required');
    expect((await ask(person)).status).toBe(200);
  });

  it('linking a way to sign in leaves the fresh proof by a second factor as it is', async () => {
    const person = await stage.signUp();
    const secret = await stage.enrolTotp(person);
    expect((await stage.save(person, { totp: stage.totp(secret) })).status).toBe(200);
    const email = `${person.username}@example.com`;
    const { body } = await stage.challenge({ challengeData: { emailLogin: { email } } }, person.session);
    const { id } = body['challengeData'].emailLogin as { id: string };
    const linked = await stage.save(person, { emailLogin: { id, code: stage.lastCode(stage.mail) } });
    expect(linked.status).toBe(200);
    expect(linked.body['authDataResponse'].emailLogin).not.toHaveProperty('freshUntil');
    const begin = { challengeData: { otp: { phone: '+15558880002' } } };
    expect((await stage.challenge(begin, person.session)).status).toBe(200);
  });

  it('one of 20 parallel proofs with a code counts, and the code does not log in afterwards', async () => {
    const person = await stage.signUp();
    const secret = await stage.enrolTotp(person);
    const code = stage.totp(secret);
    const answers = await Promise.all(Array.from({ length: 20 }, () => stage.save(person, { totp: code })));
    expect(answers.filter(({ status }) => status === 200)).toHaveLength(1);
    expect(slug(await stage.logIn(person, { totp: code }))).toBe('code_rejected');
  });
});

describe('replacing', () => {
  it('replacing a phone needs a fresh proof, and the old phone works until the new one is confirmed', async () => {
    const person = await stage.signUp();
    await stage.enrolPhone(person, '+15558880002');
    stage.time.now += 10 * MINUTE;
    const ask = (phone: string): Promise<Answer> => stage.challenge({ challengeData: { otp: { phone } } }, person.session);
    expect(slug(await ask('+15558880003'))).toBe('fresh_proof_required');
    expect(slug(await stage.save(person, { otp: { phone: '+15558880003', code: '123456' } }))).toBe('fresh_proof_required');
    await stage.challenge({ challengeData: { otp: true } }, person.session);
    expect(stage.sms.messages.at(-1)?.to).toBe('+15558880002');
    expect((await stage.save(person, { otp: stage.lastCode(stage.sms) })).body['authDataResponse'].otp.status).toBe('verified');
    expect(slug(await ask('+15558880002'))).toBe('already_enrolled');
    expect((await ask('+15558880003')).status).toBe(200);
    expect(stage.sms.messages.at(-1)?.to).toBe('+15558880003');
    const code = stage.lastCode(stage.sms);
    const { username, password } = person;
    await stage.challenge({ username, password, challengeData: { otp: true } });
    expect(stage.sms.messages.at(-1)?.to).toBe('+15558880002');
    expect((await stage.logIn(person, { otp: stage.lastCode(stage.sms) })).status).toBe(200);
    const replaced = await stage.save(person, { otp: { phone: '+15558880003', code } });
    expect(replaced.body['authDataResponse'].otp).toMatchObject({ status: 'enabled', destination: '•••• 0003' });
    stage.time.now += MINUTE;
    await stage.challenge({ username, password, challengeData: { otp: true } });
    expect(stage.sms.messages.at(-1)?.to).toBe('+15558880003');
    expect(stage.events.some(({ type, userId }) => type === 'replaced' && userId === person.id)).toBe(true);
  });

  it('replacing an authenticator needs a fresh proof, and a wrong or expired new one changes nothing', async () => {
    const person = await stage.signUp();
    const old = await stage.enrolTotp(person);
    stage.time.now += 10 * MINUTE;
    const begin = async (): Promise<Record<string, string>> =>
      (await stage.challenge({ challengeData: { totp: true } }, person.session)).body['challengeData'].totp;
    expect(await begin()).toEqual({ status: 'enabled' });
    await stage.save(person, { totp: stage.totp(old) });
    const pending = await begin();
    expect(pending).toMatchObject({ status: 'pending', secret: expect.any(String) });
    expect(slug(await stage.save(person, { totp: '000000' }))).toBe('code_rejected');
    expect((await stage.logIn(person, { totp: stage.totp(old, 1) })).status).toBe(200);
    const replaced = await stage.save(person, { totp: stage.totp(pending['secret'] ?? '') });
    expect(replaced.body['authDataResponse'].totp.status).toBe('enabled');
    stage.time.now += MINUTE;
    expect(slug(await stage.logIn(person, { totp: stage.totp(old) }))).toBe('code_rejected');
    expect((await stage.logIn(person, { totp: stage.totp(pending['secret'] ?? '') })).status).toBe(200);
  });

  it('a pending authenticator expires', async () => {
    const person = await stage.signUp();
    const { secret } = (await stage.challenge({ challengeData: { totp: true } }, person.session)).body['challengeData'].totp as {
      secret: string;
    };
    stage.time.now += 10 * MINUTE;
    expect(slug(await stage.save(person, { totp: stage.totp(secret) }))).toBe('code_expired');
    expect((await stage.logIn(person)).status).toBe(200);
  });

  it('a pending enrolment of a thief does not become a factor once the owner has one', async () => {
    const owner = await stage.signUp();
    const { body } = await stage.logIn(owner);
    const thief = { ...owner, session: sessionHeaders({ body }) };
    const { secret } = (await stage.challenge({ challengeData: { totp: true } }, thief.session)).body['challengeData'].totp as {
      secret: string;
    };
    await stage.enrolPhone(owner, '+15558880004');
    expect(slug(await stage.save(thief, { totp: stage.totp(secret) }))).toBe('fresh_proof_required');
  });
});

describe('a stolen session', () => {
  it("a stolen session that races the owner to a first factor does not get one beside the owner's", async () => {
    for (let round = 0; round < 3; round += 1) {
      const owner = await stage.signUp();
      const { body } = await stage.logIn(owner);
      const thief = { ...owner, session: sessionHeaders({ body }) };
      const asked = await stage.challenge({ challengeData: { totp: true } }, thief.session);
      const phone = `+155588810${String(10 + round)}`;
      await stage.challenge({ challengeData: { otp: { phone } } }, owner.session);
      const answers = await Promise.all([
        stage.save(thief, { totp: stage.totp(asked.body['challengeData'].totp.secret) }),
        stage.save(owner, { otp: { phone, code: stage.lastCode(stage.sms) } }),
      ]);
      expect(answers.filter(({ status }) => status === 200)).toHaveLength(1);
      expect(answers.map(slug)).toContain('fresh_proof_required');
      stage.time.now += MINUTE;
    }
  });

  it('a stolen session that uses up its proofs leaves the owner their sign-in codes', async () => {
    const person = await stage.signUp();
    await stage.enrolPhone(person, '+15558881020');
    for (let proof = 0; proof < 20; proof += 1, stage.time.now += MINUTE)
      await stage.challenge({ challengeData: { otp: true } }, person.session);
    expect(slug(await stage.challenge({ challengeData: { otp: true } }, person.session))).toBe('cooldown');
    const { username, password } = person;
    expect((await stage.challenge({ username, password, challengeData: { otp: true } })).status).toBe(200);
    expect((await stage.logIn(person, { otp: stage.lastCode(stage.sms) })).status).toBe(200);
  });
});
