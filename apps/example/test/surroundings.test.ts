import { afterEach, describe, expect, it } from 'vitest';
import { startStage, type Stage, type StageOptions } from './harness.js';

/** Servers whose own configuration gets in the way. */

let stage: Stage;
const start = async (options: StageOptions): Promise<void> => {
  stage = await startStage(options);
};
afterEach(() => stage.stop());

interface Triggers {
  readonly Cloud: {
    afterFind(className: string, trigger: (request: { objects: { unset(field: string): void }[] }) => void): void;
  };
}

describe('where clients may create classes', () => {
  it('a class that somebody made first, open to himself, is not used: nothing is let through', async () => {
    await start({ server: { allowClientClassCreation: true } });
    expect((await stage.call('POST', '/classes/FactorState', { attempts: 1 })).status).toBe(201);
    const person = await stage.signUp();
    const answer = await stage.challenge({ challengeData: { otp: { phone: '+15556661001' } } }, person.session);
    expect(answer.body).toMatchObject({ code: 1, error: expect.stringMatching(/^unavailable: /) });
    expect(stage.sms.messages).toEqual([]);
    expect(stage.events.filter(({ type }) => type === 'fault')).toMatchObject([{ reason: 'class_is_open' }]);
  });
});

describe('a trigger of the application that hides authData', () => {
  it('lets no session add a factor beside one, and keeps fresh proofs working', async () => {
    const cloud = (parse: Triggers): void =>
      parse.Cloud.afterFind('_User', ({ objects }) => {
        for (const object of objects) object.unset('authData');
      });
    await start({ server: { cloud }, compose: { revokeSessionsOn: [] } });
    const owner = await stage.signUp();
    const login = await stage.logIn(owner);
    const thief = { ...owner, session: { 'X-Parse-Session-Token': String(login.body['sessionToken']) } };
    const asked = await stage.challenge({ challengeData: { totp: true } }, thief.session);
    const { secret } = asked.body['challengeData'].totp as { secret: string };
    await stage.enrolPhone(owner, '+15556661002');
    stage.time.now += 8 * 60_000;
    expect((await stage.save(thief, { totp: stage.totp(secret) })).body['error']).toMatch(/^fresh_proof_required: /);
    await stage.challenge({ challengeData: { otp: true } }, owner.session);
    const proof = await stage.save(owner, { otp: stage.lastCode(stage.sms) });
    expect(proof.body['authDataResponse'].otp.status).toBe('verified');
  });
});

describe('one network of many addresses', () => {
  it('has one limit: 40 addresses of one /64 send 20 messages', async () => {
    await start({ server: { trustProxy: 1 } });
    const answers = [];
    for (let index = 0; index < 40; index += 1) {
      const person = await stage.signUp();
      const headers = { ...person.session, 'X-Forwarded-For': `2001:db8:1:2::${index.toString(16)}` };
      answers.push(await stage.challenge({ challengeData: { otp: { phone: `+1555777${String(2000 + index)}` } } }, headers));
    }
    expect(answers.filter(({ status }) => status === 200)).toHaveLength(20);
  });
});
