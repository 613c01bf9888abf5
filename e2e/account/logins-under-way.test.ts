import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest';
import { countStatements } from '@parse-factors/test-server/count-statements';
import type { Answer, Person } from '@parse-factors/test-server/parse-server';
import { cloudCode } from '../support/cloud-code.js';
import { slug, startStage, type Stage } from '../support/harness.js';
import { sessionHeaders } from '../support/requests.js';
import { HOUR, MINUTE } from '../support/time.js';
import { countSessions } from '../support/rows.js';

/**
 * Logins and changes of factors that overlap. The application's own triggers hold a login up after everything about it was
 * checked, or a save before it is written, for as long as a test wants.
 */

let stage: Stage;

/** Holds up the next request that passes, and tells when it has come. */
class Gate {
  #isClosed = false;
  #open = (): void => undefined;
  #arrive = (): void => undefined;
  #opened = Promise.resolve();
  arrived = Promise.resolve();

  close(): void {
    this.#isClosed = true;
    this.#opened = new Promise((resolve) => (this.#open = resolve));
    this.arrived = new Promise((resolve) => (this.#arrive = resolve));
  }

  open(): void {
    this.#open();
  }

  async pass(): Promise<void> {
    if (!this.#isClosed) return;
    this.#isClosed = false;
    this.#arrive();
    await this.#opened;
  }
}

const logins = new Gate();
const saves = new Gate();

beforeEach(async () => {
  stage = await startStage({ install: true });
  const { Cloud } = cloudCode();
  Cloud.beforeLogin(() => logins.pass());
  Cloud.beforeSave('_User', () => saves.pass());
});
afterEach(() => stage.stop());

/** Whether a session that was handed out lets anybody in. */
const isAlive = async ({ body }: Answer): Promise<boolean> => {
  if (typeof body['sessionToken'] !== 'string') return false;
  const headers = { 'X-Parse-Session-Token': body['sessionToken'] };
  return (await stage.call('POST', '/functions/plain', {}, headers)).status === 200;
};

/** Runs the change while a login waits at its end. */
async function during(logIn: () => Promise<Answer>, change: () => Promise<Answer | void>): Promise<Answer> {
  logins.close();
  const login = logIn();
  await Promise.race([logins.arrived, login]);
  const changed = await change();
  if (changed !== undefined) expect(changed.status).toBe(200);
  logins.open();
  return login;
}

const sessionsOf = (person: Person): Promise<number> => countSessions(stage, person);

describe('a login that ends after a change of factors', () => {
  it('a login under way with the password alone opens no session once a factor is set up', async () => {
    const person = await stage.signUp();
    const { body } = await stage.challenge({ challengeData: { totp: true } }, person.session);
    const code = stage.totp(body['challengeData'].totp.secret);
    const login = await during(
      () => stage.logIn(person),
      () => stage.save(person, { totp: code }),
    );
    expect(slug(login)).toBe('factor_required');
    expect(await isAlive(login)).toBe(false);
    expect(await sessionsOf(person)).toBe(1);
    expect(stage.events.filter(({ type }) => type === 'sessions_revoked')).toMatchObject([
      { userId: person.id, reason: 'enrolled' },
    ]);
  });

  it('a login in the batch that sets a factor up opens no session', async () => {
    const person = await stage.signUp();
    const { body } = await stage.challenge({ challengeData: { totp: true } }, person.session);
    const authData = { totp: stage.totp(body['challengeData'].totp.secret) };
    const { username, password } = person;
    const login = { method: 'POST', path: '/parse/login', body: { username, password } };
    const save = { method: 'PUT', path: `/parse/users/${person.id}`, body: { authData } };
    logins.close();
    cloudCode().Cloud.afterSave('_User', () => logins.open()); // when all that follows the save is done
    const { status, body: answers } = await stage.call('POST', '/batch', { requests: [login, save] }, person.session);
    expect(status).toBe(200);
    expect(answers).toMatchObject([{ error: { code: 211 } }, { success: {} }]);
    expect((await stage.logIn(person)).body['error']).toContain('Missing additional authData totp');
    expect(await sessionsOf(person)).toBe(1);
  });

  it('a login that ends an hour after the set-up of a factor opens no session', async () => {
    const person = await stage.signUp();
    const { body } = await stage.challenge({ challengeData: { totp: true } }, person.session);
    const code = stage.totp(body['challengeData'].totp.secret);
    const clock = vi.spyOn(Date, 'now');
    const login = await during(
      () => stage.logIn(person),
      async () => {
        expect((await stage.save(person, { totp: code })).status).toBe(200);
        const late = Date.now() + HOUR;
        clock.mockReturnValue(late);
      },
    );
    clock.mockRestore();
    expect(slug(login)).toBe('factor_required');
    expect(await isAlive(login)).toBe(false);
  });

  it('each login of a batch costs as many statements as a single one', async () => {
    const person = await stage.signUp();
    const { username, password } = person;
    const login = { method: 'POST', path: '/parse/login', body: { username, password } };
    const batch = (size: number): Promise<number> =>
      countStatements(async () => {
        const requests = Array.from({ length: size }, () => login);
        expect((await stage.call('POST', '/batch', { requests })).status).toBe(200);
      });
    await batch(2); // what only a server's first login costs
    expect(await batch(20)).toBe(10 * (await batch(2)));
  });

  it('a login under way with an authenticator that was replaced meanwhile opens no session', async () => {
    const person = await stage.signUp();
    const secret = await stage.enrolTotp(person);
    const login = await during(
      () => stage.logIn(person, { totp: stage.totp(secret) }),
      async () => {
        await stage.enrolTotp(person);
      },
    );
    expect(slug(login)).toBe('factor_required');
    expect(await sessionsOf(person)).toBe(1);
  });

  it('a login under way with a factor that was removed meanwhile opens no session', async () => {
    const person = await stage.signUp();
    const secret = await stage.enrolTotp(person);
    const login = await during(
      () => stage.logIn(person, { totp: stage.totp(secret) }),
      () => stage.save(person, { totp: null }),
    );
    expect(slug(login)).toBe('factor_required');
    expect(await sessionsOf(person)).toBe(1);
  });

  it('a login under way with an emailed code opens no session once a second factor is set up', async () => {
    const email = 'ann@example.com';
    await stage.challenge({ challengeData: { emailLogin: { email } } });
    const signUp = await stage.call('POST', '/users', {
      authData: { emailLogin: { id: email, code: stage.lastCode(stage.mail) } },
    });
    expect(signUp.status).toBe(201);
    const session = sessionHeaders(signUp);
    const person = { id: String(signUp.body['objectId']), username: '', password: '', session };
    stage.time.now += MINUTE;
    await stage.challenge({ challengeData: { emailLogin: { email } } });
    const authData = { emailLogin: { id: email, code: stage.lastCode(stage.mail) } };
    const login = await during(
      () => stage.call('POST', '/users', { authData }),
      async () => {
        await stage.enrolTotp(person);
      },
    );
    expect(await isAlive(login)).toBe(false);
    expect(await sessionsOf(person)).toBe(1);
  });

  it('a login under way by any other means of the user opens no session once a second factor is set up', async () => {
    const person = await stage.signUp();
    const secret = await stage.enrolTotp(person);
    await stage.save(person, { totp: stage.totp(secret) });
    await stage.enrolPhone(person);
    stage.time.now += MINUTE;
    const login = await during(
      () => stage.logIn(person, { totp: stage.totp(secret) }),
      async () => {
        await stage.save(person, { totp: stage.totp(secret, 1) });
        stage.time.now += MINUTE;
        await stage.enrolPhone(person, '+15551234568');
      },
    );
    expect(await isAlive(login)).toBe(false);
  });

  it('a login under way opens its session when only its own use of the factor has changed', async () => {
    const [person, other] = [await stage.signUp(), await stage.signUp()];
    const secret = await stage.enrolTotp(person);
    const login = await during(
      () => stage.logIn(person, { totp: stage.totp(secret) }),
      async () => {
        await stage.enrolTotp(other);
      },
    );
    expect(await isAlive(login)).toBe(true);
  });
});

describe('a login that ends before a change of factors is written', () => {
  it('a login that ended just before a factor was stored loses its session', async () => {
    const person = await stage.signUp();
    const { body } = await stage.challenge({ challengeData: { totp: true } }, person.session);
    saves.close();
    const change = stage.save(person, { totp: stage.totp(body['challengeData'].totp.secret) });
    await Promise.race([saves.arrived, change]);
    const login = await stage.logIn(person);
    expect(await isAlive(login)).toBe(true);
    saves.open();
    expect((await change).status).toBe(200);
    expect(await isAlive(login)).toBe(false);
  });

  it('a login that ended just before a factor was removed loses its session', async () => {
    const person = await stage.signUp();
    const secret = await stage.enrolTotp(person);
    saves.close();
    const change = stage.save(person, { totp: null });
    await Promise.race([saves.arrived, change]);
    const login = await stage.logIn(person, { totp: stage.totp(secret) });
    expect(await isAlive(login)).toBe(true);
    saves.open();
    expect((await change).status).toBe(200);
    expect(await isAlive(login)).toBe(false);
  });
});

it('logins at the same moment as a set-up leave no session that the password alone has opened', async () => {
  for (let round = 0; round < 10; round += 1) {
    const person = await stage.signUp();
    const { body } = await stage.challenge({ challengeData: { totp: true } }, person.session);
    const code = stage.totp(body['challengeData'].totp.secret);
    const [change, ...answers] = await Promise.all([
      stage.save(person, { totp: code }),
      ...Array.from({ length: 5 }, () => stage.logIn(person)),
    ]);
    expect(change.status).toBe(200);
    expect(await Promise.all(answers.map(isAlive))).not.toContain(true);
  }
});

it('a login inside a transaction is refused', async () => {
  const person = await stage.signUp();
  const { username, password } = person;
  const logIn = { method: 'POST', path: '/parse/login', body: { username, password } };
  await stage.call('POST', '/batch', { transaction: true, requests: [logIn] });
  expect(await sessionsOf(person)).toBe(1);
  const answer = await stage.call('POST', '/batch', { requests: [logIn] });
  expect(answer.body[0].success.sessionToken).toBeDefined();
});
