import { afterEach, describe, expect, it } from 'vitest';
import { startStage, type Stage, type StageOptions } from '../support/harness.js';
import { sessionHeaders } from '../support/requests.js';
import { MINUTE } from '../support/time.js';

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
  it('a class that a client has made first, open to itself, is not used, and no login passes', async () => {
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
  it('a trigger that hides authData lets no session add a second factor, and keeps fresh proofs working', async () => {
    const cloud = (parse: Triggers): void =>
      parse.Cloud.afterFind('_User', ({ objects }) => {
        for (const object of objects) object.unset('authData');
      });
    await start({ server: { cloud }, compose: { revokeSessionsOn: [] } });
    const owner = await stage.signUp();
    const login = await stage.logIn(owner);
    const thief = { ...owner, session: sessionHeaders(login) };
    const asked = await stage.challenge({ challengeData: { totp: true } }, thief.session);
    const { secret } = asked.body['challengeData'].totp as { secret: string };
    await stage.enrolPhone(owner, '+15556661002');
    stage.time.now += 8 * MINUTE;
    expect((await stage.save(thief, { totp: stage.totp(secret) })).body['error']).toMatch(/^fresh_proof_required: /);
    await stage.challenge({ challengeData: { otp: true } }, owner.session);
    const proof = await stage.save(owner, { otp: stage.lastCode(stage.sms) });
    expect(proof.body['authDataResponse'].otp.status).toBe('verified');
  });
});

describe('one network of many addresses', () => {
  it('40 addresses of one /64 share one limit and send 20 messages', async () => {
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

describe('a proxy before the server', () => {
  const forwarded = { 'X-Forwarded-For': '203.0.113.7, 198.51.100.4' };
  const misconfigured = (): unknown[] => stage.events.filter(({ type }) => type === 'misconfigured').map(({ reason }) => reason);
  const askAll = async (): Promise<void> => {
    const person = await stage.signUp();
    for (const key of ['otp', 'totp', 'email'])
      await stage.challenge({ challengeData: { [key]: true } }, { ...person.session, ...forwarded });
    await stage.challenge({ challengeData: { emailLogin: { email: 'hanna@example.com' } } }, forwarded);
  };

  /** What an application does to the Express app that it mounts Parse Server on. */
  const trusting =
    (trust: unknown) =>
    ({ app }: { app: { set(name: string, value: unknown): void } }, _response: unknown, next: () => void): void => {
      app.set('trust proxy', trust);
      next();
    };

  it('a proxy is reported once where `trustProxy` is off, whichever factors are asked for', async () => {
    await start({});
    await askAll();
    expect(misconfigured()).toEqual(['proxy_not_trusted']);
  });

  it('a proxy is not reported where `trustProxy` is on', async () => {
    await start({ server: { trustProxy: 1 } });
    await askAll();
    expect(misconfigured()).toEqual([]);
  });

  it('a proxy is reported where `trustProxy` has no effect, as on an Express app of the application', async () => {
    await start({ server: { trustProxy: true, middleware: trusting(false) } });
    await askAll();
    expect(misconfigured()).toEqual(['proxy_not_trusted']);
  });

  it("a proxy is not reported where the application's own Express trusts it", async () => {
    await start({ server: { middleware: trusting(1) } });
    await askAll();
    expect(misconfigured()).toEqual([]);
  });
});
