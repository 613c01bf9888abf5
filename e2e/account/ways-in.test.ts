import { afterAll, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import type { Answer, Person } from '@parse-factors/test-server/parse-server';
import { slug, type Stage } from '../support/harness.js';
import { ORIGIN, PasskeyUser, startPasskeyStage } from '../support/passkey-stage.js';
import { SoftAuthenticator } from '../support/soft-authenticator.js';
import { CHALLENGE, personOf, sessionHeaders, UPDATE_USER } from '../support/requests.js';
import { DAY, MINUTE } from '../support/time.js';
import { BADGE } from '../support/providers.js';

let stage: Stage;
beforeAll(async () => {
  stage = await startPasskeyStage(
    {},
    {
      emailLogin: { maxSendsPerIp: 100_000 },
      phoneLogin: { maxSendsPerIp: 100_000 },
      server: { auth: { social: BADGE } },
    },
  );
});
afterAll(() => stage.stop());
beforeEach(() => {
  stage.time.now += DAY;
});

let users = 0;
interface Owner extends Person {
  readonly email: string;
}

/** A user with an emailed code and no password. */
async function newOwner(): Promise<Owner> {
  const email = `passwordless-${(users += 1)}@example.com`;
  await stage.challenge({ challengeData: { emailLogin: { email } } });
  const code = stage.lastCode(stage.mail);
  const { status, body } = await stage.call('POST', '/users', { authData: { emailLogin: { id: email, code } } });
  expect(status).toBe(201);
  return { ...personOf({ status, body }), email };
}

/** The user's session proves the mailbox again. */
async function proveMailbox(owner: Owner): Promise<void> {
  stage.time.now += MINUTE;
  expect((await stage.challenge({ challengeData: { emailLogin: true } }, owner.session)).status).toBe(200);
  const answer = { id: owner.email, code: stage.lastCode(stage.mail) };
  expect((await stage.save(owner, { emailLogin: answer })).body['authDataResponse'].emailLogin.status).toBe('verified');
}

const put = (owner: Owner, body: object): Promise<Answer> => stage.call('PUT', `/users/${owner.id}`, body, owner.session);
let phones = 2_000_000;
const linkPhone = (owner: Owner): Promise<Answer> =>
  stage.challenge({ challengeData: { phoneLogin: { phone: `+1555${(phones += 1)}` } } }, owner.session);
const linkSocial = (owner: Owner): Promise<Answer> =>
  stage.save(owner, { social: { id: `social-${owner.id}`, secret: 'right' } });
const setPassword = (owner: Owner): Promise<Answer> => put(owner, { username: `named-${owner.id}`, password: 'mine now' });
const beginPasskey = (owner: Owner): Promise<Answer> =>
  stage.challenge({ challengeData: { passkey: { purpose: 'enrolment' } } }, owner.session);

const WAYS_IN = {
  'a passkey': beginPasskey,
  'a phone that signs in': linkPhone,
  'a social login': linkSocial,
  'a password': setPassword,
} as const;

describe.each(Object.entries(WAYS_IN))('%s of its own', (_name, add) => {
  it('a stolen passwordless session adds no other way to sign in, whatever second factor it has set up', async () => {
    const owner = await newOwner();
    expect(slug(await add(owner))).toBe('fresh_proof_required');
    const secret = await stage.enrolTotp(owner);
    expect(slug(await add(owner))).toBe('fresh_proof_required');
    expect((await stage.save(owner, { totp: stage.totp(secret) })).status).toBe(200);
    expect(slug(await add(owner))).toBe('fresh_proof_required');
    expect((await stage.save(owner, { totp: null })).status).toBe(200);
    expect(slug(await add(owner))).toBe('fresh_proof_required');
  });

  it('a stolen passwordless session adds no other way to sign in by batch or GraphQL', async () => {
    const owner = await newOwner();
    await stage.enrolTotp(owner);
    if (add === setPassword || add === linkSocial) {
      const body = add === setPassword ? { password: 'mine now' } : { authData: { social: { id: owner.id, secret: 'right' } } };
      const requests = [`/parse/users/${owner.id}`, `/parse/classes/_User/${owner.id}`].map((path) => ({
        method: 'PUT',
        path,
        body,
      }));
      const batch = await stage.call('POST', '/batch', { requests }, owner.session);
      expect((batch.body as unknown as { success?: unknown }[]).filter(({ success }) => success)).toEqual([]);
      const answer = await stage.graphql(UPDATE_USER, { input: { id: owner.id, fields: body } }, owner.session);
      expect(JSON.stringify(answer)).toContain('fresh_proof_required');
    } else {
      const key = add === linkPhone ? 'phoneLogin' : 'passkey';
      const value = add === linkPhone ? { phone: '+15552999999' } : { purpose: 'enrolment' };
      const answer = await stage.graphql(CHALLENGE, { input: { challengeData: { [key]: value } } }, owner.session);
      expect(JSON.stringify(answer)).toContain('fresh_proof_required');
    }
  });

  it('the owner adds another way to sign in after proving the mailbox again, with or without a second factor', async () => {
    for (const hasFactor of [false, true]) {
      const owner = await newOwner();
      if (hasFactor) await stage.enrolTotp(owner);
      await proveMailbox(owner);
      expect((await add(owner)).status).toBe(200);
    }
  });
});

describe('what stays as easy as before', () => {
  it('a user adds a second passkey after a proof by the first, and the new one signs in', async () => {
    const owner = await newOwner();
    await stage.enrolTotp(owner);
    await proveMailbox(owner);
    const user = new PasskeyUser(stage, owner);
    const first = await user.add();
    stage.time.now += 10 * MINUTE;
    expect(slug(await beginPasskey(owner))).toBe('fresh_proof_required');
    expect((await user.prove(first)).status).toBe(200);
    const second = await user.add(new SoftAuthenticator(ORIGIN));
    expect((await user.logInAlone(second)).status).toBe(200);
  });

  it('a user changes an existing password and renews a linked social login without a proof', async () => {
    const owner = await newOwner();
    await proveMailbox(owner);
    expect((await linkSocial(owner)).status).toBe(200);
    expect((await setPassword(owner)).status).toBe(200);
    stage.time.now += 10 * MINUTE;
    // A new password ends the session.
    const login = await stage.call('POST', '/login', { username: `named-${owner.id}`, password: 'mine now' });
    const again = { ...owner, session: sessionHeaders(login) };
    expect((await linkSocial(again)).status).toBe(200);
    expect((await put(again, { password: 'another' })).status).toBe(200);
  });

  it('a user with a password adds a first passkey freely, and others after a proof by it', async () => {
    const user = new PasskeyUser(stage, await stage.signUp());
    const passkey = await user.add();
    stage.time.now += 10 * MINUTE;
    const totp = (): Promise<Answer> => stage.challenge({ challengeData: { totp: true } }, user.person.session);
    expect(slug(await totp())).toBe('fresh_proof_required');
    expect((await user.prove(passkey)).status).toBe(200);
    expect((await totp()).status).toBe(200);
  });
});
