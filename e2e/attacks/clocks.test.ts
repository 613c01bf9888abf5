import { defineFactor, type FactorDefinition } from '@parse-factors/core';
import { TrustedDeviceFactor } from '@parse-factors/trusted-device';
import { afterAll, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import type { Answer, Person } from '@parse-factors/test-server/parse-server';
import { slug, type Stage } from '../support/harness.js';
import { ORIGIN, PasskeyUser, startPasskeyStage } from '../support/passkey-stage.js';
import { SoftAuthenticator } from '../support/soft-authenticator.js';
import { MASTER, sessionHeaders } from '../support/requests.js';
import { DAY, MINUTE } from '../support/time.js';
import { enrolled, type Enrolled, trustDevice } from '../support/people.js';

/** Servers whose clock is wrong for a while, and is put right. */

const YEAR = 365 * DAY;
const WORDS: FactorDefinition<{ readonly word: string }> = {
  answer: { maxLength: 10, pattern: /^[a-z]+$/, accepts: 'a word' },
  begin: () => ({ expected: 'begin', enrolment: { word: 'open' } }),
  challenge: (_context, { word }) => ({ expected: word }),
};

let stage: Stage;
let people = 0;
beforeAll(async () => {
  const more = { device: new TrustedDeviceFactor(), word: defineFactor(WORDS) };
  stage = await startPasskeyStage({}, { more, install: { adminFunctions: true } });
});
afterAll(() => stage.stop());
beforeEach(() => {
  stage.time.now += DAY; // the limits of one test do not hold for the next
});

const newAddress = (): string => `person.${(people += 1)}@example.com`;
const askByMail = (email: string): Promise<Answer> => stage.challenge({ challengeData: { emailLogin: { email } } });
const signInByMail = (id: string, code: string): Promise<Answer> =>
  stage.call('POST', '/users', { authData: { emailLogin: { id, code } } });
const codeByMail = async (email: string): Promise<string> => {
  expect((await askByMail(email)).status).toBe(200);
  return stage.lastCode(stage.mail);
};
const alone = (id: string, credential: unknown): Promise<Answer> =>
  stage.call('POST', '/users', { authData: { passkey: { id, credential } } });
const ok = (answer: Answer): Answer => {
  expect([answer.status, answer.body['error']]).toEqual([expect.any(Number), undefined]);
  return answer;
};

/** Does something while the clock runs a year ahead, and puts the clock right after a minute. */
async function yearAhead(work: () => Promise<unknown>): Promise<void> {
  stage.time.now += YEAR;
  await work();
  stage.time.now -= YEAR - MINUTE;
}

describe('what was refused as expired stays dead when the clock steps back:', () => {
  /** Answers too late, and once more after the clock has stepped back to when it would have been in time. */
  async function late(answer: () => Promise<Answer>, lateBy: number): Promise<string[]> {
    stage.time.now += lateBy;
    const refused = slug(await answer());
    stage.time.now -= lateBy;
    return [refused, slug(await answer())];
  }

  it('an expired sign-in code stays dead when the clock steps back', async () => {
    const email = newAddress();
    const code = await codeByMail(email);
    expect(await late(() => signInByMail(email, code), 11 * MINUTE)).toEqual(['code_rejected', 'code_rejected']);
  });

  it('an expired code of a second factor stays dead when the clock steps back', async () => {
    const person = await stage.signUp();
    await stage.enrolPhone(person);
    stage.time.now += MINUTE;
    const { username, password } = person;
    ok(await stage.challenge({ username, password, challengeData: { otp: true } }));
    const otp = stage.lastCode(stage.sms);
    expect(await late(() => stage.logIn(person, { otp }), 11 * MINUTE)).toEqual(['code_expired', 'code_expired']);
  });

  it('an expired set-up of an authenticator app stays dead when the clock steps back', async () => {
    const person = await stage.signUp();
    const { body } = ok(await stage.challenge({ challengeData: { totp: true } }, person.session));
    const { secret } = body['challengeData'].totp as { secret: string };
    const confirm = (): Promise<Answer> => stage.save(person, { totp: stage.totp(secret) });
    expect(await late(confirm, 11 * MINUTE)).toEqual(['code_expired', 'code_expired']);
  });

  it('an expired challenge of a defined factor stays dead when the clock steps back', async () => {
    const person = await stage.signUp();
    ok(await stage.challenge({ challengeData: { word: true } }, person.session));
    ok(await stage.save(person, { word: 'begin' }));
    const { username, password } = person;
    ok(await stage.challenge({ username, password, challengeData: { word: true } }));
    expect(await late(() => stage.logIn(person, { word: 'open' }), 11 * MINUTE)).toEqual(['code_expired', 'code_expired']);
  });

  it('an expired challenge of a passkey stays dead when the clock steps back, as a second factor and alone', async () => {
    const user = new PasskeyUser(stage, await stage.signUp());
    const passkey = await user.add();
    const credential = passkey.get(await user.beginLogin());
    const logIn = (): Promise<Answer> => stage.logIn(user.person, { passkey: { credential } });
    expect(await late(logIn, 11 * MINUTE)).toEqual(['code_expired', 'code_rejected']);
    const byItself = passkey.get(await user.beginAlone());
    const signIn = (): Promise<Answer> => alone(passkey.handle, byItself);
    expect(await late(signIn, 11 * MINUTE)).toEqual(['code_rejected', 'code_rejected']);
  });

  it('an expired registration of a passkey stays dead when the clock steps back', async () => {
    const user = new PasskeyUser(stage, await stage.signUp());
    const credential = new SoftAuthenticator(ORIGIN).create(await user.begin());
    expect(await late(() => user.save({ credential }), 11 * MINUTE)).toEqual(['code_expired', 'code_rejected']);
  });

  it('an expired fresh proof stays dead when the clock steps back', async () => {
    const person = await stage.signUp();
    await stage.enrolTotp(person);
    const use = (): Promise<Answer> => stage.call('POST', '/functions/sensitive', {}, person.session);
    expect((await use()).status).toBe(200);
    expect(await late(use, 6 * MINUTE)).toEqual(['fresh_proof_required', 'fresh_proof_required']);
  });

  it('an expired trusted device stays dead when the clock steps back', async () => {
    const { person, token } = await trusting();
    expect(await late(() => stage.logIn(person, { device: { token } }), 31 * DAY)).toEqual(['code_rejected', 'code_rejected']);
  });
});

/** A user with an authenticator and a trusted device. */
async function trusting(): Promise<Enrolled & { readonly token: string }> {
  const user = await enrolled(stage);
  return { ...user, token: await trustDevice(stage, user.person) };
}

describe('a clock that ran a year ahead for a minute', () => {
  it('a clock that ran a year ahead leaves no cooldown, and no code that lives for a year', async () => {
    const email = newAddress();
    let code = '';
    await yearAhead(async () => {
      code = await codeByMail(email);
    });
    expect(slug(await signInByMail(email, code))).toBe('code_rejected');
    expect((await signInByMail(email, await codeByMail(email))).status).toBe(201);
  });

  it('a clock that ran a year ahead leaves no full quota of an address, a number or a network', async () => {
    const email = newAddress();
    await yearAhead(async () => {
      for (let sent = 0; sent < 20; sent += 1) {
        await askByMail(sent < 5 ? email : newAddress());
        stage.time.now += MINUTE;
      }
      stage.time.now -= 20 * MINUTE;
    });
    expect((await askByMail(email)).status).toBe(200);
    expect((await askByMail(newAddress())).status).toBe(200);
  });

  it('a clock that ran a year ahead leaves no lock', async () => {
    const person = await stage.signUp();
    const secret = await stage.enrolTotp(person);
    const guess = (): Promise<Answer> => stage.logIn(person, { totp: stage.totp(secret, 5) });
    await yearAhead(async () => {
      for (let wrong = 0; wrong < 10; wrong += 1) await guess();
      expect(slug(await guess())).toBe('locked');
    });
    expect((await stage.logIn(person, { totp: stage.totp(secret) })).status).toBe(200);
  });

  it('a clock that ran a year ahead leaves no pending first factor and no pending sign-up', async () => {
    const [person, email] = [await stage.signUp(), newAddress()];
    const logIn = async (): Promise<Person> => ({
      ...person,
      session: sessionHeaders(await stage.logIn(person)),
    });
    const setUp = async (): Promise<Answer> => {
      const { session } = await logIn();
      const { body } = ok(await stage.challenge({ challengeData: { totp: true } }, session));
      return stage.save({ ...person, session }, { totp: stage.totp(body['challengeData'].totp.secret) });
    };
    await yearAhead(async () => {
      ok(await setUp());
      ok(await stage.call('POST', '/functions/factorsReset', { userId: person.id }, MASTER));
      const { body } = ok(await signInByMail(email, await codeByMail(email)));
      ok(await stage.call('DELETE', `/users/${body['objectId']}`, undefined, MASTER));
    });
    expect((await setUp()).status).toBe(200);
    expect((await signInByMail(email, await codeByMail(email))).status).toBe(201);
  });

  it('a clock that ran a year ahead leaves no session fresh and no device trusted for a year', async () => {
    const person = await stage.signUp();
    const secret = await stage.enrolTotp(person);
    let token = '';
    await yearAhead(async () => {
      ok(await stage.save(person, { totp: stage.totp(secret) }));
      token = String(
        ok(await stage.save(person, { device: { remember: 'true', name: 'x' } })).body['authDataResponse'].device.token,
      );
    });
    expect(slug(await stage.call('POST', '/functions/sensitive', {}, person.session))).toBe('fresh_proof_required');
    expect(slug(await stage.logIn(person, { device: { token } }))).toBe('code_rejected');
  });

  it('a clock that ran a year ahead leaves used steps used, which an event explains and an administrator resets', async () => {
    const person = await stage.signUp();
    const secret = await stage.enrolTotp(person);
    await yearAhead(async () => ok(await stage.logIn(person, { totp: stage.totp(secret) })));
    stage.events.length = 0;
    expect(slug(await stage.logIn(person, { totp: stage.totp(secret) }))).toBe('code_rejected');
    expect(stage.events.filter(({ type }) => type === 'fault')).toMatchObject([
      { factor: 'totp', reason: 'step_ahead_of_clock' },
    ]);
    ok(await stage.call('POST', '/functions/factorsReset', { userId: person.id }, MASTER));
    const { body } = await stage.logIn(person);
    const again = { ...person, session: sessionHeaders({ body }) };
    const fresh = await stage.enrolTotp(again);
    expect((await stage.logIn(person, { totp: stage.totp(fresh) })).status).toBe(200);
  });
});
