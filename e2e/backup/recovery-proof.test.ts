import { RecoveryCodesFactor } from '@parse-factors/recovery-codes';
import { TrustedDeviceFactor } from '@parse-factors/trusted-device';
import { afterAll, beforeAll, beforeEach, describe, expect, it, vi } from 'vitest';
import type { Answer, Person } from '@parse-factors/test-server/parse-server';
import { slug, type Stage, type StageOptions } from '../support/harness.js';
import { PasskeyUser, startPasskeyStage } from '../support/passkey-stage.js';
import { UPDATE_USER } from '../support/requests.js';
import { DAY, HOUR, MINUTE } from '../support/time.js';
import { OPEN_PROVIDER } from '../support/providers.js';
import { makeRecoveryCodes } from '../support/people.js';

const WRONG = 'AAAA-AAAA-AAAA-AAAA';

let stage: Stage;
const start = async (recovery: RecoveryCodesFactor, before?: Stage): Promise<Stage> => {
  const options: StageOptions = {
    install: true,
    compose: { notices: true, ...(before !== undefined && { keys: before.keys }) },
    more: { recovery, device: new TrustedDeviceFactor() },
    server: { auth: { social: OPEN_PROVIDER } },
    ...(before !== undefined && { databaseUri: before.databaseUri }),
  };
  return startPasskeyStage({}, options);
};

interface Owner {
  readonly person: Person;
  readonly secret: string;
  readonly codes: string[];
}

/** A user with an authenticator app, an address for notifications and recovery codes, whose proof has expired. */
async function newOwner(notices = 2): Promise<Owner> {
  const person = await stage.signUp();
  await stage.enrolEmail(person);
  const secret = await stage.enrolTotp(person);
  const codes = await makeRecoveryCodes(stage, person);
  // The mailbox is told of everything that was set up after it.
  await vi.waitFor(() => expect(toldTo(person)).toHaveLength(notices));
  stage.time.now += 6 * MINUTE;
  stage.mail.messages.length = 0;
  stage.events.length = 0;
  return { person, secret, codes };
}

const toldTo = ({ username }: Person): string[] =>
  stage.mail.messages.filter(({ to, text }) => to.startsWith(username) && !/\d{6}/.test(text)).map(({ text }) => text);

/** The session that the owner's first code opens. */
const recovered = ({ person, codes }: Owner): Promise<Person> => stage.another(person, { recovery: codes[0] });
const prove = (session: Person, recovery: unknown): Promise<Answer> => stage.save(session, { recovery });
const sensitive = (session: Person, params = {}): Promise<Answer> =>
  stage.call('POST', '/functions/sensitive', params, session.session);
const happened = (type: string): number => stage.events.filter((event) => event.type === type).length;
const notices = (): string[] => stage.mail.messages.map(({ text }) => text).filter((text) => !/\d{6}/.test(text));
const remaining = async (session: Person): Promise<string> => {
  const { body } = await stage.call('GET', '/users/me', undefined, session.session);
  return String(body['authData']?.recovery?.remaining);
};

async function replaceTotp(session: Person): Promise<string> {
  const begun = await stage.challenge({ challengeData: { totp: true } }, session.session);
  const { secret, status } = begun.body['challengeData'].totp as Record<string, string>;
  expect(status).toBe('pending');
  expect((await stage.save(session, { totp: stage.totp(String(secret)) })).status).toBe(200);
  stage.time.now += MINUTE;
  return String(secret);
}

describe('a second recovery code, in a session that one has opened', () => {
  beforeAll(async () => {
    stage = await start(new RecoveryCodesFactor());
  });
  afterAll(() => stage.stop());
  beforeEach(() => {
    stage.time.now += 2 * DAY;
  });

  it('a second recovery code lets the user replace a lost authenticator and make new recovery codes', async () => {
    const owner = await newOwner();
    const session = await recovered(owner);
    expect(slug(await stage.save(session, { totp: null }))).toBe('fresh_proof_required');
    const proof = await prove(session, owner.codes[1]);
    const freshUntil = new Date(stage.time.now + 5 * MINUTE).toISOString();
    expect(proof.body['authDataResponse']).toEqual({ recovery: { status: 'verified', freshUntil } });
    expect((await stage.save(session, { recovery: { generate: 'true' } })).status).toBe(200);
    const secret = await replaceTotp(session);
    expect(slug(await stage.logIn(owner.person, { totp: stage.totp(owner.secret) }))).toBe('code_rejected');
    expect((await stage.logIn(owner.person, { totp: stage.totp(secret) })).status).toBe(200);
    expect(slug(await stage.logIn(owner.person, { recovery: owner.codes[2] }))).toBe('code_rejected');
  });

  it('a second recovery code lets the user remove one factor and add a passkey', async () => {
    const owner = await newOwner();
    const session = await recovered(owner);
    const passkeys = new PasskeyUser(stage, session);
    await expect(passkeys.begin({ purpose: 'enrolment' })).rejects.toThrow('fresh_proof_required');
    expect((await prove(session, { code: owner.codes[1]?.toLowerCase() })).status).toBe(200);
    const passkey = await passkeys.add();
    expect((await stage.save(session, { totp: null })).status).toBe(200);
    expect(slug(await stage.save(session, { email: null }))).toBe('fresh_proof_required'); // one proof, one removal
    expect((await passkeys.logInAlone(passkey)).status).toBe(200);
  });

  it('a second recovery code is a proof by GraphQL and in a batch as well', async () => {
    const [one, two] = [await newOwner(), await newOwner()];
    const session = await recovered(one);
    const input = { id: session.id, fields: { authData: { recovery: one.codes[1] } } };
    const answer = await stage.graphql(UPDATE_USER, { input }, session.session);
    expect(answer['data'].updateUser.user.authDataResponse.recovery.status).toBe('verified');
    const other = await recovered(two);
    const body = { authData: { recovery: two.codes[1] } };
    const requests = [`/parse/users/${other.id}`, `/parse/classes/_User/${other.id}`].map((path) => ({
      method: 'PUT',
      path,
      body,
    }));
    const batch = await stage.call('POST', '/batch', { requests }, other.session);
    expect((batch.body as unknown as { success?: unknown }[]).filter(({ success }) => success)).toHaveLength(1);
  });

  it('a second recovery code is no proof for the application unless it says so, links nothing, and trusts no device', async () => {
    const owner = await newOwner();
    const session = await recovered(owner);
    await prove(session, owner.codes[1]);
    expect(slug(await sensitive(session))).toBe('fresh_proof_required');
    expect((await sensitive(session, { factors: ['recovery'] })).status).toBe(200);
    expect(slug(await stage.save(session, { social: { id: 'mine' } }))).toBe('fresh_proof_required');
    expect(slug(await stage.save(session, { device: { remember: 'true' } }))).toBe('fresh_proof_required');
  });

  it('a proof by recovery codes ends the other sessions, and every known address is told at once', async () => {
    const owner = await newOwner();
    const bystander = await stage.another(owner.person, { totp: stage.totp(owner.secret) });
    const session = await recovered(owner);
    await vi.waitFor(() => expect(notices()).toEqual([expect.stringContaining('used to sign in')]));
    expect((await stage.call('GET', '/users/me', undefined, bystander.session)).status).toBe(200);
    await prove(session, owner.codes[1]);
    for (const ended of [owner.person, bystander])
      expect((await stage.call('GET', '/users/me', undefined, ended.session)).body['code']).toBe(209);
    expect((await stage.call('GET', '/users/me', undefined, session.session)).status).toBe(200);
    await vi.waitFor(() => expect(notices().slice(1)).toEqual([expect.stringContaining('used to allow changes')]));
    expect([happened('recovery_proven'), happened('sessions_revoked'), happened('recovery_used')]).toEqual([1, 1, 2]);
  });

  it("a proof by recovery codes is announced even when a thief has used up the day's other notices", async () => {
    const owner = await newOwner();
    for (const recovery of [...owner.codes].slice(2)) await stage.logIn(owner.person, { recovery });
    for (let round = 0; round < 6; round += 1) {
      for (let guess = 0; guess < 10; guess += 1) await stage.logIn(owner.person, { totp: '000000' });
      for (let guess = 0; guess < 10; guess += 1) await stage.logIn(owner.person, { email: '000000' });
      for (let guess = 0; guess < 10; guess += 1) await stage.logIn(owner.person, { recovery: WRONG });
      stage.time.now += 2 ** round * 15 * MINUTE;
    }
    await vi.waitFor(() => expect(notices()).toHaveLength(18)); // two told of what was set up
    const session = await recovered(owner);
    await prove(session, owner.codes[1]);
    await vi.waitFor(() => expect(notices()).toContainEqual(expect.stringContaining('used to allow changes')));
  });

  it('a recovery code is refused as a proof, and stays good, in a session that was opened otherwise', async () => {
    const owner = await newOwner();
    const opened = [
      owner.person,
      await stage.another(owner.person, { totp: stage.totp(owner.secret) }),
      await stage.another(owner.person, { totp: stage.totp(owner.secret, 1), recovery: owner.codes[9] }),
    ];
    const trusting = opened[2] ?? owner.person;
    const trusted = await stage.save(trusting, { device: { remember: 'true' } });
    opened.push(await stage.another(owner.person, { device: { token: trusted.body['authDataResponse']?.device.token } }));
    for (const session of opened) {
      const refused = await prove(session, owner.codes[1]);
      expect(refused.body['error']).toBe('invalid_input: This sign-in method works only at a login. Use another one.');
    }
    expect(await remaining(owner.person)).toBe('9');
  });

  it('a proof by recovery codes is for the session that a code has opened, for an hour, and for its user', async () => {
    const [owner, other] = [await newOwner(), await newOwner()];
    const session = await recovered(owner);
    expect(slug(await prove(owner.person, owner.codes[1]))).toBe('invalid_input');
    expect(
      (await stage.call('PUT', `/users/${other.person.id}`, { authData: { recovery: other.codes[1] } }, session.session)).status,
    ).not.toBe(200);
    stage.time.now += HOUR;
    expect(slug(await prove(session, owner.codes[1]))).toBe('invalid_input');
    const again = await stage.another(owner.person, { recovery: owner.codes[1] });
    stage.time.now += HOUR - 1;
    expect((await prove(again, owner.codes[2])).status).toBe(200);
    stage.time.now += 5 * MINUTE;
    expect(slug(await stage.save(again, { totp: null }))).toBe('fresh_proof_required');
  });

  it('the code that opened the session is no proof, nor is a used one, and of 20 parallel proofs with one code one counts', async () => {
    const owner = await newOwner();
    const session = await recovered(owner);
    expect(slug(await prove(session, owner.codes[0]))).toBe('code_rejected');
    const answers = await Promise.all(Array.from({ length: 20 }, () => prove(session, owner.codes[1])));
    expect(answers.filter(({ status }) => status === 200)).toHaveLength(1);
    expect(slug(await stage.logIn(owner.person, { recovery: owner.codes[1] }))).toBe('code_rejected');
    const both = await Promise.all([prove(session, owner.codes[2]), stage.logIn(owner.person, { recovery: owner.codes[2] })]);
    expect(both.filter(({ status }) => status === 200).length).toBeLessThanOrEqual(1);
  });

  it('ten wrong recovery codes are the limit of a proof, and lock no login', async () => {
    const owner = await newOwner();
    const session = await recovered(owner);
    const answers = await Promise.all(Array.from({ length: 30 }, () => prove(session, WRONG)));
    expect(answers.filter((answer) => slug(answer) === 'code_rejected')).toHaveLength(10);
    expect(slug(await prove(session, owner.codes[1]))).toBe('locked');
    expect((await stage.logIn(owner.person, { recovery: owner.codes[1] })).status).toBe(200);
  });

  it('a proof by recovery codes is worth nothing once the password or a factor has changed', async () => {
    const owner = await newOwner();
    const session = await recovered(owner);
    await prove(session, owner.codes[1]);
    const changed = await stage.call('PUT', `/users/${session.id}`, { password: 'another' }, { ...session.session });
    expect(changed.status).toBe(200);
    const token = changed.body['sessionToken'] as string | undefined;
    const now = token === undefined ? session : { ...session, session: { 'X-Parse-Session-Token': token } };
    expect(slug(await stage.save(now, { totp: null }))).not.toBe('');
    expect((await stage.save(now, { totp: null })).status).not.toBe(200);
    expect((await prove(now, owner.codes[2])).status).not.toBe(200);
  });

  it('a proof by recovery codes adds no way to sign in to an account that signs in by an emailed code', async () => {
    const owner = await newOwner();
    await stage.save(owner.person, { totp: stage.totp(owner.secret) });
    const email = `${owner.person.username}@example.org`;
    await stage.challenge({ challengeData: { emailLogin: { email } } }, owner.person.session);
    expect((await stage.save(owner.person, { emailLogin: { id: email, code: stage.lastCode(stage.mail) } })).status).toBe(200);
    const session = await recovered(owner);
    expect((await prove(session, owner.codes[1])).status).toBe(200);
    await expect(new PasskeyUser(stage, session).begin({ purpose: 'enrolment' })).rejects.toThrow('fresh_proof_required');
    expect(slug(await stage.save(session, { emailLogin: null }))).toBe('fresh_proof_required');
    await replaceTotp(session);
  });

  it('a proof by recovery codes works without trusted devices', async () => {
    const before = stage;
    stage = await startPasskeyStage({}, { install: true, more: { recovery: new RecoveryCodesFactor() } });
    const owner = await newOwner(0);
    expect((await prove(await recovered(owner), owner.codes[1])).status).toBe(200);
    await stage.stop();
    stage = before;
  });
});

describe('recovery codes that never change factors', () => {
  it('recovery codes that may never change factors only log in', async () => {
    stage = await start(new RecoveryCodesFactor({ changesFactors: 'never' }));
    const owner = await newOwner();
    const session = await recovered(owner);
    expect((await prove(session, owner.codes[1])).body['error']).toBe(
      'invalid_input: This sign-in method works only at a login. Use another one.',
    );
    expect(await remaining(session)).toBe('9');
    await stage.stop();
  });
});

describe('recovery codes that change factors after a day', () => {
  const codes = (): RecoveryCodesFactor => new RecoveryCodesFactor({ changesFactors: { afterMs: DAY } });
  beforeAll(async () => {
    stage = await start(codes());
  });
  afterAll(() => stage.stop());
  beforeEach(() => {
    stage.time.now += 2 * DAY;
  });

  /** A session in which the wait has begun. */
  async function waiting(): Promise<{ owner: Owner; session: Person }> {
    const owner = await newOwner();
    const session = await recovered(owner);
    const begun = await prove(session, owner.codes[1]);
    const availableAt = new Date(stage.time.now + DAY).toISOString();
    expect(begun.body['authDataResponse']).toEqual({ recovery: { status: 'pending', availableAt } });
    return { owner, session };
  }

  it('a proof that needs a day tells every known address when the wait begins, and costs no code while it goes on', async () => {
    const { owner, session } = await waiting();
    await vi.waitFor(() => expect(notices()).toContainEqual(expect.stringContaining('To stop this, sign in with your usual')));
    expect(slug(await stage.save(session, { totp: null }))).toBe('fresh_proof_required');
    const again = await prove(session, owner.codes[2]);
    expect(again.body['authDataResponse'].recovery.status).toBe('pending');
    expect(await remaining(session)).toBe('8');
    expect(happened('recovery_begun')).toBe(1);
    expect((await stage.call('GET', '/users/me', undefined, owner.person.session)).status).toBe(200);
  });

  it('a proof that needs a day counts after the wait, in another session that a recovery code has opened', async () => {
    const { owner } = await waiting();
    stage.time.now += DAY;
    const session = await stage.another(owner.person, { recovery: owner.codes[2] });
    expect((await prove(session, owner.codes[3])).body['authDataResponse'].recovery.status).toBe('verified');
    const secret = await replaceTotp(session);
    expect((await stage.logIn(owner.person, { totp: stage.totp(secret) })).status).toBe(200);
    // The wait was for one proof.
    const later = await stage.another(owner.person, { recovery: owner.codes[4] });
    expect((await prove(later, owner.codes[5])).body['authDataResponse'].recovery.status).toBe('pending');
  });

  it.each([
    ['a login', (owner: Owner): Promise<Answer> => stage.logIn(owner.person, { totp: stage.totp(owner.secret) })],
    ['a fresh proof', (owner: Owner): Promise<Answer> => stage.save(owner.person, { totp: stage.totp(owner.secret) })],
  ])(
    'a proof that needs a day is void after %s with a factor of the user, and the application is told',
    async (_name, answer) => {
      const { owner, session } = await waiting();
      expect((await answer(owner)).status).toBe(200);
      expect(happened('recovery_cancelled')).toBe(1);
      stage.time.now += DAY;
      expect(slug(await prove(session, owner.codes[2]))).toBe('invalid_input');
      const later = await stage.another(owner.person, { recovery: owner.codes[2] });
      expect((await prove(later, owner.codes[3])).body['authDataResponse'].recovery.status).toBe('pending');
    },
  );

  it('a proof that needs a day stays valid after a login with another recovery code, or with a wrong answer to a factor', async () => {
    const { owner, session } = await waiting();
    expect(slug(await stage.logIn(owner.person, { totp: '000000' }))).toBe('code_rejected');
    expect((await stage.logIn(owner.person, { recovery: owner.codes[2] })).status).toBe(200);
    stage.time.now += DAY;
    expect((await prove(session, owner.codes[3])).body['authDataResponse'].recovery.status).toBe('verified');
  });

  it('a proof that needs a day begins the wait anew a week after it was over', async () => {
    const { owner, session } = await waiting();
    stage.time.now += 8 * DAY;
    expect((await prove(session, owner.codes[2])).body['authDataResponse'].recovery.status).toBe('pending');
  });

  it('20 parallel proofs begin one wait and spend one recovery code', async () => {
    const owner = await newOwner();
    const session = await recovered(owner);
    const answers = await Promise.all(owner.codes.slice(1, 9).map((code) => prove(session, code)));
    expect(answers.map(({ body }) => body['authDataResponse']?.recovery.status)).toEqual(answers.map(() => 'pending'));
    expect(await remaining(session)).toBe('8');
    expect(happened('recovery_begun')).toBe(1);
  });

  it('a proof that needs a day counts after the wait, in the same session, on a server that has started since', async () => {
    const { owner, session } = await waiting();
    const before = stage;
    await before.stop();
    stage = await start(codes(), before);
    stage.time.now = before.time.now + DAY - 1;
    expect((await prove(session, owner.codes[2])).body['authDataResponse'].recovery.status).toBe('pending');
    stage.time.now += 1;
    expect((await prove(session, owner.codes[2])).body['authDataResponse'].recovery.status).toBe('verified');
    expect(slug(await stage.logIn(owner.person, { recovery: owner.codes[2] }))).toBe('code_rejected');
    await replaceTotp(session);
  });
});
